/** Order statistics of a set of samples. Percentiles are by nearest rank: always a value that was measured. */
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

export function summarize(samples: readonly number[] | number): Summary {
  const values = typeof samples === "number" ? [samples] : samples;
  if (values.some((value) => !Number.isFinite(value))) throw new RangeError("samples must be finite numbers");
  return {
    p50: percentile(values, 50),
    p90: percentile(values, 90),
    p99: percentile(values, 99),
    samples: values.length,
  };
}

/** Milliseconds that `action` took. */
export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
