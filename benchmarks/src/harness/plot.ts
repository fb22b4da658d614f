import type { Result, Row } from "./result.js";
import { scaleFor, type Scale } from "./scale.js";
import type { Summary } from "./statistics.js";
import { figure, thousands } from "./table.js";

const layout = {
  width: 960,
  left: 300,
  nameLimit: 30,
  lineLimit: 140,
  axis: 500,
  head: 46,
  line: 20,
  gap: 10,
  panelHead: 34,
  panelFoot: 34,
  foot: 26,
};
const oursColour = "#1f5fbf";
/** Peers in order of appearance; distinguishable without colour vision. */
const peerColours = ["#d55e00", "#6b7280", "#9c4f96", "#1a9c77", "#b8860b", "#111827"];

interface Series {
  readonly who: string;
  readonly colour: string;
  readonly summary: Summary;
}

/** Rows of one name: ours once, then each peer. */
interface Group {
  readonly name: string;
  readonly series: readonly Series[];
}

/**
 * The result as an SVG picture. Per row and subject: a dot at the median, a line to p99 (the bad tail). One panel per
 * unit; an axis is logarithmic where a linear one would hide the small values, and then says so.
 */
export function renderPlot(result: Result): string {
  const colours = assignColours(result.rows);
  const units = [...new Set(result.rows.map((row) => row.unit))];
  const parts: string[] = [];
  const description = wrap(result.description, layout.lineLimit);
  let y = layout.head + description.length * 18;
  for (const unit of units) {
    const rows = result.rows.filter((row) => row.unit === unit);
    const panel = renderPanel(unit, rows, colours, y);
    parts.push(panel.svg);
    y += panel.height;
  }
  const height = y + layout.foot;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(layout.width)} ${String(height)}" ` +
      `width="${String(layout.width)}" height="${String(height)}" font-family="Helvetica, Arial, sans-serif" font-size="12">`,
    `<title>${escape(`${result.name}: ${result.description}`)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(16, 26, result.name, `font-size="17" font-weight="bold"`),
    ...description.map((line, index) => text(16, 46 + index * 18, line, `fill="#4b5563"`)),
    ...parts,
    text(16, height - 10, caption(result), `fill="#6b7280" font-size="11"`),
    "</svg>",
    "",
  ].join("\n");
}

function renderPanel(unit: string, rows: readonly Row[], colours: ReadonlyMap<string, string>, top: number) {
  const groups = groupRows(rows, colours);
  const scale = scaleFor(
    groups.flatMap((group) => group.series.flatMap(({ summary }) => [summary.p50, summary.p99])),
    layout.axis,
  );
  const lines: string[] = [];
  let y = top + layout.panelHead;
  const body = y;
  for (const group of groups) {
    lines.push(text(16, y + 14, group.name, `font-weight="bold"`));
    if (group.name.length > layout.nameLimit) y += layout.line;
    for (const series of group.series) {
      lines.push(renderSeries(series, scale, y + layout.line / 2));
      y += layout.line;
    }
    y += layout.gap;
  }
  const better = rows.every((row) => row.better === "higher") ? "more is better" : "less is better";
  const heading = `${unit}${scale.logarithmic ? ", logarithmic axis" : ""} (${better})`;
  const svg = [text(layout.left, top + 16, heading, `fill="#374151"`), ...renderGrid(scale, body, y), ...lines].join(
    "\n",
  );
  return { svg, height: y - top + layout.panelFoot };
}

function renderGrid(scale: Scale, top: number, bottom: number): string[] {
  return scale.ticks.flatMap((tick) => {
    const x = (layout.left + scale.position(tick)).toFixed(1);
    return [
      `<line x1="${x}" x2="${x}" y1="${String(top - 4)}" y2="${String(bottom)}" stroke="#e5e7eb"/>`,
      text(
        Number(x),
        bottom + 14,
        thousands(String(Number(tick.toPrecision(6)))),
        `text-anchor="middle" fill="#6b7280" font-size="11"`,
      ),
    ];
  });
}

function renderSeries({ who, colour, summary }: Series, scale: Scale, y: number): string {
  const median = layout.left + scale.position(summary.p50);
  const tail = layout.left + scale.position(summary.p99);
  const end = Math.max(median, tail);
  const figures = summary.samples === 1 ? figure(summary.p50) : `${figure(summary.p50)}, p99 ${figure(summary.p99)}`;
  return [
    text(layout.left - 10, y + 4, who, `text-anchor="end" fill="${colour}"`),
    `<line x1="${median.toFixed(1)}" x2="${tail.toFixed(1)}" y1="${String(y)}" y2="${String(y)}" stroke="${colour}" stroke-width="3" stroke-opacity="0.45"/>`,
    `<circle cx="${median.toFixed(1)}" cy="${String(y)}" r="4.5" fill="${colour}"/>`,
    text(end + 9, y + 4, figures, `fill="#374151" font-size="11"`),
  ].join("\n");
}

function groupRows(rows: readonly Row[], colours: ReadonlyMap<string, string>): readonly Group[] {
  return [...new Set(rows.map((row) => row.name))].map((name) => {
    const same = rows.filter((row) => row.name === name);
    const ours = same.slice(0, 1).map((row): Series => ({ who: "ours", colour: oursColour, summary: row }));
    const peers = same.flatMap((row): Series[] =>
      row.peerName === null || row.peerSummary === null
        ? []
        : [{ who: row.peerName, colour: colours.get(row.peerName) ?? oursColour, summary: row.peerSummary }],
    );
    return { name, series: [...ours, ...peers] };
  });
}

function assignColours(rows: readonly Row[]): ReadonlyMap<string, string> {
  const names = [...new Set(rows.flatMap((row) => (row.peerName === null ? [] : [row.peerName])))];
  return new Map(names.map((name, index) => [name, peerColours[index % peerColours.length] ?? oursColour]));
}

function caption({ machine, revision, date }: Result): string {
  return (
    `dot: median, line: to p99. ${machine.processor}, ${String(machine.cores)} cores, ${machine.system}. ` +
    `${date.slice(0, 10)}, ${revision.commit.slice(0, 12)}`
  );
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${String(x)}" y="${String(y)}" ${attributes}>${escape(content)}</text>`;
}

function wrap(content: string, limit: number): string[] {
  const lines: string[] = [""];
  for (const word of content.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length < limit) lines[lines.length - 1] = `${last} ${word}`.trim();
    else lines.push(word);
  }
  return lines;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
