import type { Collected, InterleaveOptions, Sample } from "./benchmark.js";

/** Key of the only number of a subject that reports just one. */
const single = "";

/**
 * Runs every subject once per round, one after the other. The starting subject moves on by one each round.
 *
 * @throws what a subject throws, with its name and the round in the message; the abort reason of `signal`.
 */
export async function interleave(options: InterleaveOptions, signal: AbortSignal): Promise<Collected> {
  const subjects = Object.entries(options.subjects);
  const warmUp = options.warmUp ?? Math.max(1, Math.ceil(options.rounds / 10));
  const series = new Map(subjects.map(([name]) => [name, new Map<string, number[]>()]));
  for (let round = -warmUp; round < options.rounds; round++) {
    const first = (round + warmUp) % subjects.length;
    for (const [name, run] of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      signal.throwIfAborted();
      const sample = await run().catch((error: unknown) => {
        throw new Error(`${name}, round ${String(round)}: ${messageOf(error)}`, { cause: error });
      });
      if (round >= 0) record(series.get(name) ?? new Map<string, number[]>(), sample);
    }
  }
  return { of: (subject, measure) => pick(series, subject, measure ?? single) };
}

function record(into: Map<string, number[]>, sample: Sample): void {
  const numbers = typeof sample === "number" ? { [single]: sample } : sample;
  for (const [measure, value] of Object.entries(numbers)) {
    const known = into.get(measure);
    if (known === undefined) into.set(measure, [value]);
    else known.push(value);
  }
}

function pick(series: Map<string, Map<string, number[]>>, subject: string, measure: string): readonly number[] {
  const measures = series.get(subject);
  if (measures === undefined) throw new Error(`no subject "${subject}"; there are: ${[...series.keys()].join(", ")}`);
  const values = measures.get(measure);
  if (values === undefined) {
    throw new Error(`"${subject}" has no measure "${measure}"; it has: ${[...measures.keys()].join(", ")}`);
  }
  return values;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
