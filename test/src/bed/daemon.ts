import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bed, Supervised } from "./bed.js";
import { inNetns } from "./command.js";

/** What a supervised process is started with. */
export interface DaemonSpec {
  /** Unique within the bed; also the name of its log file. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Full name of a network namespace of the bed: that is also how a crashed bed's processes are found. */
  readonly netns: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * One process of the bed, in the foreground as our child, with its output in a log file of the bed.
 *
 * It dies with us even when we are killed: setpriv asks the kernel for SIGKILL at the parent's death.
 */
export class Daemon implements Supervised {
  readonly name: string;
  readonly netns: string;
  readonly logFile: string;
  readonly #spec: DaemonSpec;
  readonly #bed: Bed;
  #child: ChildProcess | undefined;

  constructor(bed: Bed, spec: DaemonSpec) {
    this.name = spec.name;
    this.netns = spec.netns;
    this.logFile = bed.path("log", `${spec.name}.log`);
    this.#spec = spec;
    this.#bed = bed;
    bed.adopt(this);
  }

  /** Process ID; undefined while it does not run. nsenter and setpriv exec, so it is the program's own. */
  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Starts it; returns when the kernel has made the process, not when it is ready. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.name} runs already with pid ${this.pid}`);
    this.#bed.assertOpen(`start ${this.name}`);
    const [file, ...args] = inNetns(this.#spec.netns, ["setpriv", "--pdeathsig", "KILL", "--", ...this.#spec.argv]);
    const log = openSync(this.logFile, "a");
    try {
      const env = { ...process.env, ...this.#spec.env };
      const child = spawn(file ?? "", args, { stdio: ["ignore", log, log], env });
      this.#child = child;
      await once(child, "spawn");
    } finally {
      closeSync(log);
    }
  }

  /** Sends a signal. Returns false when the process is gone already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && (this.#child?.kill(signal) ?? false);
  }

  /** Resolves when the process is gone; at once when it does not run. */
  async exited(): Promise<void> {
    if (this.running && this.#child !== undefined) await once(this.#child, "exit");
  }

  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  async stop(graceMs = 5_000): Promise<void> {
    if (!this.signal("SIGTERM")) return;
    const timer = new AbortController();
    const grace = sleep(graceMs, "late" as const, { signal: timer.signal }).catch(() => "gone" as const);
    if ((await Promise.race([this.exited(), grace])) === "late") await this.kill();
    timer.abort();
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited();
  }

  /** An error with the end of its log when the process is gone although it should run; for `waitUntil`. */
  failure(): Error | undefined {
    if (this.running) return undefined;
    const child = this.#child;
    const end = child === undefined ? "never started" : `ended with ${child.signalCode ?? child.exitCode}`;
    return new Error(`${this.name} ${end}; end of ${this.logFile}:\n${this.logTail()}`);
  }

  /** Last lines of its log. */
  logTail(lines = 20): string {
    try {
      return readFileSync(this.logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "(no log)";
    }
  }
}
