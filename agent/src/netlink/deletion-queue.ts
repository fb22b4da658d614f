/** Gathers the deletions that are asked for while one is under way: all of them share the next. Pure. */

interface Waiting {
  readonly names: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Deletes links; resolves to the reasons of those that could not be, by name. */
export type DeleteLinks = (names: readonly string[]) => Promise<ReadonlyMap<string, Error>>;

export class DeletionQueue {
  readonly #deleteLinks: DeleteLinks;
  readonly #mostAtOnce: number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(deleteLinks: DeleteLinks, mostAtOnce: number) {
    this.#deleteLinks = deleteLinks;
    this.#mostAtOnce = mostAtOnce;
  }

  /**
   * Rejects with the reason of the first of `names` that could not be deleted, or with the signal's reason when it fired
   * before their turn came. More names than a batch takes are several batches.
   */
  async delete(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let from = 0; from < names.length; from += this.#mostAtOnce) {
      parts.push(this.#enqueue(names.slice(from, from + this.#mostAtOnce), signal));
    }
    const outcomes = await Promise.allSettled(parts);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Waits for everything that was asked for. */
  async drain(): Promise<void> {
    await this.#running;
  }

  #enqueue(names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#waiting.push({ names, signal, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // A burst asks within one turn of the event loop: let all of it in before the first grace period begins.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#runBatch(this.#nextBatch());
    this.#running = undefined;
  }

  #nextBatch(): Waiting[] {
    let size = 0;
    const fits = this.#waiting.findIndex(({ names }, place) => (size += names.length) > this.#mostAtOnce && place > 0);
    return this.#waiting.splice(0, fits < 0 ? this.#waiting.length : fits);
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const live = batch.filter(({ signal, reject }) => {
      if (signal?.aborted) reject(signal.reason);
      return signal?.aborted !== true;
    });
    if (live.length === 0) return;
    try {
      const undeleted = await this.#deleteLinks([...new Set(live.flatMap(({ names }) => names))]);
      for (const { names, resolve, reject } of live) {
        const failed = names.find((name) => undeleted.has(name));
        if (failed === undefined) resolve();
        else reject(undeleted.get(failed));
      }
    } catch (error) {
      for (const { reject } of live) reject(error);
    }
  }
}
