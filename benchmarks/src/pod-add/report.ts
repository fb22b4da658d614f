import type { BenchmarkContext, Collected } from "../harness/benchmark.js";
import { percentile } from "../harness/statistics.js";
import { ADD_STAGES } from "./stage-clock.js";

export const OURS = "ours";
export const BRIDGE = "bridge + host-local";
export const FLOOR = "floor";

/** Samples with so many other ports in the northbound database. */
export interface Measured {
  readonly others: number;
  readonly single: Collected;
  readonly burst: Collected;
}

type Measure = "add" | "del";

/** Of one ADD, in the order of the call; link and ovs-port run beside allocate and northbound, address beside installed. */
const PARTS = ["shim", ...ADD_STAGES, "other"] as const;

/** Rows of one size of the cluster. */
export function reportSize(context: BenchmarkContext, { others, single, burst }: Measured): void {
  const size = others === 0 ? "alone" : `${others.toLocaleString("en")} others`;
  const compare = (name: string, from: Collected, measure: Measure): void => {
    for (const peer of [BRIDGE, FLOOR]) {
      const ours = from.of(OURS, measure);
      context.row({ name: `${name}, ${size}`, unit: "ms", ours, peer: { name: peer, values: from.of(peer, measure) } });
    }
  };
  compare("ADD", single, "add");
  const bridge = { name: BRIDGE, values: single.of(BRIDGE, "add") };
  context.row({ name: `ADD without OVN's part, ${size}`, unit: "ms", ours: single.of(OURS, "rest"), peer: bridge });
  compare("DEL", single, "del");
  compare("ADD, last of 50", burst, "add");
  compare("DEL, last of 50", burst, "del");
  context.row({
    name: `agent's processor time for one of 50, ${size}`,
    unit: "ms",
    ours: burst.of(OURS, "processor"),
    detail: true,
  });
  for (const stage of PARTS) {
    context.row({ name: `${stage}, ${size}`, unit: "ms", ours: single.of(OURS, stage), detail: others > 0 });
  }
}

/** What was to be reached, from the smallest cluster unless the name says otherwise. */
export function reportTargets(context: BenchmarkContext, all: readonly Measured[]): void {
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined) return;
  const { single, burst } = first;
  const ratio = (from: Collected, measure: string, peer: string, peerMeasure = measure): number =>
    median(from.of(OURS, measure)) / median(from.of(peer, peerMeasure));
  const target = (name: string, value: number, limit: number, reason: string): void => {
    context.target({ name, value, limit, sense: "at most", unit: "x", reason });
  };
  target(
    "ADD without OVN's part beside bridge + host-local's whole ADD",
    ratio(single, "rest", BRIDGE, "add"),
    0.6,
    whereRestGoes(single),
  );
  if (last !== first) {
    const growth = median(last.single.of(OURS, "rest")) / median(single.of(OURS, "rest"));
    target(
      `the same, ${last.others.toLocaleString("en")} other ports beside none`,
      growth,
      1.2,
      whereRestGoes(last.single),
    );
  }
  for (const { others, single } of all) {
    const where = others === 0 ? "" : `, ${others.toLocaleString("en")} other ports`;
    target(`whole ADD beside the floor's${where}`, ratio(single, "add", FLOOR), 1.15, whereRestGoes(single));
  }
  target("last of 50 ADDs at once beside the floor's", ratio(burst, "add", FLOOR), 1.3, whereBurstGoes(burst));
  target("DEL beside bridge + host-local's", ratio(single, "del", BRIDGE), 1, VETH_GRACE);
}

const VETH_GRACE = "About 20 ms of either are the kernel's grace period for deleting a veth.";

function whereBurstGoes(burst: Collected): string {
  const each = median(burst.of(OURS, "processor")).toFixed(1);
  return (
    `A burst is bound by the processors: the agent needs ${each} ms for each pod's ADD and DEL, beside fifty processes of the ` +
    "executable and what OVN needs itself; the floor has neither processes nor gRPC calls."
  );
}

function whereRestGoes(from: Collected): string {
  const parts = PARTS.map((stage) => `${stage} ${median(from.of(OURS, stage)).toFixed(1)}`);
  return `Medians in ms: ${parts.join(", ")}.`;
}

function median(values: readonly number[]): number {
  return percentile(values, 50);
}
