import { statSync, openSync, readSync, closeSync } from "node:fs";
import {
  CNI_EXECUTABLE,
  run,
  startAgent,
  startCentral,
  startNode,
  startPrismnet,
  type Bed,
  type BedAgent,
  type BedNode,
  type BedPrismnet,
  type Central,
} from "../bed/index.js";
import type { Narrator } from "./narrator.js";

/** The stage on which the demo plays. */
export interface World {
  readonly bed: Bed;
  readonly central: Central;
  readonly nodes: readonly [BedNode, BedNode];
  readonly prismnet: BedPrismnet;
  readonly agents: readonly [BedAgent, BedAgent];
}

/** Chapter: OVN with two nodes. */
export async function buildOverlay(bed: Bed, narrator: Narrator): Promise<Pick<World, "central" | "nodes">> {
  narrator.chapter(
    "Two nodes and a real OVN between them, in network namespaces",
    "Each node has its own Open vSwitch and ovn-controller. This machine's own network is not touched;",
    `the namespaces are called ${bed.id}-….`,
  );
  const central = await startCentral(bed);
  const nodes = [
    await startNode("node1", { central, dualStack: true }),
    await startNode("node2", { central, dualStack: true }),
  ] as const;
  narrator.done(`central   ${await versionOf("ovn-northd")}: northbound and southbound database, northd`);
  const openvswitch = await versionOf("ovs-vswitchd");
  for (const { name, underlayIp, underlayIpV6, datapath } of nodes) {
    const kind = datapath === "netdev" ? "userspace datapath (no openvswitch kernel module here)" : "kernel datapath";
    narrator.done(`${name}     ${underlayIp}, ${underlayIpV6}: ${openvswitch}, ${kind}`);
  }
  const { outside } = central.underlay;
  narrator.done(`outside   ${outside.address}, ${outside.addressV6}: a host that knows no route to pods`);
  return { central, nodes };
}

/** Chapter: the programs of this project. */
export async function startPrograms(
  { central, nodes }: Pick<World, "central" | "nodes">,
  narrator: Narrator,
): Promise<Pick<World, "prismnet" | "agents">> {
  narrator.chapter("The programs of this project");
  const prismnet = await startPrismnet(central, { dualStack: true });
  narrator.done("PrismNET  gives out addresses; the northbound database is its only store");
  const agent = (node: BedNode): Promise<BedAgent> =>
    startAgent(node, { prismnet: prismnet.endpoint, dualStack: true });
  const agents = [await agent(nodes[0]), await agent(nodes[1])] as const;
  for (const { node, status } of await Promise.all(
    agents.map(async (one) => ({ node: one.node, status: await one.status() })),
  )) {
    const { link, addresses } = status.managementPort ?? { link: "?", addresses: [] };
    narrator.done(`agent     on ${node.name}: its link into the pods' network is ${link}, ${addresses.join(" and ")}`);
  }
  narrator.done(`prismnet  ${executableKind()}`);
  return { prismnet, agents };
}

async function versionOf(program: string): Promise<string> {
  const [first = ""] = (await run([program, "--version"])).split("\n");
  return first.replace(/^(ovn-northd|ovs-vswitchd) \((.*)\) /, "$2 ");
}

/** What the CNI executable is: without a Rust toolchain it is a launcher of the same script under Node. */
function executableKind(): string {
  const descriptor = openSync(CNI_EXECUTABLE, "r");
  const head = Buffer.alloc(2);
  readSync(descriptor, head, 0, 2, 0);
  closeSync(descriptor);
  if (head.toString() === "#!")
    return "the CNI executable: run under Node here (no Rust toolchain found), about 50 ms a call";
  return `the CNI executable: static, ${Math.round(statSync(CNI_EXECUTABLE).size / 1000)} kB, needs nothing else on a node`;
}
