import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inNetns } from "@k8shost/test/bed";

/** One start of a CNI plugin. */
export interface Launch {
  readonly file: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File that becomes its standard input. */
  readonly input: string;
}

export interface Launched {
  /** From the start of the batch to the end of this process and of its output. */
  readonly milliseconds: number;
  readonly exitCode: number;
  readonly stdout: string;
}

/** What goes to the process inside the namespace. */
export type Order =
  | { readonly id: number; readonly url?: undefined; readonly launches: readonly Launch[] }
  | { readonly id: number; readonly url: string };

/** What comes back. */
export interface Answer {
  readonly id: number;
  readonly launched?: readonly Launched[];
  readonly body?: string;
  readonly error?: string;
}

const PROGRAM = fileURLToPath(new URL("./launcher-process.js", import.meta.url));

/** Starts programs inside a network namespace and takes their time there. */
export class Launcher {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #orders = 0;

  /** `netns`: name of a namespace of the bed. */
  constructor(netns: string) {
    const argv = inNetns(netns, ["setpriv", "--pdeathsig", "KILL", "--", process.execPath, PROGRAM]);
    this.#child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.on("exit", (code) => {
      for (const [id, answer] of this.#waiting) answer({ id, error: `the launcher ended with ${String(code)}` });
    });
  }

  /** Starts all of them at once and waits for the last. Throws what the first one printed that failed. */
  async run(launches: readonly Launch[]): Promise<readonly Launched[]> {
    const { launched = [] } = await this.#ask((id) => ({ id, launches }));
    const failed = launched.find(({ exitCode }) => exitCode !== 0);
    if (failed !== undefined) throw new Error(`exit code ${String(failed.exitCode)}: ${failed.stdout}`);
    return launched;
  }

  /** Body of an HTTP GET from inside the namespace. */
  async get(url: string): Promise<string> {
    return (await this.#ask((id) => ({ id, url }))).body ?? "";
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill();
    await exited;
  }

  async #ask(order: (id: number) => Order): Promise<Answer> {
    const id = ++this.#orders;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send(order(id));
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}
