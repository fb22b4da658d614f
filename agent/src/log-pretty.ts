import { printable } from "./printable.js";

/** Keys in the order in which they are read best; others follow. */
const FIRST = ["operation", "stage", "namespace", "pod", "container"];
const HIDDEN = new Set(["level", "time", "msg", "err"]);

/** One JSON line of the log as a line for people: time, level, message, then key=value. */
export function prettyLine(line: string): string {
  const keys = JSON.parse(line) as Record<string, unknown>;
  const head = [
    clock(keys["time"]),
    String(keys["level"]).toUpperCase().padEnd(5),
    printable(String(keys["msg"] ?? "")),
  ];
  const names = [...FIRST.filter((key) => key in keys), ...Object.keys(keys).filter((key) => !FIRST.includes(key))];
  const pairs = names.filter((key) => !HIDDEN.has(key)).map((key) => `${key}=${value(keys[key])}`);
  return `${[...head, ...pairs, ...errorText(keys["err"])].join(" ")}\n`;
}

function errorText(error: unknown): string[] {
  if (typeof error !== "object" || error === null) return [];
  const { message, stack, ...rest } = error as Record<string, unknown>;
  const pairs = Object.entries(rest).map(([key, item]) => `${key}=${value(item)}`);
  const lines = typeof stack === "string" ? [`\n    ${stack.split("\n").map(printable).join("\n    ")}`] : [];
  return [`error=${value(message)}`, ...pairs, ...lines];
}

/** "2026-01-02T03:04:05.678Z" without its date: the journal has that. */
function clock(time: unknown): string {
  return String(time).slice(11, 23);
}

function value(item: unknown): string {
  const text = typeof item === "string" ? item : JSON.stringify(item);
  return /^[\w.,:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
