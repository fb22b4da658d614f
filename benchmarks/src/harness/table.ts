import type { Result, Row, Target } from "./result.js";

/** Three significant digits, never scientific notation: 0.0123, 1.23, 12.3, 12,345. */
export function figure(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return thousands(value.toFixed(Math.min(digits, 6)));
}

/** A decimal number with commas between thousands. */
export function thousands(decimal: string): string {
  return decimal.replace(/^-?\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ","));
}

export function ratio(row: Row): string {
  return row.ratio === null ? "" : `${row.ratio.toFixed(2)}x`;
}

/** The sentence that says whether a target was reached, and if not, why. */
export function verdict(target: Target): string {
  const unit = target.unit === "x" ? "x" : ` ${target.unit}`;
  const figures = `${figure(target.value)}${unit}, to reach: ${target.sense} ${figure(target.limit)}${unit}`;
  return target.reached
    ? `reached: ${target.name}: ${figures}`
    : `not reached: ${target.name}: ${figures}. ${target.reason}`;
}

/** The result as plain text: what `npm run bench` prints. */
export function renderTable(result: Result): string {
  const head = ["", "unit", "ours p50", "p90", "p99", "n", "peer", "peer p50", "ratio"];
  const body = result.rows.map((row) => [
    row.name,
    row.unit,
    figure(row.p50),
    figure(row.p90),
    figure(row.p99),
    String(row.samples),
    row.peerName ?? "",
    row.peer === null ? "" : figure(row.peer),
    ratio(row),
  ]);
  const { machine, revision } = result;
  return [
    `${result.name}: ${result.description}`,
    ...align([head, ...body]),
    ...result.targets.map((target) => `  ${verdict(target)}`),
    ...result.notes.map((note) => `  note: ${note}`),
    `  ${machine.processor}, ${String(machine.cores)} cores, ${String(machine.memoryGiB)} GiB, ${machine.system}, ` +
      `kernel ${machine.kernel}, node ${machine.node}; ${revision.commit.slice(0, 12)}` +
      `${revision.modified ? " with changes" : ""}; ${result.seconds.toFixed(0)} s${result.quick ? "; quick run" : ""}`,
    "",
  ].join("\n");
}

const textColumns = new Set([0, 1, 6]);

function align(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return textColumns.has(column) ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join("  ").trimEnd()}`;
  });
}
