import { setTimeout as sleep } from "node:timers/promises";
import { ping, pingUntilAnswered, startEcho, startFlow, type Endpoint, type FlowReport } from "../bed/index.js";
import type { Narrator } from "./narrator.js";
import type { ConnectedPod } from "./pods.js";
import type { World } from "./world.js";

/** How long packets flow while the agent is away, in milliseconds. */
const FLOW_MS = 2_000;

/** One line of the table of pings. */
interface Route {
  readonly from: string;
  readonly source: Endpoint;
  readonly to: string;
  readonly address: string;
  readonly way: string;
}

/** Chapter: pings along every kind of way. Throws when one has no answer. */
export async function pingEverybody(world: World, pods: readonly ConnectedPod[], narrator: Narrator): Promise<void> {
  narrator.chapter("Pods talk", "Three pings each, IPv4 and IPv6; what is outside sees the address of the pod's node.");
  const rows: string[][] = [];
  for (const route of routes(world, pods)) {
    // The first packet of a pair of nodes waits for the tunnel's neighbour to be found.
    await pingUntilAnswered(route.source, route.address);
    const { sent, received, roundTripMs } = await ping(route.source, route.address);
    rows.push([route.from, route.to, route.address, route.way, `${received} of ${sent}`, `${roundTripMs?.mean ?? ""}`]);
    if (received === 0) throw new Error(`${route.from} does not reach ${route.to} (${route.address})`);
  }
  narrator.table(["FROM", "TO", "ADDRESS", "WAY", "ANSWERED", "MEAN MS"], rows);
}

function routes({ central, nodes }: World, pods: readonly ConnectedPod[]): Route[] {
  const find = (label: string): ConnectedPod => {
    const found = pods.find((pod) => pod.label === label);
    if (found === undefined) throw new Error(`no pod ${label}`);
    return found;
  };
  const [first, neighbour, remote, stranger] = ["blue/web-0", "blue/web-1", "blue/web-2", "green/db-1"].map(find);
  if (first === undefined || neighbour === undefined || remote === undefined || stranger === undefined) return [];
  const to = (target: ConnectedPod, way: string): Route[] =>
    target.addresses.map((address) => {
      return { from: first.label, source: first.pod.sandbox, to: target.label, address, way };
    });
  const { outside } = central.underlay;
  return [
    ...to(neighbour, "same node"),
    ...to(remote, "across nodes"),
    ...to(stranger, "across nodes and namespaces"),
    ...to(
      { ...first, label: "outside", addresses: [outside.address, outside.addressV6] },
      "through its node, source NAT",
    ),
    ...remote.addresses.slice(0, 1).map((address) => {
      return { from: nodes[0].name, source: nodes[0], to: remote.label, address, way: "a node to a pod elsewhere" };
    }),
  ];
}

/** Chapter: the agent of a node is killed and comes back while its pod talks. Throws when a packet was lost. */
export async function killAgent(world: World, pods: readonly ConnectedPod[], narrator: Narrator): Promise<void> {
  narrator.chapter(
    "The agent is killed while pods talk",
    "100 UDP packets and 100 TCP messages a second from blue/web-0 on node1 to blue/web-2 on node2 and back.",
  );
  const from = pods.find(({ label }) => label === "blue/web-0");
  const to = pods.find(({ label }) => label === "blue/web-2");
  const address = to?.addresses[0];
  if (from === undefined || to === undefined || address === undefined)
    throw new Error("the pods of this chapter are gone");
  const echo = await startEcho(world.bed, to.pod.sandbox);
  const flows = await Promise.all(
    (["udp", "tcp"] as const).map((protocol) => startFlow(world.bed, from.pod.sandbox, { protocol, to: address })),
  );
  await sleep(FLOW_MS / 4);
  await world.agents[0].restart("SIGKILL");
  await sleep(FLOW_MS);
  const reports = await Promise.all(flows.map((flow) => flow.stop()));
  await echo.stop();
  for (const report of reports) tell(report, narrator);
  if (reports.some(({ lostCount, connections }) => lostCount > 0 || connections > 1)) {
    throw new Error("packets were lost while the agent was away");
  }
  const { ports } = await world.agents[0].status();
  const here = pods.filter(({ pod }) => pod.agent === world.agents[0]);
  const known = here.filter(({ pod }) =>
    ports.some((port) => port.containerId === pod.containerId && port.state === "installed"),
  );
  if (known.length < here.length) throw new Error(`the agent knows ${known.length} of its ${here.length} pods again`);
  narrator.done(`the agent is back: it has swept, and knows all ${known.length} pods of its node`);
}

function tell({ protocol, sent, lostCount, longestSilenceMs, connections }: FlowReport, narrator: Narrator): void {
  const kept = protocol === "tcp" && connections === 1 ? ", one connection throughout" : "";
  const text = `${protocol.toUpperCase()}: ${lostCount} of ${sent} lost${kept}, longest silence ${Math.round(longestSilenceMs)} ms`;
  if (lostCount === 0) narrator.done(text);
  else narrator.failed(text);
}
