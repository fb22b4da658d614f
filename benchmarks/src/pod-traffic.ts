import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, BenchmarkContext, Collected, Sample } from "./harness/benchmark.js";
import { datagramRate, type Pair, roundTrip, tcpThroughput } from "./pod-traffic/measure.js";
import { buildWorld } from "./pod-traffic/world.js";

const BRIDGE = "Linux bridge";
const WAYS = ["same node", "across nodes"] as const;

export const podTraffic: Benchmark = {
  name: "pod-traffic",
  describe:
    "One TCP connection, a flood of small UDP datagrams and ping between two pods, on one node and across two (geneve), beside two " +
    "namespaces on a plain Linux bridge with the same MTU and checksum offload.",

  async run(context) {
    const { sameNode, acrossNodes, bridge } = await buildWorld(context);
    const took = await context.interleave({
      rounds: context.rounds(7, 2),
      warmUp: 1,
      subjects: {
        "same node": () => talk(sameNode),
        "across nodes": () => talk(acrossNodes),
        [BRIDGE]: () => talk(bridge),
      },
    });
    for (const way of WAYS) {
      compare(context, took, { way, what: "TCP", measure: "tcp", unit: "Gbit/s", better: "higher" });
    }
    for (const way of WAYS) {
      compare(context, took, { way, what: "UDP, 64 bytes", measure: "udp", unit: "kpackets/s", better: "higher" });
    }
    for (const way of WAYS) {
      compare(context, took, { way, what: "ping", measure: "rtt", unit: "µs", better: "lower" });
      compare(context, took, { way, what: "ping, p99 of 100", measure: "tail", unit: "µs", better: "lower" });
    }
    context.note(
      "The machine's kernel has no openvswitch module, so every packet passes the userspace datapath: the ratios are those of " +
        "ovs-vswitchd in userspace to the kernel's bridge. Once a pod runs, nothing of k8shost touches its packets.",
    );
    context.note("Both nodes, both ends and both datapaths share this machine's processors.");
  },
};

/** The flood comes last, and the queues that it filled get time to empty. */
async function talk(pair: Pair): Promise<Sample> {
  const { median, tail } = await roundTrip(pair);
  const tcp = await tcpThroughput(pair);
  const udp = await datagramRate(pair);
  await sleep(500);
  return { tcp, udp, rtt: median, tail };
}

interface Comparison {
  readonly way: (typeof WAYS)[number];
  readonly what: string;
  readonly measure: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
}

function compare(context: BenchmarkContext, took: Collected, { way, what, measure, unit, better }: Comparison): void {
  const peer = { name: BRIDGE, values: took.of(BRIDGE, measure) };
  context.row({ name: `${what}, ${way}`, unit, better, ours: took.of(way, measure), peer });
}
