import { type AttachmentKey, keyText, type PodIdentity } from "./attachment.js";

const FIRST_RETRY = 1_000;
const LAST_RETRY = 60_000;

interface Chore {
  readonly key: AttachmentKey;
  readonly pod: PodIdentity;
  delay: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Removes what a failed ADD could not take back itself (the database was away, say), again and again until it is gone.
 * It needs no memory across restarts: the sweep at start finds the same leftovers.
 */
export class Janitor {
  readonly #chores = new Map<string, Chore>();
  #clean: ((key: AttachmentKey, pod: PodIdentity) => Promise<void>) | undefined;
  #closed = false;

  /** `clean` throws when something is still left. */
  start(clean: (key: AttachmentKey, pod: PodIdentity) => Promise<void>): void {
    this.#clean = clean;
  }

  /** Attachments that still have something to be removed. */
  get pending(): number {
    return this.#chores.size;
  }

  has(key: AttachmentKey): boolean {
    return this.#chores.has(keyText(key));
  }

  cleanLater(key: AttachmentKey, pod: PodIdentity): void {
    const text = keyText(key);
    if (this.#closed || this.#chores.has(text)) return;
    const chore: Chore = { key, pod, delay: FIRST_RETRY, timer: undefined };
    this.#chores.set(text, chore);
    this.#schedule(text, chore);
  }

  /** The attachment is in use again, or gone. */
  forget(key: AttachmentKey): void {
    const text = keyText(key);
    clearTimeout(this.#chores.get(text)?.timer);
    this.#chores.delete(text);
  }

  stop(): void {
    this.#closed = true;
    for (const { key } of [...this.#chores.values()]) this.forget(key);
  }

  #schedule(text: string, chore: Chore): void {
    chore.timer = setTimeout(() => void this.#run(text, chore), chore.delay);
    chore.timer.unref();
    chore.delay = Math.min(chore.delay * 2, LAST_RETRY);
  }

  async #run(text: string, chore: Chore): Promise<void> {
    try {
      await this.#clean?.(chore.key, chore.pod);
      if (this.#chores.get(text) === chore) this.#chores.delete(text);
    } catch {
      // The verb that `clean` is has told metrics and log of its failure already.
      if (this.#chores.get(text) === chore && !this.#closed) this.#schedule(text, chore);
    }
  }
}
