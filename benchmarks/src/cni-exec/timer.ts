import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Interface, createInterface } from "node:readline";

export interface Program {
  readonly verb: "ADD" | "VERSION";
  /** File that becomes its standard input. */
  readonly input: string;
  readonly command: readonly string[];
}

/** launch.c at the other end of two pipes. */
export class Timer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  /** `environment` is that of every program; the launcher adds the verb, and a container ID of its own to each. */
  constructor(launcher: string, environment: Readonly<Record<string, string>>) {
    this.#child = spawn(launcher, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("the launcher has no standard output");
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Milliseconds from the first start to the last end of `count` processes. Throws when one of them fails. */
  async time(count: number, { verb, input, command }: Program): Promise<number> {
    this.#child.stdin?.write(`${count} ${verb} ${input} ${command.join(" ")}\n`);
    const line = await this.#lines.next();
    const microseconds = line.done === true ? Number.NaN : Number(line.value);
    if (!Number.isFinite(microseconds)) throw new Error(`${command.join(" ")} failed`);
    return microseconds / 1000;
  }

  async stop(): Promise<void> {
    this.#reader.close();
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }
}
