import { execa, ExecaError } from "execa";
import { AgentError } from "../errors.js";

export interface ExecOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds (10,000). */
  readonly timeout?: number;
}

/**
 * Runs a program: an argument array, no shell, LC_ALL=C, a deadline. Returns its standard output.
 * Never on the path of a pod's ADD or DEL. Throws KERNEL with the last lines of standard error.
 */
export async function run(file: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  try {
    const { stdout } = await execa(file, args, {
      env: { LC_ALL: "C" },
      input: options.input ?? "",
      timeout: options.timeout ?? 10_000,
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const complaint = String(error.stderr ?? "")
      .trim()
      .split("\n")
      .slice(-3)
      .join(" ");
    throw new AgentError("KERNEL", `${file} ${args[0] ?? ""}: ${complaint || error.shortMessage}`, { cause: error });
  }
}
