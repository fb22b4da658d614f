/** The main thread's side of a kernel thread: starts it, matches answers with calls, replaces it when it dies. */
import { Worker } from "node:worker_threads";
import { NetlinkError, type NetnsPath } from "./port.js";
import { type Call, type Failure, fromFailure, type FromThread, type Results, type ToThread } from "./protocol.js";

/** Thrown by `call` for what the thread answered; linux.ts makes the port's error of it. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

interface Pending {
  settle(answer: FromThread): void;
  fail(error: Error): void;
}

export class KernelThread {
  readonly #name: string;
  readonly #host: NetnsPath;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #lastId = 0;
  #closed = false;

  /** `name` is what `ps -L` and error messages show; `host` as in Kernel. Starts with the first call. */
  constructor(name: string, host: NetnsPath) {
    this.#name = name;
    this.#host = host;
  }

  /**
   * One round trip. Rejects with CallFailed, with the signal's reason when the call was dropped before it was started,
   * with NetlinkError ECONNRESET when the thread died and the outcome is unknown, ESHUTDOWN after `close`.
   */
  call<C extends Call>(call: C, signal?: AbortSignal): Promise<Results[C["op"]]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed) throw new NetlinkError("netlink is closed", "ESHUTDOWN");
      const worker = this.#start();
      const id = ++this.#lastId;
      const cancel = () => worker.postMessage({ type: "cancel", id } satisfies ToThread);
      const done = () => {
        signal?.removeEventListener("abort", cancel);
        this.#pending.delete(id);
        if (this.#pending.size === 0) worker.unref();
      };
      this.#pending.set(id, {
        settle: (answer) => {
          done();
          if (answer.type === "result") resolve(answer.value as Results[C["op"]]);
          else if (answer.type === "failure") reject(new CallFailed(answer.failure));
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an AbortSignal's reason is the caller's
          else reject(signal?.reason);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      });
      signal?.addEventListener("abort", cancel, { once: true });
      worker.ref();
      worker.postMessage({ type: "call", id, call } satisfies ToThread);
    });
  }

  /** Waits for the calls that were made, then ends the thread. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#worker?.ref();
      this.#worker?.postMessage({ type: "close" } satisfies ToThread);
    }
    await this.#ended;
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // Its messages are small and short-lived: without limits V8 would let garbage grow to tens of megabytes.
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      name: this.#name,
      workerData: this.#host,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    let cause: Error = new Error("it ended by itself");
    worker.on("message", (message: FromThread) => {
      if (message.type === "ready") return;
      if (message.type === "unusable") cause = fromFailure(message.failure);
      else this.#pending.get(message.id)?.settle(message);
    });
    worker.on("error", (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#worker = undefined;
        this.#abandon(cause);
        resolve();
      });
    });
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  /** A thread that never became usable has touched nothing: its calls fail for its reason, not for an unknown outcome. */
  #abandon(cause: Error): void {
    const message = `the ${this.#name} thread died (${cause.message}): the outcome is unknown, repeat the call`;
    const error = cause instanceof NetlinkError ? cause : new NetlinkError(message, "ECONNRESET", cause.message);
    for (const pending of [...this.#pending.values()]) pending.fail(error);
  }
}
