import type { TapOutcome } from "./tap-file.js";

const fileTail = 40;
const longestField = 2000;

/** One line for a file that passed; for one that failed everything that is known, and where its whole output is. */
export function renderOutcome(file: string, outcome: TapOutcome, log: string): string {
  const { passed, failed, failures, problems, seconds, output } = outcome;
  const verdict = failed === 0 ? "ok    " : "FAILED";
  const lines = [`${verdict} ${file}  ${String(passed)} passed, ${String(failed)} failed, ${seconds.toFixed(1)} s`];
  if (failed === 0) return lines.join("\n");
  lines.push(...problems.map((problem) => `    ${problem}`));
  for (const { name, diag } of failures) {
    lines.push(`    ${name}`);
    if (diag !== undefined) lines.push(indent(describe(diag)));
  }
  // A file that failed outside of any assertion says why at its end.
  if (problems.length > 0) lines.push(indent(output.split("\n").slice(-fileTail).join("\n")));
  lines.push(`    all of its output: ${log}`);
  return lines.join("\n");
}

function describe(diag: Readonly<Record<string, unknown>>): string {
  const { diff, message, stack, at, source: _source, compare: _compare, ...others } = diag;
  const place = at as { readonly fileName?: string; readonly lineNumber?: number } | undefined;
  return [
    ...[message, diff].filter((part) => typeof part === "string"),
    ...(place?.fileName === undefined ? [] : [`at ${place.fileName}:${String(place.lineNumber)}`]),
    ...Object.entries(others).map(([key, value]) => `${key}: ${JSON.stringify(value).slice(0, longestField)}`),
    ...(typeof stack === "string" ? [stack] : []),
  ].join("\n");
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "        ");
}
