/** Gives up what it stands for. Calling it twice does nothing. */
export type Release = () => void;

interface Waiter {
  readonly enter: () => void;
}

/**
 * Mutual exclusion per key: operations on one key run one after the other, in the order in which they asked; those on
 * different keys never wait for each other.
 *
 * A key is taken synchronously: between finding it free and taking it nothing else runs. (An `await` in that place is
 * the classic lock that locks nothing.)
 */
export class KeyedLock {
  /** A key is here while it is held; its waiters are in the order of their calls. */
  readonly #held = new Map<string, Waiter[]>();

  /** Keys that are held now. */
  get size(): number {
    return this.#held.size;
  }

  /** Takes `key` at once, or returns undefined: the caller answers BUSY. */
  tryAcquire(key: string): Release | undefined {
    if (this.#held.has(key)) return undefined;
    this.#held.set(key, []);
    return this.#releaseOnce(key);
  }

  /**
   * Takes `key` when everybody who asked before is done. Rejects with the signal's reason when it is aborted first;
   * the key then passes on as if this caller had never asked.
   */
  acquire(key: string, signal?: AbortSignal): Promise<Release> {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    const release = this.tryAcquire(key);
    if (release !== undefined) return Promise.resolve(release);
    return new Promise((resolve, reject) => {
      const waiters = this.#held.get(key) ?? [];
      const waiter: Waiter = {
        enter: () => {
          signal?.removeEventListener("abort", leave);
          resolve(this.#releaseOnce(key));
        },
      };
      const leave = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(reasonOf(signal));
      };
      waiters.push(waiter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Runs `work` while holding `key`, and gives the key up however `work` ends. */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const release = await this.acquire(key, signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  #releaseOnce(key: string): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#held.get(key)?.shift();
      // The key passes straight to the next waiter: it is never free in between, so nobody jumps the queue.
      if (next === undefined) this.#held.delete(key);
      else next.enter();
    };
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException(String(reason), "AbortError");
}
