import { writeFileSync } from "node:fs";

/** A configuration as it is written to a file: for the agent the keys of agent/CONFIG.md. */
export type Settings = Readonly<Record<string, unknown>>;

/** `base` with `overrides` on top, tables of both joined key by key. */
export function mergeSettings(base: Settings, overrides: Settings = {}): Settings {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? mergeSettings(below, value) : value;
  }
  return merged;
}

/** Writes JSON, which YAML readers read as well. */
export function writeSettings(file: string, settings: Settings): void {
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
}

function isTable(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
