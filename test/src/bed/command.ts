import { execa, ExecaError } from "execa";

/** How a command of the bed runs. Nothing goes through a shell. */
export interface RunOptions {
  /** Name of the network namespace to run in; the machine's own when absent. */
  readonly netns?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds until the command is killed; 30,000 when absent. */
  readonly timeoutMs?: number;
}

/** What a command that may fail said. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path that stands for a network namespace made by `ip netns add`. */
export function netnsPath(name: string): string {
  return `/run/netns/${name}`;
}

/**
 * `argv` prefixed so that it runs in a network namespace.
 *
 * nsenter and not `ip netns exec`: the latter also unshares the mount namespace, and network namespaces mounted later
 * would stay invisible to what runs inside.
 */
export function inNetns(netns: string | undefined, argv: readonly string[]): string[] {
  return netns === undefined ? [...argv] : ["nsenter", `--net=${netnsPath(netns)}`, "--", ...argv];
}

/** Runs a command to its end and returns what it printed, whatever its exit code. Throws when it cannot be run. */
export async function attempt(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [file, ...args] = inNetns(options.netns, argv);
  if (file === undefined) throw new Error("attempt: argv is empty; pass the program as its first element");
  const result = await execa(file, args, {
    reject: false,
    env: { LC_ALL: "C", ...options.env },
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  if (result.exitCode === undefined) throw result instanceof ExecaError ? result : new Error(`${file}: no exit code`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a command and returns its standard output. Throws with the command line and its standard error on failure. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(argv, options);
  if (exitCode !== 0) {
    const where = options.netns === undefined ? "" : ` (in network namespace ${options.netns})`;
    throw new Error(`${argv.join(" ")}${where} exited with ${exitCode}: ${stderr.trim() || stdout.trim()}`);
  }
  return stdout;
}

/**
 * Feeds `lines` to one `ip -batch` in a namespace: link, address and route set-up costs one fork however long it is.
 * Throws at the first line that fails, naming it.
 */
export async function ipBatch(netns: string | undefined, lines: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await attempt(["ip", "-batch", "-"], {
    input: `${lines.join("\n")}\n`,
    ...(netns === undefined ? {} : { netns }),
  });
  if (exitCode === 0) return;
  const failed = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const line = failed === undefined ? lines.join("; ") : lines[Number(failed) - 1];
  throw new Error(`ip ${line} (in network namespace ${netns ?? "of the machine"}): ${stderr.trim()}`);
}
