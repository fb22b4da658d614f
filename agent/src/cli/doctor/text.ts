import { printable } from "../../printable.js";
import type { Terminal } from "../command.js";
import { count, bytes } from "../format.js";
import { table } from "../table.js";
import { paint, problemParagraph } from "../terminal.js";
import type { Result } from "./check.js";
import type { MachineFacts } from "./machine.js";

type Look = Pick<Terminal, "columns" | "colour">;

const RANK = { fail: 0, warn: 1, skip: 2, ok: 3 } as const;
const TONES = { fail: "fail", warn: "warn", skip: "dim", ok: "ok" } as const;

export interface Report {
  readonly node: string;
  /** Undefined when the machine does not tell. */
  readonly machine: MachineFacts | undefined;
  readonly results: readonly Result[];
}

/** `k8shost doctor` for people: the verdict, what is wrong and how to mend it, then all that was looked at. */
export function doctorText({ node, machine, results }: Report, look: Look): string {
  const wrong = results
    .filter(({ finding }) => finding.state === "fail" || finding.state === "warn")
    .toSorted((a, b) => RANK[a.finding.state] - RANK[b.finding.state]);
  const sections = [verdict(node, results, look), wrong.map((result) => wrongText(result, look)).join("\n")];
  const checked = table(
    [{ title: "STATE" }, { title: "CHECK" }, { title: "FOUND" }],
    results.map(({ title, finding }) => [
      { text: finding.state, tone: TONES[finding.state] },
      title,
      firstLine(finding.detail),
    ]),
    { ...look, columns: undefined },
  );
  return [...sections, (machine === undefined ? "" : machineText(machine)) + checked]
    .filter((text) => text !== "")
    .join("\n");
}

function verdict(node: string, results: readonly Result[], look: Look): string {
  const number = (state: string): number => results.filter(({ finding }) => finding.state === state).length;
  const [failed, warned, skipped] = [number("fail"), number("warn"), number("skip")];
  const notes = skipped === 0 ? "" : ` (${count(skipped, "check")} could not be made)`;
  const warnings = warned === 0 ? "" : `${failed > 0 ? ", " : ""}${count(warned, "warning")}`;
  if (failed > 0)
    return `${paint(look, "fail", `${printable(node)}: ${count(failed, "problem")}${warnings}.`)}${notes}\n`;
  if (warned > 0) return `${paint(look, "warn", `${printable(node)} has all it needs, with ${warnings}.`)}${notes}\n`;
  return `${paint(look, "ok", `${printable(node)} has all it needs.`)}${notes}\n`;
}

function wrongText({ title, finding }: Result, look: Look): string {
  if (finding.state !== "fail" && finding.state !== "warn") return "";
  const { state, detail, remedy } = finding;
  return problemParagraph({ severity: state, what: `${title}: ${detail}`, remedy }, look);
}

function machineText({ system, kernel, processors, memoryBytes, availableBytes }: MachineFacts): string {
  const memory = `${bytes(memoryBytes)} memory, ${bytes(availableBytes)} of it available`;
  return `${printable(system)}, kernel ${printable(kernel)}, ${count(processors, "processor")}, ${memory}\n\n`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
