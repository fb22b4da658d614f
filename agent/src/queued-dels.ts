import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { removeFileDurably } from "./atomic-file.js";
import { lockFile } from "./file-lock.js";
import type { Logger } from "./log.js";
import type { AttachmentKey, PodIdentity } from "./network/attachment.js";

/**
 * DELs that the CNI executable put on disk because nobody answered on the agent's socket: one file per attachment,
 * "CONTAINER:IFNAME.json", in a directory of its own. The protocol (cni/DESIGN.md):
 *
 * - whoever changes the directory, or acts upon an entry, holds flock(2) on the file "lock";
 * - the executable, holding it, tries the socket once more before it writes. So the agent begins to listen while holding
 *   it (`whileLocked`): each DEL then finds the agent, or is in the queue before the agent reads it;
 * - an ADD of an attachment whose DEL waits carries that out first, holding the lock. So a replay never takes away what
 *   was added after the DEL.
 */
export interface QueuedDel {
  readonly key: AttachmentKey;
  readonly pod: PodIdentity;
  readonly netns: string;
}

export interface QueuedDelsOptions {
  /** `<stateDir>/cni-queue`. */
  readonly directory: string;
  /** Carries out one DEL. */
  readonly del: (entry: QueuedDel, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** First and longest pause before failed entries are tried again, in milliseconds. */
  readonly retry?: { readonly firstMs: number; readonly lastMs: number };
}

const LOCK = "lock";
const SUFFIX = ".json";

/** The executable gives up waiting for the lock after 10 s: one DEL must not hold it longer. */
const ENTRY_DEADLINE_MS = 8_000;

const entrySchema = z.object({
  version: z.literal(1),
  attachment: z.object({ containerId: z.string().min(1), ifName: z.string().min(1) }),
  pod: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  netns: z.string(),
});

/** Replays the queue, at the start and whenever something new lies in it. */
export class QueuedDels {
  readonly #options: QueuedDelsOptions;
  readonly #stop = new AbortController();
  readonly #retry: { readonly firstMs: number; readonly lastMs: number };
  #watcher: FSWatcher | undefined;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #delay: number;
  #waiting = 0;
  #unreadable: readonly string[] = [];

  constructor(options: QueuedDelsOptions) {
    this.#options = options;
    this.#retry = options.retry ?? { firstMs: 1_000, lastMs: 60_000 };
    this.#delay = this.#retry.firstMs;
  }

  /** Entries that are not carried out yet, as of the last look. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Files in the directory that are no entries of a version that we know; somebody should look at them. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** Runs `work` (beginning to listen) while no executable can decide to queue. Makes the directory. */
  async whileLocked<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const unlock = await lockFile(join(this.#options.directory, LOCK), signal);
    try {
      return await work();
    } finally {
      await unlock();
    }
  }

  /** Begins to replay, once everything is ready to carry out a DEL. Returns at once. */
  async start(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    // An agent too busy to accept a connection finds entries later than at its start.
    this.#watcher = watch(this.#options.directory, (_, name) => {
      if (name?.endsWith(SUFFIX) === true) this.#schedule(0);
    });
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    clearTimeout(this.#timer);
    this.#stop.abort(new Error("the agent is shutting down"));
    await this.#running;
  }

  /** One pass over all entries. What fails stays for the next one. Returns how many stayed. */
  async replay(signal: AbortSignal): Promise<number> {
    const names = await this.#entries();
    this.#waiting = names.length;
    const unreadable: string[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      try {
        if (await this.#replayOne(name, signal)) this.#waiting--;
        else unreadable.push(join(this.#options.directory, name));
      } catch (error) {
        if (signal.aborted) throw error;
        this.#options.log.warn({ err: error, operation: "DEL", entry: name }, "a queued DEL failed; it stays queued");
      }
    }
    this.#waiting -= unreadable.length;
    this.#unreadable = unreadable;
    return this.#waiting;
  }

  /** False when the file is no entry: it is left alone. */
  async #replayOne(name: string, signal: AbortSignal): Promise<boolean> {
    const path = join(this.#options.directory, name);
    return this.whileLocked(async () => {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      // An ADD of the same attachment has carried it out meanwhile.
      if (text === undefined) return true;
      const entry = parseEntry(name, text);
      if (entry === undefined) return false;
      await this.#options.del(entry, AbortSignal.any([signal, AbortSignal.timeout(ENTRY_DEADLINE_MS)]));
      await removeFileDurably(path);
      const { key, pod } = entry;
      const keys = { operation: "DEL", container: key.containerId, namespace: pod.namespace, pod: pod.name };
      this.#options.log.info(keys, "carried out a queued DEL");
      return true;
    }, signal);
  }

  async #entries(): Promise<string[]> {
    const names = await readdir(this.#options.directory);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  /** One pass at a time. */
  #schedule(delay: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#running.then(() => this.#pass());
    }, delay);
  }

  async #pass(): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    try {
      if ((await this.replay(signal)) === 0) {
        this.#delay = this.#retry.firstMs;
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log.error({ err: error, operation: "DEL" }, "the queue of DELs cannot be read");
    }
    this.#schedule(this.#delay);
    this.#delay = Math.min(this.#delay * 2, this.#retry.lastMs);
  }
}

/** Undefined when the text is no entry of our version, or not the one that its name promises. */
export function parseEntry(name: string, text: string): QueuedDel | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, data } = entrySchema.safeParse(value);
  if (!success || entryName(data.attachment) !== name) return undefined;
  return { key: data.attachment, pod: data.pod, netns: data.netns };
}

/** "CONTAINER:IFNAME.json"; bytes of the interface's name besides letters, digits, "_", "." and "-" as %XX. */
function entryName({ containerId, ifName }: AttachmentKey): string {
  const escaped = [...Buffer.from(ifName)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[\w.-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `${containerId}:${escaped.join("")}${SUFFIX}`;
}
