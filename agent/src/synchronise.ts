import type { Logger } from "./log.js";
import { AgentError, toAgentError } from "./errors.js";
import type { Part } from "./lifecycle.js";

const FIRST_RETRY = 500;
const LAST_RETRY = 15_000;

/**
 * The gate before the verbs: closed until every source was read once and the leftovers are swept (invariant 5). The
 * agent's socket is open all the while, so STATUS can say what it waits for.
 */
export class Synchronisation implements Part {
  readonly name = "synchronisation";
  readonly #steps: readonly Step[];
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #opened = Promise.withResolvers<void>();
  #waitingFor: string;
  #error = "";
  #done = false;
  #running: Promise<void> = Promise.resolve();

  constructor(steps: readonly Step[], log: Logger) {
    this.#steps = steps;
    this.#log = log;
    this.#waitingFor = steps[0]?.what ?? "";
  }

  /** Begins, and returns at once: a database that is away must not keep the socket closed. */
  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new AgentError("SHUTTING_DOWN", "the agent is shutting down"));
    await this.#running;
  }

  get done(): boolean {
    return this.#done;
  }

  /** What the gate waits for; undefined when it is open. */
  get waitingFor(): string | undefined {
    if (this.#done) return undefined;
    return this.#error === "" ? this.#waitingFor : `${this.#waitingFor} (${this.#error})`;
  }

  /** Resolves when the gate is open; rejects with DEADLINE or CANCELLED and the reason that it is closed. */
  async opened(signal: AbortSignal): Promise<void> {
    if (this.#done) return;
    const either = AbortSignal.any([signal, this.#stop.signal]);
    await new Promise<void>((resolve, reject) => {
      const give = (): void => {
        const cause = toAgentError(either.reason);
        reject(new AgentError(cause.code, `${cause.message}: the agent waits for ${this.waitingFor}`, { cause }));
      };
      if (either.aborted) return give();
      either.addEventListener("abort", give, { once: true });
      void this.#opened.promise.then(() => {
        either.removeEventListener("abort", give);
        resolve();
      });
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (const step of this.#steps) {
      this.#waitingFor = step.what;
      for (let delay = FIRST_RETRY; !signal.aborted; delay = Math.min(delay * 2, LAST_RETRY)) {
        try {
          await step.run(signal);
          break;
        } catch (error) {
          if (signal.aborted) return;
          this.#error = error instanceof Error ? error.message : String(error);
          this.#log.error({ err: error }, `waiting for ${step.what}`);
          await pause(delay, signal);
        }
      }
      this.#error = "";
      if (signal.aborted) return;
    }
    this.#done = true;
    this.#opened.resolve();
    this.#log.info("ready: every source is read, leftovers are swept");
  }
}

/** One thing to wait for. It is repeated until it succeeds. */
export interface Step {
  /** Completes "the agent waits for …". */
  readonly what: string;
  run(signal: AbortSignal): Promise<void>;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
