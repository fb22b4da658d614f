import type { RowInput, TargetInput } from "./benchmark.js";
import type { Machine, Revision } from "./machine.js";
import { summarize, type Summary } from "./statistics.js";

/** One line of `benchmarks/results/NAME.json`. */
export interface Row extends Summary {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** Median of ours; `p50`, `p90`, `p99` and `samples` are ours as well. */
  readonly ours: number;
  /** Median of the peer; null where ours stands alone. */
  readonly peer: number | null;
  /** ours / peer. */
  readonly ratio: number | null;
  readonly detail: boolean;
  readonly peerName: string | null;
  readonly peerSummary: Summary | null;
}

export interface Target extends TargetInput {
  readonly reached: boolean;
}

/** The content of `benchmarks/results/NAME.json`. */
export interface Result {
  readonly name: string;
  readonly description: string;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  readonly quick: boolean;
  readonly revision: Revision;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
}

export function toRow(input: RowInput): Row {
  const better = input.better ?? "lower";
  const ours = summarize(input.ours, better);
  const peer = input.peer === undefined ? null : summarize(input.peer.values, better);
  return {
    name: input.name,
    unit: input.unit,
    better,
    ours: ours.p50,
    peer: peer?.p50 ?? null,
    ratio: peer === null || peer.p50 === 0 ? null : ours.p50 / peer.p50,
    ...ours,
    detail: input.detail ?? false,
    peerName: input.peer?.name ?? null,
    peerSummary: peer,
  };
}

export function toTarget(input: TargetInput): Target {
  const reached = input.sense === "at most" ? input.value <= input.limit : input.value >= input.limit;
  return { ...input, reached };
}
