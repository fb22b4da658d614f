import { printable } from "../printable.js";
import type { Terminal } from "./command.js";
import { paint, type Tone } from "./terminal.js";

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** On a terminal too narrow for the whole table the column may shrink to this width; without it, never. */
  readonly shrinkTo?: number;
}

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

const GAP = "  ";
const ELLIPSIS = "…";

/**
 * An aligned table. Where the output is no terminal every text is whole, so that identifiers can be copied and cut by
 * other programs; on a terminal the columns that may shrink do so, the last ones first, until a row fits a line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  terminal: Pick<Terminal, "columns" | "colour">,
): string {
  const cells = rows.map((row) => row.map((cell) => toCell(cell)));
  const natural = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((row) => row[at]?.text.length ?? 0)),
  );
  const widths = fit(columns, natural, terminal.columns);
  const titles = columns.map(({ title }): Cell => ({ text: title, tone: "dim" }));
  return [titles, ...cells].map((row) => `${line(row, columns, widths, terminal)}\n`).join("");
}

function toCell(cell: string | Cell): Cell {
  const { text, ...rest } = typeof cell === "string" ? { text: cell } : cell;
  return { text: text === "" ? "-" : printable(text), ...rest };
}

function fit(columns: readonly Column[], natural: readonly number[], available: number | undefined): number[] {
  const widths = [...natural];
  if (available === undefined) return widths;
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  let excess = total - available;
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const width = widths[at] ?? 0;
    const least = columns[at]?.shrinkTo ?? width;
    const cut = Math.min(excess, Math.max(0, width - least));
    widths[at] = width - cut;
    excess -= cut;
  }
  return widths;
}

function line(
  row: readonly Cell[],
  columns: readonly Column[],
  widths: readonly number[],
  terminal: Pick<Terminal, "colour">,
): string {
  const parts = row.map(({ text, tone }, at) => {
    const width = widths[at] ?? 0;
    const short = text.length > width ? text.slice(0, width - 1) + ELLIPSIS : text;
    const last = at === row.length - 1;
    const padded = columns[at]?.align === "right" ? short.padStart(width) : last ? short : short.padEnd(width);
    return tone === undefined ? padded : paint(terminal, tone, padded);
  });
  return parts.join(GAP).trimEnd();
}
