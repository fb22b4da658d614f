import { styleText } from "node:util";
import { printable } from "../printable.js";
import type { Terminal } from "./command.js";

export type Tone = "ok" | "warn" | "fail" | "dim" | "strong";

const STYLES = { ok: "green", warn: "yellow", fail: "red", dim: "dim", strong: "bold" } as const;

/** Colour for a terminal that wants it (https://no-color.org); plain text for everything else. */
export function paint(terminal: Pick<Terminal, "colour">, tone: Tone, text: string): string {
  return terminal.colour ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const { NO_COLOR: noColour, TERM: kind } = env;
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    colour: stdout.isTTY && (noColour === undefined || noColour === "") && kind !== "dumb",
  };
}

/**
 * Breaks a text into lines of at most `width`, at spaces; what is longer, and a `command
 * line` in backticks, stays whole so that it can be copied. The text's indentation is kept.
 */
export function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|[^ `]|`)+/g) ?? []) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}

/** Columns of text where the output is no terminal. */
const DEFAULT_WIDTH = 100;
const INDENT = " ".repeat(8);
const FIX = "fix: ";

/**
 * A paragraph of a list of problems: what is wrong after its label, and below it how to mend it.
 *
 *   FAIL  what is wrong, over several
 *         lines when it is long
 *         fix: what to do
 */
export function problemParagraph(
  { severity, what, remedy }: { readonly severity: "fail" | "warn"; readonly what: string; readonly remedy: string },
  look: Pick<Terminal, "columns" | "colour">,
): string {
  const width = Math.max(40, (look.columns ?? DEFAULT_WIDTH) - INDENT.length);
  const lines = (text: string, room: number): string[] =>
    text.split("\n").flatMap((line) => wrap(printable(line), room));
  const [first = "", ...more] = lines(what, width);
  const fix = remedy === "" ? [] : lines(remedy, width - FIX.length);
  const fixLines = fix.map((line, at) => (at === 0 ? FIX : " ".repeat(FIX.length)) + line);
  return [
    `  ${paint(look, severity, severity.toUpperCase())}  ${first}\n`,
    ...[...more, ...fixLines].map((line) => `${INDENT}${line}\n`),
  ].join("");
}
