import type { Test } from "tap";
import {
  addPod,
  type AgentOptions,
  type BedAgent,
  type BedNode,
  type BedPrismnet,
  type Central,
  type CentralOptions,
  createBed,
  createPod,
  type Inventory,
  leftAfterSettling,
  type NodeOptions,
  type Pod,
  startAgent,
  startCentral,
  startNode,
  startPrismnet,
  takeInventory,
} from "../bed/index.js";

export interface ClusterOptions {
  /** Number of nodes, each with its agent (2). */
  readonly nodes?: number;
  readonly dualStack?: boolean;
  readonly central?: CentralOptions;
  readonly node?: Omit<NodeOptions, "central" | "underlayIp">;
  readonly agent?: Partial<AgentOptions>;
}

/** A pod that has its network. */
export interface RunningPod {
  readonly pod: Pod;
  readonly netns: string;
  /** IPv4 first, without prefix. */
  readonly addresses: readonly string[];
}

/** A whole cluster's network on one machine: OVN, PrismNET, and nodes with agents. */
export interface Cluster {
  readonly central: Central;
  readonly prismnet: BedPrismnet;
  readonly nodes: readonly BedNode[];
  readonly agents: readonly BedAgent[];
  agent(index: number): BedAgent;
  /** Makes a sandbox on a node and calls ADD for it. */
  run(node: number, namespace: string, name: string): Promise<RunningPod>;
  /** What exists, but for files: those are the agents' sockets and logs. */
  inventory(): Promise<Inventory>;
  /** What is there that was not there `before`, once kernel and OVS have settled; addresses that are still given out count. */
  left(before: Inventory): Promise<string[]>;
}

/** Starts it, and takes it down with the test: something that can't be removed fails the test. */
export async function startCluster(t: Test, options: ClusterOptions = {}): Promise<Cluster> {
  const bed = createBed();
  t.teardown(async () => {
    const remains = await bed.close();
    if (remains.length > 0) throw new Error(`left of the bed: ${remains.join("; ")}`);
  });
  const dualStack = options.dualStack ?? false;
  const central = await startCentral(bed, options.central ?? {});
  const prismnet = await startPrismnet(central, { dualStack });
  const names = Array.from({ length: options.nodes ?? 2 }, (_, i) => `node${i + 1}`);
  const nodes = await Promise.all(names.map((name) => startNode(name, { central, dualStack, ...options.node })));
  const agentOptions = { prismnet: prismnet.endpoint, dualStack, ...options.agent };
  const agents = await Promise.all(nodes.map((node) => startAgent(node, agentOptions)));
  const agent = (index: number): BedAgent => {
    const found = agents[index];
    if (found === undefined) throw new Error(`there is no agent ${index}`);
    return found;
  };
  const inventory = async (): Promise<Inventory> => {
    const lines = await takeInventory(central, nodes);
    const given = await prismnet.allocations();
    const addresses = given.map(
      ({ ipAddresses, podName, nodeName }) => `${ipAddresses.join()} of ${podName || nodeName}`,
    );
    return new Set([
      ...[...lines].filter((line) => !line.startsWith("file: ")),
      ...addresses.map((address) => `allocated address: ${address}`),
    ]);
  };
  return {
    ...{ central, prismnet, nodes, agents, agent, inventory },
    run: async (node, namespace, name) => {
      const pod = await createPod(agent(node), namespace, name);
      const { result } = await addPod(pod);
      const addresses = (result.ips ?? []).map(({ address }) => address.replace(/\/.*/, ""));
      return { pod, netns: pod.sandbox.netns, addresses };
    },
    left: (before) => leftAfterSettling(before, inventory, { expected: isLasting }),
  };
}

/** A namespace's switch, subnet and router port outlive its pods: they are the tenant's, not the pod's. */
function isLasting(line: string): boolean {
  return /^northbound row: (Logical_Switch k8s-|Logical_Switch_Port stor-k8s-|Logical_Router_Port rtos-k8s-|Address_Set prismnet_)/.test(
    line,
  );
}
