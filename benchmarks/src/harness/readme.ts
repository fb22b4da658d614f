import type { Result } from "./result.js";
import type { Summary } from "./statistics.js";
import { figure, ratio, verdict } from "./table.js";

const begin = "<!-- benchmarks: written by `npm run bench -- --readme` -->";
const end = "<!-- /benchmarks -->";

/**
 * `readme` with everything between the two marks replaced by the tables of `results`.
 *
 * @throws when the marks are missing or in the wrong order.
 */
export function updateReadme(readme: string, results: readonly Result[]): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md needs the lines "${begin}" and "${end}", in this order`);
  const tables = results.map(renderMarkdown).join("\n");
  return `${readme.slice(0, from + begin.length)}\n\n${tables}\n${readme.slice(to)}`;
}

/** One result as a Markdown section. */
export function renderMarkdown(result: Result): string {
  const { machine, revision } = result;
  const shown = result.rows.filter((row) => !row.detail);
  const rows = shown.map((row) =>
    cells([
      row.name,
      figures(row, row.unit),
      row.peerName ?? "",
      row.peerSummary === null ? "" : figures(row.peerSummary, row.unit),
      ratio(row),
    ]),
  );
  const list = [...result.targets.map(verdict), ...result.notes];
  return [
    `### ${result.name}`,
    "",
    `${result.description}`,
    "",
    cells(["", "ours, p50 / p99", "beside", "p50 / p99", "ratio"]),
    cells(["---", "---:", "---", "---:", "---:"]),
    ...rows,
    "",
    ...list.map((line) => `- ${line}`),
    ...(list.length > 0 ? [""] : []),
    `\`npm run bench -- --only ${result.name}\`, ${result.date.slice(0, 10)}, commit ${revision.commit.slice(0, 12)}, ` +
      `${machine.processor}, ${String(machine.cores)} cores, ${machine.system}, kernel ${machine.kernel} ` +
      `([all figures](benchmarks/results/${result.name}.json), [plot](benchmarks/results/${result.name}.svg)).`,
    "",
  ].join("\n");
}

function figures({ p50, p99, samples }: Summary, unit: string): string {
  return samples === 1 ? `${figure(p50)} ${unit}` : `${figure(p50)} / ${figure(p99)} ${unit}`;
}

function cells(contents: readonly string[]): string {
  return `| ${contents.map((content) => content.replaceAll("|", "\\|")).join(" | ")} |`;
}
