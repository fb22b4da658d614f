import { styleText } from "node:util";
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

/** Breaks a text into lines of at most `width`, at spaces; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
