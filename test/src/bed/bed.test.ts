import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { t, test, type Test } from "tap";
import {
  createBed,
  createPodNetns,
  leftAfterSettling,
  leftBehind,
  ping,
  pingUntilAnswered,
  plugRawPort,
  startCentral,
  startEcho,
  startFlow,
  startNode,
  sweepStaleBeds,
  takeInventory,
  unplugRawPort,
  type Bed,
  type BedNode,
  type PodNetns,
  type RawPort,
} from "./index.js";
import { isAlive, markOf } from "./process-table.js";
import { netnsOf, remainsOf } from "./removal.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));

t.setTimeout(300_000);

/** A bed that ends with the test, leaving nothing. */
function bedFor(t: Test): Bed {
  const bed = createBed();
  t.teardown(async () => {
    const remains = await bed.close();
    if (remains.length > 0) throw new Error(`left of the bed: ${remains.join("; ")}`);
  });
  return bed;
}

function port(number: number): RawPort {
  return {
    logicalSwitch: "blue",
    name: `port${number}`,
    mac: `0a:00:00:00:00:0${number}`,
    addresses: [`10.1.0.${number}/24`, `fd00:1::${number}/64`],
    gateways: [],
  };
}

async function podWithPort(node: BedNode, number: number): Promise<PodNetns> {
  const pod = await createPodNetns(node, `pod${number}`);
  await plugRawPort(pod, port(number));
  return pod;
}

test("two nodes, a port on each: packets cross, are counted, and everything goes away", async (t) => {
  const bed = bedFor(t);
  const central = await startCentral(bed);
  await central.nbctl("ls-add", "blue");
  const node1 = await startNode("node1", { central });
  const node2 = await startNode("node2", { central });
  const before = await takeInventory(central, [node1, node2]);
  const a = await podWithPort(node1, 1);
  const b = await podWithPort(node2, 2);

  await t.test("ping, IPv4 and IPv6, across nodes", async (t) => {
    await pingUntilAnswered(a, "10.1.0.2");
    t.match(await ping(a, "10.1.0.2"), { sent: 3, received: 3 });
    await pingUntilAnswered(a, "fd00:1::2");
    t.match(await ping(b, "fd00:1::1"), { sent: 3, received: 3 });
    t.match(await ping(a, "10.1.0.77", 1), { sent: 1, received: 0, roundTripMs: undefined });
  });

  await t.test("flows of UDP and TCP lose nothing on an idle bed, and lose what is cut", async (t) => {
    await startEcho(bed, b);
    const udp = await startFlow(bed, a, { protocol: "udp", to: "10.1.0.2" });
    const tcp = await startFlow(bed, a, { protocol: "tcp", to: "fd00:1::2" });
    await a.run(["sleep", "1"]);
    const [udpReport, tcpReport] = await Promise.all([udp.stop(), tcp.stop()]);
    t.ok(udpReport.sent > 20, `${udpReport.sent} sent`);
    t.match(udpReport, { lostCount: 0, duplicates: 0, answered: udpReport.sent });
    t.match(tcpReport, { lostCount: 0, connections: 1, errors: [], answered: tcpReport.sent });

    const cut = await startFlow(bed, a, { protocol: "udp", to: "10.1.0.2" });
    await a.run(["sleep", "0.5"]);
    await node1.run(["ip", "link", "set", "port1", "down"]);
    await a.run(["sleep", "0.5"]);
    const report = await cut.stop();
    t.ok(report.lostCount > 0 && report.answered > 0, `${report.answered} of ${report.sent} answered`);
    await node1.run(["ip", "link", "set", "port1", "up"]);
  });

  await t.test("a node reaches the host outside; OVN daemons come back after a kill", async (t) => {
    t.match(await ping(node1, central.underlay.outside.address), { received: 3 });
    await node1.restartController("SIGKILL");
    await node1.restartVswitchd("SIGKILL");
    await central.northd.kill();
    await central.northd.start();
    await central.nbctl("--wait=hv", "sync");
    t.match(await pingUntilAnswered(a, "10.1.0.2"), { received: 1 });
  });

  await t.test("the inventory names what ports left behind, and nothing once they are gone", async (t) => {
    await b.run(["sh", "-c", "sleep 600 >/dev/null 2>&1 &"]);
    const left = leftBehind(before, await takeInventory(central, [node1, node2]));
    const some = ["northbound row: Logical_Switch_Port port2", `network namespace: ${b.path}`, "link: port1 on node1"];
    t.same(
      some.filter((line) => !left.includes(line)),
      [],
    );
    t.match(left.filter((line) => line.startsWith("process: ")).sort(), [
      /^process: \d+ sleep 600$/,
      /^process: traffic1-node2-pod2$/,
    ]);
    t.equal(left.filter((line) => line.startsWith("link: ")).length, 2);
    await unplugRawPort(a, port(1));
    await unplugRawPort(b, port(2));
    await a.remove();
    await b.remove();
    const look = (): ReturnType<typeof takeInventory> => takeInventory(central, [node1, node2]);
    // The daemons that were killed and restarted have new control sockets.
    const expected = (line: string): boolean => line.endsWith(".ctl");
    t.same(await leftAfterSettling(before, look, { expected }), []);
    await node2.stop();
    t.equal(await central.sbctl("--bare", "--columns=name", "list", "Chassis"), "chassis-node1");
  });

  const pids = bed.processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  t.ok(pids.length >= 6, "central and a node run");
  const marks = pids.map(markOf);
  t.same(await bed.close(), []);
  t.same(netnsOf(bed.id), []);
  t.notOk(existsSync(bed.directory));
  t.notOk(marks.some((mark) => mark !== undefined && isAlive(mark)));
  t.throws(() => bed.assertOpen("start more"), /is closed/);
});

test("RAFT clusters with TLS: a new leader takes over when one is killed", async (t) => {
  const bed = bedFor(t);
  const central = await startCentral(bed, { raft: 3, ssl: true });
  const node = await startNode("node1", { central });
  await central.nbctl("ls-add", "blue");
  const first = await central.nb.leader();
  await first.daemon.kill();
  const second = await central.nb.leader();
  t.not(second.index, first.index);
  await central.nbctl("ls-add", "green");
  await first.restart();
  t.match(await first.state(), { connected: true });
  const switches = await central.nbctl("--bare", "--columns=name", "list", "Logical_Switch");
  t.same(switches.split(/\s+/).sort(), ["blue", "green"]);

  const tls = central.certificates;
  const remote = central.networkRemotes?.nb.split(",")[second.index - 1];
  const argv = ["ovsdb-client", "list-dbs", String(remote), `--ca-cert=${tls?.authority}`];
  const pair = [`--private-key=${tls?.client.key}`, `--certificate=${tls?.client.certificate}`];
  t.match(await node.run([...argv, ...pair]), /OVN_Northbound/, "over the underlay, with a client certificate");
});

test("whatever ends its owner, a bed is removed", async (t) => {
  const before = new Set(sweepStaleBeds().removed);
  const ended = await startUp();
  ended.child.kill("SIGTERM");
  await once(ended.child, "exit");
  t.equal(ended.child.exitCode, 143);
  t.same(remainsOf({ id: ended.bed, directory: ended.directory }), []);

  const killed = await startUp();
  const identity = { id: killed.bed, directory: killed.directory };
  t.notOk(sweepStaleBeds().removed.includes(killed.bed), "its owner lives");
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  t.ok(remainsOf(identity).length > 0, "nobody tore it down");
  const { removed, remains } = sweepStaleBeds();
  t.ok(removed.includes(killed.bed) && !before.has(killed.bed));
  t.same(
    remains.filter((line) => line.includes(killed.bed)),
    [],
  );
  t.same(remainsOf(identity), []);
});

/** A bed that another process keeps. */
async function startUp(): Promise<{ child: ChildProcess; bed: string; directory: string }> {
  const child = spawn(process.execPath, [MAIN, "up", "--nodes", "1"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    if (line === "}") break;
  }
  return { child, ...(JSON.parse(text) as { bed: string; directory: string }) };
}
