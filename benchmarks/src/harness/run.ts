import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Benchmark, BenchmarkContext, RowInput, TargetInput } from "./benchmark.js";
import { interleave } from "./interleave.js";
import { describeMachine, describeRevision } from "./machine.js";
import { renderPlot } from "./plot.js";
import { toRow, toTarget, type Result, type Row, type Target } from "./result.js";

export interface RunOptions {
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/**
 * Runs one benchmark, with its clean-ups, to a result.
 *
 * @throws what the benchmark throws; an AggregateError when clean-ups fail, too.
 */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<Result> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  const notes: string[] = [];
  const cleanUps: (() => Promise<void> | void)[] = [];
  const context: BenchmarkContext = {
    quick: options.quick,
    signal: options.signal,
    rounds: (full, quick) => (options.quick ? quick : full),
    log: (text) => {
      options.log(`${benchmark.name}: ${text}`);
    },
    interleave: (what) => interleave(what, options.signal),
    row: (input: RowInput) => rows.push(toRow(input)),
    target: (input: TargetInput) => targets.push(toTarget(input)),
    note: (text) => notes.push(text),
    after: (cleanUp) => cleanUps.push(cleanUp),
  };
  const start = new Date();
  const [machine, revision] = await Promise.all([describeMachine(), describeRevision()]);
  const errors: unknown[] = [];
  await benchmark.run(context).catch((error: unknown) => errors.push(error));
  const seconds = (Date.now() - start.getTime()) / 1000;
  for (const cleanUp of cleanUps.reverse()) {
    try {
      await cleanUp();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, `${benchmark.name} failed, and so did its clean-up`);
  if (errors.length === 1) throw errors[0];
  if (rows.length === 0) throw new Error(`${benchmark.name} measured nothing: it added no row`);
  const { name, describe: description } = benchmark;
  const date = start.toISOString();
  return { name, description, date, seconds, quick: options.quick, revision, machine, rows, targets, notes };
}

/** Writes NAME.json and NAME.svg into `folder`. */
export async function writeResult(result: Result, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(path.join(folder, `${result.name}.svg`), renderPlot(result));
}
