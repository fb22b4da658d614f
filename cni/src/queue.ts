import type { Attachment } from "@k8shost/proto/agent/v1/pod_network";
import { CniError, cniCode } from "./errors.js";
import { type Files, errnoName, systemText } from "./host.js";
import { LOCK_FILE, QUEUE_LIMIT, type QueuedDelete, encodeEntry, entryName, isEntryName } from "./queue-format.js";

/** Longest wait for whoever holds the lock: another executable, or the agent while it replays an entry. */
const LOCK_TIMEOUT = 10_000;
/** Written under the lock, so one name is enough; what a crash left there is overwritten. */
const INCOMING = "incoming";

/** Deletes that wait on disk for the agent (DESIGN.md, "Queue"). */
export class DeleteQueue {
  readonly #files: Files;
  readonly #directory: string;

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  get directory(): string {
    return this.#directory;
  }

  has(key: Attachment): boolean {
    return this.#attempt("look into", () => this.#files.exists(this.#path(entryName(key))));
  }

  /** How many deletes wait. */
  count(): number {
    return this.#attempt("list", () => {
      try {
        return this.#files.listDirectory(this.#directory).filter(isEntryName).length;
      } catch (error) {
        if (errnoName(error) === "ENOENT") return 0;
        throw error;
      }
    });
  }

  /** Runs `work` while nobody else changes the queue. Code 11 when the lock isn't free in time. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#files.makeDirectory(this.#directory);
      await this.#files.lock(this.#path(LOCK_FILE), LOCK_TIMEOUT);
    } catch (error) {
      throw this.#failure("lock", error);
    }
    try {
      return await work();
    } finally {
      this.#files.unlock();
    }
  }

  /** Under the lock. Durable when it returns; an entry of the same attachment is replaced. Code 11 when the queue is full. */
  add(entry: QueuedDelete): void {
    const name = entryName(entry.attachment);
    if (!this.has(entry.attachment) && this.count() >= QUEUE_LIMIT) {
      const details = `${QUEUE_LIMIT} deletes wait in ${this.#directory}: start the agent (systemctl status k8shost-agent)`;
      throw new CniError(cniCode.tryAgainLater, "the queue of deletes is full", details);
    }
    this.#attempt("write to", () => {
      this.#files.writeFile(this.#path(INCOMING), encodeEntry(entry));
      this.#files.rename(this.#path(INCOMING), this.#path(name));
      this.#files.syncDirectory(this.#directory);
    });
  }

  /** Under the lock. */
  remove(key: Attachment): void {
    this.#attempt("remove from", () => {
      this.#files.remove(this.#path(entryName(key)));
      this.#files.syncDirectory(this.#directory);
    });
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  #attempt<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#failure(doing, error);
    }
  }

  #failure(doing: string, error: unknown): CniError {
    const code = errnoName(error) === "ETIMEDOUT" ? cniCode.tryAgainLater : cniCode.ioFailure;
    return new CniError(code, `cannot ${doing} the queue of deletes`, `${this.#directory}: ${systemText(error)}`);
  }
}
