/** What a benchmark is, and what the harness gives it. */

/** Numbers that one execution of a subject yields: one, or several by name ("total", "allocate", …). */
export type Sample = number | Readonly<Record<string, number>>;

export interface Benchmark {
  /** kebab-case: the argument of `--only` and the file name of the result. */
  readonly name: string;
  /** One sentence: what is measured, beside what. */
  readonly describe: string;
  run(context: BenchmarkContext): Promise<void>;
}

export interface InterleaveOptions {
  /** Measured executions of every subject. */
  readonly rounds: number;
  /** Executions of every subject before the measured ones, not recorded. Default: a tenth of `rounds`, at least one. */
  readonly warmUp?: number;
  /**
   * What is compared, by name. In every round each subject runs once; the order rotates from round to round, so that
   * none always profits from, or pays for, its predecessor. A subject does its own set-up and tear-down outside of
   * the time that it reports.
   */
  readonly subjects: Readonly<Record<string, () => Promise<Sample>>>;
}

export interface Collected {
  /**
   * The samples of one subject in the order taken; `measure` names one number of those that report several.
   * Throws when there is no such subject or measure, and says which there are.
   */
  of(subject: string, measure?: string): readonly number[];
}

export interface RowInput {
  readonly name: string;
  /** Shown behind numbers: "ms", "MiB", "Gbit/s", "%". */
  readonly unit: string;
  /** All samples, or the one figure that there is. The row's headline is their median. */
  readonly ours: readonly number[] | number;
  readonly peer?: { readonly name: string; readonly values: readonly number[] | number };
  /** Which way is good; default "lower". */
  readonly better?: "lower" | "higher";
  /** Left out of README's table: one of many that only those who look closer want. */
  readonly detail?: boolean;
}

export interface TargetInput {
  /** The figure in words: "whole ADD p50 beside the floor's". */
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly sense: "at most" | "at least";
  /** "x" for ratios. */
  readonly unit: string;
  /** Shown when the target is not reached: where the time goes. */
  readonly reason: string;
}

export interface BenchmarkContext {
  /** `--quick`: few rounds, to see that it works. Its figures do not replace the recorded ones. */
  readonly quick: boolean;
  /** Aborted by SIGINT, SIGTERM and the benchmark's deadline. */
  readonly signal: AbortSignal;
  /** `full` in an ordinary run, `quick` under `--quick`. */
  rounds(full: number, quick: number): number;
  /** Progress, to standard error. */
  log(text: string): void;
  /** Measures all subjects in turns; see {@link InterleaveOptions}. */
  interleave(options: InterleaveOptions): Promise<Collected>;
  /** Adds a row to the result. For several peers: one row each, with the same name and the same `ours`. */
  row(input: RowInput): void;
  /** Adds a figure that was to be reached. Whether it was, the harness decides. */
  target(input: TargetInput): void;
  /** Adds a sentence that the reader of the figures needs. */
  note(text: string): void;
  /** Runs after the benchmark, in reverse order, also when it failed. */
  after(cleanUp: () => Promise<void> | void): void;
}
