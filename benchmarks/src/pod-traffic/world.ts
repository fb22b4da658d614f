import {
  addPod,
  addressesOf,
  type Bed,
  type BedAgent,
  createBed,
  createPod,
  ipBatch,
  pingUntilAnswered,
  run,
  startAgent,
  startCentral,
  startNode,
  startPrismnet,
} from "@k8shost/test/bed";
import type { BenchmarkContext } from "../harness/benchmark.js";
import { type Pair, startServer } from "./measure.js";

/** The overlay's inner MTU on an underlay of 1500; the Linux bridge gets the same, so that packets are of one size. */
const MTU = 1442;

export interface World {
  /** Two pods of one node. */
  readonly sameNode: Pair;
  /** Pods of two nodes, geneve between them. */
  readonly acrossNodes: Pair;
  /** Two namespaces on a Linux bridge. */
  readonly bridge: Pair;
}

/** Two nodes with three pods, and a host with a Linux bridge; all of it goes with the benchmark. */
export async function buildWorld(context: BenchmarkContext): Promise<World> {
  const bed = createBed();
  context.after(async () => {
    const remains = await bed.close();
    if (remains.length > 0) throw new Error(`left of the bed: ${remains.join("; ")}`);
  });
  const central = await startCentral(bed, {});
  const { endpoint } = await startPrismnet(central);
  const nodes = [await startNode("node1", { central }), await startNode("node2", { central })] as const;
  const first = await startAgent(nodes[0], { prismnet: endpoint });
  const second = await startAgent(nodes[1], { prismnet: endpoint });
  const client = await startPod(first, "client");
  const near = await startPod(first, "near");
  const far = await startPod(second, "far");
  for (const server of [near, far]) {
    await pingUntilAnswered(client, server.address);
    await startServer(bed, server.netns);
  }
  return {
    sameNode: { client: client.netns, server: near.address },
    acrossNodes: { client: client.netns, server: far.address },
    bridge: await buildBridge(bed),
  };
}

interface Member {
  readonly netns: string;
  readonly address: string;
}

async function startPod(agent: BedAgent, name: string): Promise<Member> {
  const pod = await createPod(agent, "bench", name);
  const { result } = await addPod(pod);
  return { netns: pod.sandbox.netns, address: addressesOf(result)[0] ?? "" };
}

/** tx-checksumming is off in the pods, since the userspace datapath does not complete checksums: so it is off here, too. */
async function buildBridge(bed: Bed): Promise<Pair> {
  const host = await bed.createNetns("bridge");
  await ipBatch(host, ["link add cni0 type bridge", "link set cni0 up"]);
  const member = async (name: string, address: string): Promise<Member> => {
    const netns = await bed.createNetns(name);
    await ipBatch(host, [
      `link add ${name} mtu ${String(MTU)} type veth peer name eth0 mtu ${String(MTU)} netns ${netns}`,
      `link set ${name} master cni0 up`,
    ]);
    await run(["ethtool", "-K", "eth0", "tx", "off"], { netns });
    await ipBatch(netns, [`address add ${address}/24 dev eth0`, "link set eth0 up"]);
    return { netns, address };
  };
  const left = await member("left", "10.88.0.2");
  const right = await member("right", "10.88.0.3");
  await pingUntilAnswered(left, right.address);
  await startServer(bed, right.netns);
  return { client: left.netns, server: right.address };
}
