import { addPod, addressesOf, createPod, takeInventory, type Inventory, type Pod } from "../bed/index.js";
import type { Narrator } from "./narrator.js";
import { stageTable } from "./stage-table.js";
import type { World } from "./world.js";

/** A pod that has its network. */
export interface ConnectedPod {
  readonly pod: Pod;
  /** "namespace/name". */
  readonly label: string;
  /** IPv4 first. */
  readonly addresses: readonly string[];
  /** Of the whole ADD. */
  readonly milliseconds: number;
}

/** The pods of the story: two namespaces, one pod of each on either node, and a second one beside the first. */
const CAST = [
  { namespace: "blue", name: "web-0", node: 0 },
  { namespace: "blue", name: "web-1", node: 0 },
  { namespace: "blue", name: "web-2", node: 1 },
  { namespace: "green", name: "db-0", node: 0 },
  { namespace: "green", name: "db-1", node: 1 },
] as const;

/** What there was before the first pod, and the pods. */
export interface ConnectedPods {
  readonly before: Inventory;
  readonly pods: readonly ConnectedPod[];
}

/** Chapter: ADD. */
export async function connectPods(world: World, narrator: Narrator): Promise<ConnectedPods> {
  const { agents, central, nodes, prismnet } = world;
  narrator.chapter(
    "Pods get a network",
    "For each pod the CNI executable runs once, as a container runtime runs it: it asks the agent of its node,",
    "which asks PrismNET for addresses, makes the link into the pod, and has OVN connect it.",
  );
  for (const namespace of new Set(CAST.map((role) => role.namespace))) {
    const subnets = await prismnet.createNamespace(namespace);
    narrator.done(`namespace ${namespace} has the logical switch k8s-${namespace} with ${subnets.join(" and ")}`);
  }
  const before = await takeInventory(central, nodes, prismnet);
  const pods: ConnectedPod[] = [];
  for (const { namespace, name, node } of CAST) {
    const pod = await createPod(agents[node], namespace, name);
    const { result, milliseconds } = await addPod(pod);
    pods.push({ pod, label: `${namespace}/${name}`, addresses: addressesOf(result), milliseconds });
  }
  narrator.table(
    ["POD", "NODE", "ADDRESSES", "INTERFACE", "LOGICAL PORT"],
    pods.map(({ pod, label, addresses }) => {
      const port = `${pod.name}-${pod.containerId.slice(0, 8)}…`;
      return [label, pod.agent.node.name, addresses.join(", "), "eth0", port];
    }),
  );
  return { before, pods };
}

/** Chapter: where the time of ADD went. */
export async function showAddTimes(pods: readonly ConnectedPod[], narrator: Narrator): Promise<void> {
  narrator.chapter(
    "Where the time of ADD went",
    "Milliseconds. Stages overlap where they can: the address is asked for while the link is made.",
    "The stage \"installed\" is OVN's own work; the whole call begins and ends with the executable's process.",
  );
  const calls = pods.map(({ pod, label, milliseconds }) => {
    return { pod: label, milliseconds, stages: pod.agent.stages("ADD", pod.containerId) };
  });
  const { headings, rows } = stageTable(calls);
  narrator.table(headings, rows);
  const [first] = pods;
  if (first !== undefined)
    narrator.note(`Starting /bin/true in the same way takes ${await startUp(first)} of the whole call.`);
}

/** What starting any process costs here: entering the node's namespace, exec, the end. */
async function startUp({ pod }: ConnectedPod): Promise<string> {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    await pod.agent.node.run(["/bin/true"]);
    times.push(performance.now() - start);
  }
  return `${Math.min(...times).toFixed(1)} ms`;
}
