import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ipBatch, run } from "./command.js";
import { markOf, processesIn } from "./process-table.js";
import { endProcesses, remainsOf, removeBed } from "./removal.js";

/** Directories of beds begin with this, in the system's directory for temporary files. */
export const DIRECTORY_PREFIX = "k8shost-";

/** Longest path of a socket below a bed's directory; the kernel allows 107 bytes in all. */
const LONGEST_SOCKET = 50;

/** A process of the bed, as far as the bed's end is concerned. */
export interface Supervised {
  readonly name: string;
  readonly netns: string;
  readonly pid: number | undefined;
  /** SIGTERM, later SIGKILL; returns when it is gone. */
  stop(): Promise<void>;
}

/**
 * One test bed: a directory, network namespaces and processes that belong together and end together.
 *
 * Every process of a bed runs in one of its namespaces, none in the machine's own. The parts are made by `startCentral`,
 * `startNode` and so on, which register here what `close` has to remove.
 */
export class Bed {
  /** Unique: process ID and a random part; every namespace's name begins with it. */
  readonly id: string;
  readonly directory: string;
  readonly #netns = new Set<string>();
  readonly #processes = new Set<Supervised>();
  #closed = false;

  constructor(id: string, directory: string) {
    this.id = id;
    this.directory = directory;
  }

  /** Path below the bed's directory. */
  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Makes a directory below the bed's and returns its path. */
  makeDirectory(...parts: readonly string[]): string {
    const path = this.path(...parts);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Full names of its network namespaces. */
  get netnsNames(): readonly string[] {
    return [...this.#netns];
  }

  /** In the order in which they were made; those that ended included. */
  get processes(): readonly Supervised[] {
    return [...this.#processes];
  }

  /** Makes a network namespace with loopback up and returns its full name, `<bed id>-<name>`. */
  async createNetns(name: string): Promise<string> {
    this.assertOpen(`create the network namespace ${name}`);
    const full = `${this.id}-${name}`;
    if (this.#netns.has(full)) throw new Error(`network namespace ${full} exists already; choose another name`);
    this.#netns.add(full);
    await run(["ip", "netns", "add", full]);
    await ipBatch(full, ["link set lo up"]);
    return full;
  }

  /** Ends what runs in a namespace and deletes it; nothing happens when it is gone. */
  async deleteNetns(full: string): Promise<void> {
    if (!this.#netns.delete(full)) return;
    endProcesses(processesIn([full]));
    await run(["ip", "netns", "del", full]);
  }

  /** Has a process stopped when the bed closes. */
  adopt(supervised: Supervised): void {
    this.#processes.add(supervised);
  }

  /** Throws when the bed is closed. */
  assertOpen(action: string): void {
    if (this.#closed) throw new Error(`cannot ${action}: the bed ${this.id} is closed`);
  }

  /**
   * Stops every process (the last one started first), deletes every namespace and the directory.
   * Returns one line per thing that it could not remove; empty is what it should be. Repeating it is harmless.
   */
  async close(): Promise<readonly string[]> {
    this.#closed = true;
    for (const supervised of [...this.#processes].reverse()) await supervised.stop();
    return this.closeNow();
  }

  /** Like `close`, but kills and blocks: for the end of the process, when nothing can be awaited any more. */
  closeNow(): readonly string[] {
    this.#closed = true;
    removeBed(this);
    openBeds.delete(this);
    return remainsOf(this);
  }
}

const openBeds = new Set<Bed>();

/**
 * Makes an empty bed. Whatever ends this process (return, exception, SIGINT, SIGTERM, SIGHUP) removes it; after a
 * SIGKILL its processes are gone (see `Daemon`), and `sweepStaleBeds` removes the rest.
 */
export function createBed(): Bed {
  if (process.getuid?.() !== 0) throw new Error("the test bed makes network namespaces: run it as root");
  const id = `bed-${process.pid}-${randomBytes(2).toString("hex")}`;
  const directory = mkdtempSync(join(tmpdir(), `${DIRECTORY_PREFIX}${id}-`));
  if (Buffer.byteLength(directory) + LONGEST_SOCKET > 107) {
    rmSync(directory, { recursive: true });
    throw new Error(`${directory} is too long a path for unix sockets; set TMPDIR to a shorter one`);
  }
  const bed = new Bed(id, directory);
  writeFileSync(bed.path("owner.json"), JSON.stringify({ id, ...markOf(process.pid) }));
  bed.makeDirectory("log");
  installHooks();
  openBeds.add(bed);
  return bed;
}

let hooked = false;

/** An uncaught exception ends in the event "exit" by itself; a signal does only when somebody listens. */
function installHooks(): void {
  if (hooked) return;
  hooked = true;
  process.on("exit", () => {
    for (const bed of openBeds) bed.closeNow();
  });
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  for (const [signal, number] of Object.entries(numbers)) process.once(signal, () => process.exit(128 + number));
}
