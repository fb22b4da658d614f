import { performance } from "node:perf_hooks";

/** Names of StageTime.stage in pod_network.proto. */
export type Stage = "allocate" | "link" | "address" | "northbound" | "ovs-port" | "installed" | "release" | "total";

export interface StageTime {
  readonly stage: Stage;
  readonly microseconds: number;
}

/** Told of every stage, ended well or not: the source of metrics, of the reply's times and of the last errors. */
export type StageObserver = (stage: Stage, microseconds: number, error: unknown) => void;

/** The stage in which something failed travels with the error, by identity: the error itself may be anything. */
const failedStages = new WeakMap<object, Stage>();

export function stageOf(error: unknown): Stage | undefined {
  return typeof error === "object" && error !== null ? failedStages.get(error) : undefined;
}

/** The clock of one verb. */
export class Stages {
  readonly times: StageTime[] = [];
  readonly #observe: StageObserver;

  constructor(observe: StageObserver) {
    this.#observe = observe;
  }

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    let failure: unknown;
    try {
      return await work();
    } catch (error) {
      failure = error ?? new Error("unknown");
      if (typeof error === "object" && error !== null && !failedStages.has(error)) failedStages.set(error, stage);
      throw error;
    } finally {
      const microseconds = Math.round((performance.now() - begin) * 1000);
      this.times.push({ stage, microseconds });
      this.#observe(stage, microseconds, failure);
    }
  }
}
