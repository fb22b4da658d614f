import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { TestProcess } from "@k8shost/agent/ovsdb/testing/process";
import { startServer } from "@k8shost/agent/ovsdb/testing/server";
import { type Test, test } from "tap";
import { nbctl, PATIENCE_MS, startStack } from "./testing/stack.js";

const run = promisify(execFile);
const pod = (i: number) => ({ namespace: "web", containerId: `c${String(i)}`, podName: "p", nodeName: "n" });

interface Northd {
  /** How often northd computed all logical flows anew since the last `reset`. */
  recomputes(): Promise<number>;
  reset(): Promise<void>;
  /** Rows of a southbound table, as ovn-sbctl lists them. */
  southbound(...args: string[]): Promise<string>;
}

async function startNorthd(t: Test, northbound: string): Promise<Northd> {
  const database = await startServer({ schema: "sb" });
  t.teardown(() => database.stop());
  const control = `${database.folder}/northd.ctl`;
  const directory = { OVN_RUNDIR: database.folder, OVN_LOGDIR: database.folder, OVS_RUNDIR: database.folder };
  const databases = [`--ovnnb-db=${northbound}`, `--ovnsb-db=${database.remote}`];
  const northd = new TestProcess("ovn-northd", ["--no-chdir", `--unixctl=${control}`, ...databases], directory);
  t.teardown(() => northd.kill());
  const appctl = async (...command: string[]) => (await run("ovs-appctl", ["-t", control, ...command])).stdout;
  await nbctl(northbound, "--wait=sb", "sync");
  return {
    recomputes: async () => {
      const stats = await appctl("inc-engine/show-stats");
      const match = /^Node: lflow\n- recompute: +([0-9]+)/m.exec(stats);
      if (match === null) throw new Error(`no counter of lflow in: ${stats}`);
      return Number(match[1]);
    },
    reset: async () => {
      await appctl("inc-engine/clear-stats");
    },
    southbound: async (...args) => (await run("ovn-sbctl", [`--db=${database.remote}`, ...args])).stdout.trim(),
  };
}

/** Waits until northd has nothing to do any more. */
async function settled(northd: Northd): Promise<number> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const before = await northd.recomputes();
    await sleep(500);
    if ((await northd.recomputes()) === before) return before;
  }
  throw new Error("northd never comes to rest");
}

test("allocations and releases make northd compute nothing anew", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client();
  const northd = await startNorthd(t, remote);
  await prismnet.createSwitch("web");
  await settled(northd);
  await northd.reset();
  for (let i = 0; i < 50; i += 1) await prismnet.allocate(pod(i));
  for (let i = 0; i < 25; i += 1) await prismnet.release(pod(i));
  t.equal(await settled(northd), 0);
  await nbctl(remote, "lsp-add", "k8s-web", "port");
  t.ok((await settled(northd)) > 0, "the counter counts: a port is something to compute");
});

test("northd accepts the topology: gateways of every block, egress port, routes", async (t) => {
  const { client, remote } = await startStack(t);
  const northd = await startNorthd(t, remote);
  const prismnet = await client({ clusterCIDR: ["10.0.0.0/24", "fd00::/60"], blockPrefix4: 28 });
  await prismnet.allocate({ nodeName: "n" });
  for (let i = 0; i < 20; i += 1) await prismnet.allocate(pod(i));
  await nbctl(remote, "--wait=sb", "sync");
  t.match(
    await northd.southbound("--bare", "--columns=type,mac", "find", "Port_Binding", "logical_port=k8s_egress"),
    /^localport\n0a:58:0a:00:00:02 10.0.0.2 fd00::2$/,
  );
  const flows = await northd.southbound("lflow-list", "k8s-cluster-router");
  t.match(
    flows,
    /lr_in_ip_routing.*ip4.dst == 0.0.0.0\/0.*reg0 = 10.0.0.2; reg1 = 10.0.0.1;.*outport = "rtos-k8s_nodes"/,
  );
  t.match(flows, /lr_in_ip_routing.*ip6.dst == ::\/0.*xxreg0 = fd00::2;/);
  for (const subnet of ["10.0.0.16/28", "10.0.0.32/28", "fd00:0:0:1::/64", "fd00:0:0:2::/64"]) {
    t.match(flows, new RegExp(`lr_in_ip_routing.*ip[46].dst == ${subnet}.*outport = "rtos-k8s-web"`), subnet);
  }
});
