import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Test, test } from "tap";
import { insert, Open_vSwitch, OVN_Southbound, OvsdbClient } from "../ovsdb/index.js";
import { startServer, type TestServer } from "../ovsdb/testing/server.js";
import type { Result } from "./doctor/check.js";
import { doctorText } from "./doctor/text.js";

const PROGRAM = fileURLToPath(new URL("./main.js", import.meta.url));

interface DoctorAnswer {
  readonly code: number;
  readonly healthy: boolean;
  /** "state: detail" by check. */
  readonly checks: ReadonlyMap<string, string>;
  readonly remedies: ReadonlyMap<string, string>;
}

/** Runs `k8shost doctor --json`. */
function doctor(argv: readonly string[]): Promise<DoctorAnswer> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [PROGRAM, "doctor", "--json", ...argv], (error, out, err) => {
      if (out === "") return reject(new Error(err));
      const { healthy, checks } = JSON.parse(out) as { healthy: boolean; checks: Record<string, string>[] };
      resolve({
        code: Number(error?.code ?? 0),
        healthy,
        checks: new Map(checks.map(({ id = "", state, detail }) => [id, `${state}: ${detail}`])),
        remedies: new Map(checks.flatMap(({ id = "", remedy }) => (remedy === undefined ? [] : [[id, remedy]]))),
      });
    });
  });
}

async function server(t: Test, schema: "nb" | "sb" | "vswitch"): Promise<TestServer> {
  const started = await startServer({ schema });
  t.teardown(() => started.stop());
  return started;
}

/** A node whose Open vSwitch database knows what `external_ids` says. */
async function node(t: Test) {
  const directory = mkdtempSync(join(tmpdir(), "k8shost-doctor-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, "bin"));
  mkdirSync(join(directory, "net.d"));
  const [ovs, northbound, southbound] = await Promise.all([server(t, "vswitch"), server(t, "nb"), server(t, "sb")]);
  const flags = [
    ...["--config", join(directory, "agent.yaml"), "--socket", join(directory, "agent.sock"), "--state-dir", directory],
    ...["--cni.bin-dir", join(directory, "bin"), "--cni.conf-dir", join(directory, "net.d")],
  ];
  writeFileSync(
    join(directory, "agent.yaml"),
    JSON.stringify({
      nodeName: "worker-1",
      northbound: { remotes: [northbound.remote] },
      southbound: { remotes: [southbound.remote] },
      openvswitch: { remote: ovs.remote },
      prismnet: { endpoint: `unix:${directory}/prismnet.sock` },
    }),
  );
  return { directory, flags, ovs, northbound, southbound };
}

async function registerNode(ovs: TestServer, southbound: TestServer, address: string): Promise<void> {
  const local = new OvsdbClient({ name: "ovs", remotes: [ovs.remote], database: Open_vSwitch, monitor: {} });
  const central = new OvsdbClient({ name: "sb", remotes: [southbound.remote], database: OVN_Southbound, monitor: {} });
  try {
    await Promise.all([local.start(), central.start()]);
    const { tables } = Open_vSwitch;
    const external = {
      "system-id": "worker-1",
      "ovn-remote": "tcp:sb:6642",
      "ovn-encap-type": "geneve",
      "ovn-encap-ip": address,
    };
    const bridge = insert(tables.Bridge, { name: "br-int", datapath_type: "netdev" });
    await local.transact([
      bridge,
      insert(tables.Open_vSwitch, { external_ids: external, bridges: [bridge.ref], ovs_version: "3.1.0" }),
    ]);
    const encap = insert(OVN_Southbound.tables.Encap, { chassis_name: "worker-1", type: "geneve", ip: address });
    await central.transact([
      encap,
      insert(OVN_Southbound.tables.Chassis, { name: "worker-1", hostname: "worker-1", encaps: [encap.ref] }),
    ]);
  } finally {
    await Promise.all([local.close(), central.close()]);
  }
}

test("a node where only the databases run", async (t) => {
  const { flags, ovs, northbound, directory } = await node(t);
  const { code, healthy, checks, remedies } = await doctor(flags);
  t.equal(code, 1);
  t.equal(healthy, false);
  const expected = {
    configuration: "ok: valid",
    privileges: "ok: root",
    namespaces: "ok: can be made",
    veth: "ok: can be made",
    "ovs-database": `ok: ${ovs.remote}`,
    "ovs-vswitchd": "fail: not running: nobody holds its lock in the database",
    "ovs-identity": "fail: missing in external_ids: system-id, ovn-remote, ovn-encap-type, ovn-encap-ip",
    bridge: "fail: br-int does not exist",
    northbound: `ok: ${northbound.remote} (standalone)`,
    "cni-executable": `fail: ${directory}/bin/prismnet does not exist`,
    "cni-configuration": `fail: no network of type prismnet in ${directory}/net.d`,
    "queued-dels": "ok: none",
  };
  for (const [id, finding] of Object.entries(expected)) t.equal(checks.get(id), finding);
  t.match(checks.get("prismnet"), /^fail: .*prismnet\.sock/);
  t.match(checks.get("agent"), /^fail: .*there is no such socket/);
  t.match(
    remedies.get("ovs-identity"),
    /`ovs-vsctl set open \. external_ids:system-id=worker-1 external_ids:ovn-remote=unix:/,
  );
});

test("a node that is set up; what then breaks is found", async (t) => {
  const { flags, ovs, northbound, southbound, directory } = await node(t);
  await registerNode(ovs, southbound, "127.0.0.1");
  const switching = new OvsdbClient({ name: "vswitchd", remotes: [ovs.remote], database: Open_vSwitch, monitor: {} });
  t.teardown(() => switching.close());
  await switching.start();
  await switching.lock("ovs_vswitchd").acquired({ signal: AbortSignal.timeout(30_000) });
  const plugin = join(directory, "bin", "prismnet");
  writeFileSync(
    plugin,
    '#!/bin/sh\ncat >/dev/null\necho \'{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}\'\n',
  );
  chmodSync(plugin, 0o755);
  writeFileSync(
    join(directory, "net.d", "10-prismnet.conflist"),
    '{"name":"prismnet","plugins":[{"type":"prismnet"}]}',
  );

  const good = await doctor(flags);
  const expected = {
    "ovs-vswitchd": "ok: running",
    "ovs-identity": "ok: worker-1, geneve at 127.0.0.1",
    bridge: "ok: br-int, datapath netdev",
    "tunnel-address": "ok: 127.0.0.1 on lo",
    mtu: "ok: 65478 for pods (lo has 65536)",
    chassis: "ok: worker-1, geneve at 127.0.0.1",
    "cni-executable": `ok: ${plugin}, CNI 1.0.0, 1.1.0`,
    "cni-configuration": `ok: ${directory}/net.d/10-prismnet.conflist: prismnet`,
  };
  for (const [id, finding] of Object.entries(expected)) t.equal(good.checks.get(id), finding);

  await Promise.all([northbound.kill(), southbound.kill()]);
  mkdirSync(join(directory, "cni-queue"));
  writeFileSync(join(directory, "cni-queue", "c1:eth0.json"), "{}");
  writeFileSync(join(directory, "net.d", "05-other.conf"), '{"type":"bridge"}');
  const bad = await doctor(flags);
  t.match(bad.checks.get("northbound"), /^fail: unix:.*(ECONNREFUSED|ENOENT)/);
  t.match(bad.checks.get("chassis"), /^warn: the southbound database cannot be read: unix:/);
  t.equal(bad.checks.get("queued-dels"), `warn: 1 DEL in ${directory}/cni-queue`);
  t.match(bad.checks.get("cni-configuration"), /^fail: 05-other\.conf comes before 10-prismnet\.conflist/);
});

test("a configuration with problems: told, and the rest of the node is looked at", async (t) => {
  const { flags, directory } = await node(t);
  writeFileSync(join(directory, "agent.yaml"), "networkk: {}\n");
  const { code, checks } = await doctor(flags.slice(0, 2));
  t.equal(code, 1);
  t.match(checks.get("configuration"), /agent\.yaml:1: networkk: unknown key; did you mean/);
  t.match(checks.get("northbound"), /^skip/);
  t.equal(checks.get("veth"), "ok: can be made");
});

const RESULTS: readonly Result[] = [
  { id: "a", title: "Kernel", finding: { state: "ok", detail: "fine" } },
  { id: "b", title: "Bridge", finding: { state: "warn", detail: "odd", remedy: "`make even`" } },
  { id: "c", title: "PrismNET", finding: { state: "fail", detail: "line one\n  line two", remedy: "Mend it." } },
  { id: "d", title: "Clock", finding: { state: "skip", detail: "nobody knows" } },
];

test("the report", (t) => {
  const machine = { system: "Debian 12", kernel: "6.1.0 x64", processors: 2, memoryBytes: 4e9, availableBytes: 5e8 };
  const look = { columns: undefined, colour: false };
  t.equal(
    doctorText({ node: "worker-1", machine, results: RESULTS }, look),
    `worker-1: 1 problem, 1 warning. (1 check could not be made)

  FAIL  PrismNET: line one
          line two
        fix: Mend it.

  WARN  Bridge: odd
        fix: \`make even\`

Debian 12, kernel 6.1.0 x64, 2 processors, 4.0 GB memory, 500 MB of it available

STATE  CHECK     FOUND
ok     Kernel    fine
warn   Bridge    odd
fail   PrismNET  line one
skip   Clock     nobody knows
`,
  );
  t.equal(
    doctorText({ node: hostname(), machine: undefined, results: RESULTS.slice(0, 1) }, look),
    `${hostname()} has all it needs.\n\nSTATE  CHECK   FOUND\nok     Kernel  fine\n`,
  );
  t.end();
});
