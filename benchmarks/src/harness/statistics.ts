/**
 * Order statistics of a set of samples, by nearest rank: always values that were measured. p90 and p99 look at the bad
 * end: 99 % of the samples are as good as p99 or better, whether good is low (a latency) or high (a throughput).
 */
export interface Summary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly samples: number;
}

/** The nearest-rank percentile: the smallest sample that at least `percent` % of all samples do not exceed. */
export function percentile(samples: readonly number[], percent: number): number {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`percent must lie in (0, 100], not ${String(percent)}`);
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.ceil((percent / 100) * sorted.length) - 1];
  if (value === undefined) throw new RangeError("no samples: a percentile needs at least one");
  return value;
}

export function summarize(samples: readonly number[] | number, better: "lower" | "higher" = "lower"): Summary {
  const values = typeof samples === "number" ? [samples] : samples;
  if (values.some((value) => !Number.isFinite(value))) throw new RangeError("samples must be finite numbers");
  const tail = (percent: number) =>
    better === "lower"
      ? percentile(values, percent)
      : -percentile(
          values.map((value) => -value),
          percent,
        );
  return { p50: percentile(values, 50), p90: tail(90), p99: tail(99), samples: values.length };
}

/** Milliseconds that `action` took. */
export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
