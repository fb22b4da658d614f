import { execFile } from "node:child_process";
import { AgentError } from "../errors.js";

export interface ExecOptions {
  /** Goes to standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds (10,000). */
  readonly timeout?: number;
}

/**
 * Runs a program: an argument array, no shell, LC_ALL=C, a deadline. Returns its standard output.
 * Never on the path of a pod's ADD or DEL. Throws KERNEL with the last lines of standard error.
 *
 * Node's own execFile and not execa, which `k8shost doctor` and the tests use: two commands at the start of the agent
 * are not worth its 9 MB of resident memory on every node.
 */
export function run(file: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  const { input = "", signal, timeout = 10_000 } = options;
  return new Promise((resolve, reject) => {
    const settings = { env: { ...process.env, LC_ALL: "C" }, timeout, killSignal: "SIGKILL" as const };
    const child = execFile(
      file,
      args,
      signal === undefined ? settings : { ...settings, signal },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const complaint = stderr.trim().split("\n").slice(-3).join(" ");
        const late = error.killed === true ? `not done after ${timeout} ms` : error.message;
        reject(new AgentError("KERNEL", `${file} ${args[0] ?? ""}: ${complaint || late}`, { cause: error }));
      },
    );
    // A program that ends without reading its input says why on standard error.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
