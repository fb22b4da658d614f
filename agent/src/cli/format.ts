const STEPS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** "3d 4h", "2m 5s", "12s", "450ms": the two largest units that matter. */
export function span(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))}ms`;
  const at = STEPS.findIndex(([, size]) => milliseconds >= size);
  const [unit, size] = STEPS[at] ?? STEPS[3];
  const whole = Math.floor(milliseconds / size);
  const next = STEPS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((milliseconds - whole * size) / next[1]);
  return rest === 0 || next === undefined ? `${whole}${unit}` : `${whole}${unit} ${rest}${next[0]}`;
}

/** "0.31 ms", "12 ms", "1.2 s". */
export function latency(microseconds: number): string {
  if (microseconds < 10_000) return `${Number((microseconds / 1e3).toPrecision(2))} ms`;
  return microseconds < 1e6
    ? `${Math.round(microseconds / 1e3)} ms`
    : `${Number((microseconds / 1e6).toPrecision(2))} s`;
}

/** "83 MB", "1.5 GB". */
export function bytes(number: number): string {
  return number < 1e9 ? `${Math.round(number / 1e6)} MB` : `${(number / 1e9).toFixed(1)} GB`;
}

/** "1 pod", "2 pods". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** JSON for programs: indented, 64-bit integers as numbers (none of ours exceeds 2^53). */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? Number(item) : item), 2)}\n`;
}
