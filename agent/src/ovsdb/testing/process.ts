import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a command to its end; throws with its stderr. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(command, args, { env: { ...process.env, LC_ALL: "C" } });
  return stdout;
}

/** A folder of the test's own. Short, because unix socket paths end at 107 bytes. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "ovsdb-"));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** A server of a test; killed with it, whatever way the test ends. */
export class TestProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #stderr = "";

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#stderr += error.message;
        resolve();
      });
      this.#child.once("exit", () => {
        resolve();
      });
    });
    process.once("exit", this.#killNow);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Kills and waits until it is gone. */
  async kill(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    process.removeListener("exit", this.#killNow);
    if (this.running) this.#child.kill(name);
    await this.#exited;
  }

  readonly #killNow = (): void => {
    this.#child.kill("SIGKILL");
  };
}

/** Asks until there is an answer; throws with the last error after 30 s. */
export async function until<V>(
  ask: () => V | undefined | false | Promise<V | undefined | false>,
  failure: string,
): Promise<V> {
  let last: unknown;
  for (const start = performance.now(); performance.now() - start < 30_000; await sleep(10)) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`${failure} after 30 s`, { cause: last });
}

/** Waits until something accepts connections at the unix socket `path`. */
export async function listening(path: string, server: TestProcess): Promise<void> {
  await until(async () => !server.running || accepts(path), `nothing listens at ${path}: ${server.stderr}`);
  if (!server.running) throw new Error(`the server ended: ${server.stderr}`);
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
