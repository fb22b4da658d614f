import { styleText } from "node:util";

/** Tells what happens, on standard output, for somebody who sees it for the first time. */
export class Narrator {
  readonly #start = performance.now();
  #chapters = 0;

  /** A numbered heading and one or two sentences. */
  chapter(title: string, ...sentences: readonly string[]): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1);
    const heading = `${++this.#chapters}. ${title}`;
    this.say(
      "",
      `${styleText("bold", heading)}${styleText("dim", `${" ".repeat(Math.max(1, 74 - heading.length))}${seconds} s`)}`,
    );
    for (const sentence of sentences) this.note(sentence);
  }

  note(sentence: string): void {
    this.say(styleText("dim", `   ${sentence}`));
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) process.stdout.write(`${line}\n`);
  }

  /** A fact that was just checked. */
  done(text: string): void {
    this.say(`   ${styleText("green", "✓")} ${text}`);
  }

  failed(text: string): void {
    this.say(`   ${styleText("red", "✗")} ${text}`);
  }

  /** Rows below headings, in columns; those that hold only numbers are flush right. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    const numeric = headings.map((_, column) => rows.every((row) => /^[\d.,]*$/.test(row[column] ?? "")));
    const render = (cells: readonly string[]): string =>
      cells
        .map((cell, column) =>
          numeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd();
    this.say(styleText("dim", `   ${render(headings)}`), ...rows.map((row) => `   ${render(row)}`));
  }
}
