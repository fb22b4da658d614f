import type { Test } from "tap";
import {
  type BedNode,
  type Datapath,
  deletePod,
  ping,
  pingUntilAnswered,
  startEcho,
  startFlow,
  waitUntil,
} from "../bed/index.js";
import { type Cluster, type RunningPod, startCluster } from "../network/cluster.js";

/** What shows in a node's kernel and OVS that pods run on a datapath. */
const SIGNS = {
  system: { provider: "system@ovs-system", bridgeDriver: "openvswitch", tunnelLink: true, txChecksumming: "on" },
  netdev: { provider: "netdev@ovs-netdev", bridgeDriver: "tun", tunnelLink: false, txChecksumming: "off" },
} as const;

/**
 * Two nodes on which nobody has chosen a datapath, neither in OVS nor in the agents' configuration: `expected` is what
 * the agents have to find there. Then pods live on it, from ADD to DEL.
 */
export async function provePodsOnDatapath(t: Test, expected: Datapath): Promise<void> {
  const cluster = await startCluster(t, { node: { datapathLeftToAgent: true } });
  await cluster.prismnet.createNamespace("red");
  const before = await cluster.inventory();

  await t.test(`every agent found the datapath "${expected}" and told ovn-controller`, async (t) => {
    for (const agent of cluster.agents) {
      t.equal((await agent.status()).datapath, expected, "NodeStatus");
      t.equal(await openVswitchId(agent.node, "ovn-bridge-datapath-type"), expected, "external_ids");
    }
  });

  const web = await cluster.run(0, "red", "web");
  const near = await cluster.run(0, "red", "near");
  const far = await cluster.run(1, "red", "far");

  await t.test("the integration bridge is on it", async (t) => {
    for (const node of cluster.nodes) await assertBridge(t, node, expected);
  });

  await t.test("pods compute checksums themselves only where the datapath does not complete them", async (t) => {
    for (const pod of [web, near, far])
      t.equal(await txChecksumming(pod), SIGNS[expected].txChecksumming, pod.pod.name);
  });

  await t.test(
    "pods reach each other on their node and across nodes: ICMP, TCP, and TCP in large segments",
    async (t) => {
      for (const to of [near, far]) await assertReaches(t, cluster, web, to);
    },
  );

  await t.test("what they sent passed through flows of that datapath", async (t) => {
    for (const node of cluster.nodes) {
      const flows = await node.ovsAppctl("dpctl/dump-flows", SIGNS[expected].provider);
      t.match(flows, /eth_type\(0x0800\)/, node.name);
    }
  });

  await t.test("node and pods reach each other, and pods the outside", async (t) => {
    for (const node of cluster.nodes) await pingUntilAnswered(node, far.addresses[0] ?? "");
    for (const pod of [web, far]) await pingUntilAnswered(pod, cluster.central.underlay.outside.address);
    t.pass("answered");
  });

  await t.test("DEL leaves nothing", async (t) => {
    for (const { pod } of [web, near, far]) {
      await deletePod(pod);
      await pod.sandbox.remove();
    }
    t.same(await cluster.left(before), []);
  });
}

async function openVswitchId(node: BedNode, key: string): Promise<string> {
  const value = await node.vsctl("--if-exists", "get", "Open_vSwitch", ".", `external_ids:${key}`);
  return value.trim().replaceAll('"', "");
}

/** What the kernel says of the bridge's link counts, not only what the database wishes. */
async function assertBridge(t: Test, node: BedNode, expected: Datapath): Promise<void> {
  const { provider, bridgeDriver, tunnelLink } = SIGNS[expected];
  t.equal((await node.vsctl("get", "Bridge", "br-int", "datapath_type")).trim(), expected, `${node.name}: database`);
  t.match(await node.ovsAppctl("dpif/show"), new RegExp(`^${provider}:[^]*br-int:`), `${node.name}: ovs-vswitchd`);
  t.match(await node.run(["ethtool", "-i", "br-int"]), `driver: ${bridgeDriver}`, `${node.name}: br-int's driver`);
  const links = await node.run(["ip", "-o", "link", "show"]);
  t.equal(links.includes("genev_sys_6081"), tunnelLink, `${node.name}: tunnels are a link of the kernel`);
}

async function txChecksumming({ pod }: RunningPod): Promise<string | undefined> {
  const features = await pod.sandbox.run(["ethtool", "-k", "eth0"]);
  return /^tx-checksumming: (\w+)/m.exec(features)?.[1];
}

async function assertReaches(t: Test, { central }: Cluster, from: RunningPod, to: RunningPod): Promise<void> {
  const [address = ""] = to.addresses;
  const { name } = to.pod;
  await pingUntilAnswered(from, address);
  t.equal((await ping(from, address, 3)).received, 3, `${name}: ping`);
  const echo = await startEcho(central.bed, to);
  const flow = await startFlow(central.bed, from, { protocol: "tcp", to: address, everyMs: 20 });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const report = await flow.stop();
  await echo.stop();
  t.match(report, { lostCount: 0, errors: [], connections: 1 }, `${name}: TCP`);
  t.ok(report.answered > 10, `${name}: TCP packets came back`);
  t.ok((await streamBytes(from, to, address)) > 1_000_000, `${name}: a stream of TCP`);
}

/** Sends a stream as fast as it goes and returns how much arrived: segments beyond the MTU, as offloads make them. */
async function streamBytes(from: RunningPod, to: RunningPod, address: string): Promise<number> {
  const server = to.pod.sandbox.run(["iperf3", "--server", "--one-off", "--json"], { timeoutMs: 120_000 });
  await waitUntil("iperf3 listens", async () => (await to.pod.sandbox.run(["ss", "-Hltn"])).includes(":5201"));
  const amount = ["--bytes", "4M", "--length", "128K"];
  await from.pod.sandbox.run(["iperf3", "--client", address, ...amount, "--json"], { timeoutMs: 120_000 });
  // The server stops counting when the client has sent everything, whatever is still on its way.
  const { end } = JSON.parse(await server) as { end: { sum_received: { bytes: number } } };
  return end.sum_received.bytes;
}
