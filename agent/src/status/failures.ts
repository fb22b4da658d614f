import { type AgentError, toAgentError } from "../errors.js";

/** One operation that failed. */
export interface FailureRecord {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly verb: string;
  readonly stage: string;
  readonly error: AgentError;
  readonly containerId: string;
  readonly namespace: string;
  readonly pod: string;
}

export interface FailedOperation {
  readonly verb: string;
  readonly stage: string;
  readonly error: unknown;
  readonly containerId?: string | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
}

/** Enough to see the first of a burst of 50, not enough to be a log. */
const CAPACITY = 100;

/** The last failures, for `k8shost status`. The oldest make room. */
export class Failures {
  readonly #ring: FailureRecord[] = [];
  readonly #capacity: number;
  readonly #now: () => number;
  #next = 0;

  constructor(options: { readonly capacity?: number; readonly now?: () => number } = {}) {
    this.#capacity = options.capacity ?? CAPACITY;
    this.#now = options.now ?? Date.now;
  }

  add({ verb, stage, error, containerId = "", namespace = "", pod = "" }: FailedOperation): void {
    this.#ring[this.#next] = {
      atMs: this.#now(),
      verb,
      stage,
      error: toAgentError(error),
      containerId,
      namespace,
      pod,
    };
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Newest first. */
  list(): FailureRecord[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse();
  }
}
