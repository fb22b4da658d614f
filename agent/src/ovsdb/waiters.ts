import { Cancelled } from "./errors.js";

interface Waiter {
  /** Asks the predicate; true when the wait is over. */
  readonly ask: () => boolean;
  readonly fail: (error: Error) => void;
}

/** Promises that wait for a predicate over the replica. Each is asked only when its key is woken. */
export class Waiters<K> {
  readonly #byKey = new Map<K, Set<Waiter>>();
  #ended: Error | undefined;

  /** How many keys are waited for. */
  get size(): number {
    return this.#byKey.size;
  }

  /**
   * Resolves with the predicate's first value that is neither undefined nor false; asked at once and at each `wake(key)`.
   * Rejects with Cancelled when the signal fires, or with what the predicate throws.
   */
  add<V>(key: K, what: string, predicate: () => V | undefined | false, signal: AbortSignal | undefined): Promise<V> {
    return new Promise<V>((resolve, reject) => {
      const cancel = (): void => {
        waiter.fail(new Cancelled(`waiting for ${what} was cancelled`, { cause: signal?.reason }));
      };
      const leave = (): void => {
        signal?.removeEventListener("abort", cancel);
        this.#remove(key, waiter);
      };
      const waiter: Waiter = {
        ask: () => {
          try {
            const value = predicate();
            if (value === undefined || value === false) return false;
            leave();
            resolve(value);
          } catch (error) {
            leave();
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the predicate threw, as it is
            reject(error);
          }
          return true;
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      if (this.#ended !== undefined) waiter.fail(this.#ended);
      else if (signal?.aborted === true) cancel();
      else if (!waiter.ask()) {
        signal?.addEventListener("abort", cancel);
        this.#insert(key, waiter);
      }
    });
  }

  wake(key: K): void {
    const waiters = this.#byKey.get(key);
    if (waiters === undefined) return;
    for (const waiter of [...waiters]) waiter.ask();
  }

  failAll(error: Error): void {
    for (const waiters of [...this.#byKey.values()]) for (const waiter of [...waiters]) waiter.fail(error);
  }

  /** Nothing will come true any more: those who wait, and those who come, get `error`. */
  end(error: Error): void {
    this.#ended = error;
    this.failAll(error);
  }

  #insert(key: K, waiter: Waiter): void {
    const waiters = this.#byKey.get(key);
    if (waiters === undefined) this.#byKey.set(key, new Set([waiter]));
    else waiters.add(waiter);
  }

  #remove(key: K, waiter: Waiter): void {
    const waiters = this.#byKey.get(key);
    if (waiters?.delete(waiter) === true && waiters.size === 0) this.#byKey.delete(key);
  }
}
