import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Parser, type FinalResults, type Result } from "tap-parser";
import { markedProcesses } from "./marked-processes.js";

/** Marks every process that a test file starts, whoever becomes its parent. */
const mark = "K8SHOST_TEST_RUN";

export interface TapFailure {
  readonly name: string;
  /** What tap knows of a failed assertion: diff, place, stack… */
  readonly diag?: Readonly<Record<string, unknown>>;
}

export interface TapOutcome {
  /** Cases of the file: its top-level `test(...)` calls. */
  readonly passed: number;
  /** What did not plainly pass; a skipped case proves nothing and counts here. At least 1 when anything went wrong. */
  readonly failed: number;
  readonly failures: readonly TapFailure[];
  /** What went wrong outside of assertions: exit code, timeout, processes left behind. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs one compiled test file as a process (and process group) of its own; after `timeoutMs` the group is ended. */
export async function runTapFile(file: string, timeoutMs: number): Promise<TapOutcome> {
  const start = performance.now();
  const run = randomUUID();
  const child = spawn(process.execPath, ["--enable-source-maps", file], {
    // tap's own limit of 30 s a file is for idle machines; ours ends the file, and whatever it started.
    env: { ...process.env, TAP: "1", TAP_TIMEOUT: "0", [mark]: run },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const parser = new Parser();
  const failures: TapFailure[] = [];
  collectFailures(parser, failures);
  const complete = new Promise<FinalResults>((resolve) => parser.once("complete", resolve));
  child.stdout.pipe(parser);

  const problems: string[] = [];
  const overdue = setTimeout(() => {
    problems.push(`took longer than ${String(timeoutMs / 1000)} s`);
    void endGroup(child.pid);
  }, timeoutMs);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  clearTimeout(overdue);
  // Before the results: who was left behind may hold the file's standard output open.
  problems.push(...(await endLeftBehind(`${mark}=${run}`)));
  const results = await complete;
  problems.push(...problemsOf(code, signal, results));
  const passed = results.pass - results.skip - results.todo;
  const failed = Math.max(results.count - passed, failures.length + problems.length > 0 ? 1 : 0);
  const seconds = (performance.now() - start) / 1000;
  return { passed, failed, failures, problems, seconds, output: Buffer.concat(output).toString() };
}

/** Collects what did not plainly pass, at any depth of subtests. */
function collectFailures(parser: Parser, failures: TapFailure[]): void {
  parser.on("child", (child: Parser) => {
    collectFailures(child, failures);
  });
  parser.on("assert", (result: Result) => {
    if (result.skip !== false) failures.push({ name: `${result.fullname} (skipped: ${String(result.skip)})` });
    else if (result.todo !== false) failures.push({ name: `${result.fullname} (to do: ${String(result.todo)})` });
    else if (!result.ok && !result.closingTestPoint) {
      failures.push({ name: result.fullname, diag: (result.diag ?? {}) as Readonly<Record<string, unknown>> });
    }
  });
}

function problemsOf(code: number | null, signal: NodeJS.Signals | null, results: FinalResults): string[] {
  const problems: string[] = [];
  if (signal !== null) problems.push(`ended by ${signal}`);
  else if (code !== 0 && results.ok) problems.push(`all assertions passed, but the exit code is ${String(code)}`);
  if (results.count === 0) problems.push("reported no test");
  if (results.bailout !== false) problems.push(`bailed out: ${String(results.bailout)}`);
  return problems;
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  signalTo(-pid, "SIGTERM");
  await sleep(10_000, undefined, { ref: false });
  signalTo(-pid, "SIGKILL");
}

/** Ends processes of the file that outlived it by more than a moment, and says which there were. */
async function endLeftBehind(assignment: string): Promise<readonly string[]> {
  let left = markedProcesses(assignment);
  for (let waits = 0; left.length > 0 && waits < 20; waits++) {
    await sleep(100);
    left = markedProcesses(assignment);
  }
  for (const { pid } of left) signalTo(pid, "SIGKILL");
  return left.map(({ pid, command }) => `left behind: process ${String(pid)} (${command})`);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
