import { readFileSync } from "node:fs";
import { closest } from "fastest-levenshtein";
import type { z } from "zod";
import { type Config, configSchema, DEFAULT_CONFIG_FILE } from "../config.js";
import { AgentError } from "../errors.js";
import { type Field, fieldsOf } from "./fields.js";
import { type ConfigFile, isRecord, parseConfigFile } from "./file.js";
import { parseFlags } from "./flags.js";

export interface Loaded<C> {
  readonly config: C;
  /** The file that was read; undefined when there was none and flags said it all. */
  readonly file: string | undefined;
}

export type LoadedConfig = Loaded<Config>;

/**
 * Reads the agent's configuration: defaults, below the file (`--config PATH`, else /etc/k8shost/agent.yaml when it
 * exists), below the flags.
 *
 * Throws INVALID_CONFIG whose message lists every problem, each with the place, the key, and what to write instead.
 */
export function loadConfig(argv: readonly string[], options: { defaultFile?: string } = {}): LoadedConfig {
  return load(configSchema, argv, options.defaultFile ?? DEFAULT_CONFIG_FILE);
}

/** As `loadConfig`, for any schema made of the values of `values.ts`: other daemons read theirs the same way. */
export function load<S extends z.ZodType>(
  schema: S,
  argv: readonly string[],
  defaultFile: string,
): Loaded<z.output<S>> {
  const fields = fieldsOf(schema);
  const flags = parseFlags(argv, fields);
  const problems = [...flags.problems];
  const fileName = flags.file ?? defaultFile;
  const read = readConfigFile(fileName, flags.file !== undefined, problems);

  const raw = merge(read?.values ?? {}, flags.values, fields);
  const result = schema.safeParse(raw);
  // Without its file a configuration lacks everything: one line about the file says more than a list of missing keys.
  if (!result.success && problems.length === flags.problems.length) {
    const sources = { fields, fileName, file: read, flags: flags.values, raw };
    problems.push(...result.error.issues.flatMap((issue) => describe(issue, sources)));
  }
  if (problems.length > 0 || !result.success) throw new AgentError("INVALID_CONFIG", listed(problems));
  return { config: result.data, file: read === undefined ? undefined : fileName };
}

function readConfigFile(path: string, required: boolean, problems: string[]): ConfigFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT" && !required) return undefined;
    const remedy = code === "ENOENT" ? "create it, or name another one with --config" : "make it a readable file";
    problems.push(`${path}: cannot be read (${code}); ${remedy}`);
    return undefined;
  }
  const file = parseConfigFile(text);
  problems.push(...file.problems.map(({ line, message }) => `${path}:${line}: ${message}`));
  return file;
}

/** Lays the flags over the file. Sections that nobody wrote are there, empty, so that a missing key is named in full. */
function merge(
  file: Record<string, unknown>,
  flags: ReadonlyMap<string, unknown>,
  fields: readonly Field[],
): Record<string, unknown> {
  const merged = structuredClone(file);
  for (const field of fields) {
    let section: unknown = merged;
    for (const key of field.path.slice(0, -1)) {
      if (isRecord(section)) section = section[key] ??= {};
    }
    // A scalar where a section belongs: the schema says so.
    if (isRecord(section) && flags.has(field.name)) section[field.path.at(-1) ?? ""] = flags.get(field.name);
  }
  return merged;
}

interface Sources {
  readonly fields: readonly Field[];
  readonly fileName: string;
  readonly file: ConfigFile | undefined;
  readonly flags: ReadonlyMap<string, unknown>;
  readonly raw: unknown;
}

function describe(issue: z.core.$ZodIssue, sources: Sources): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...issue.path, key], sources));
  }
  const field = sources.fields.find(({ path }) => path.every((key, at) => key === issue.path[at]));
  const value = valueAt(sources.raw, issue.path);
  const label = labelOf(issue.path, field, sources);
  if (field === undefined) return [`${label}: expected a section of keys; got ${quoted(value)}`];
  // Rules that join several keys say in their own words what is wrong; those of one key are told by its form.
  if (issue.code === "custom" && issue.message !== "Invalid input") return [`${label}: ${issue.message}`];
  if (value === undefined) {
    return [`${label}: missing; set it in ${sources.fileName} or with --${field.flagName} (${field.form})`];
  }
  const whole = field.flag === "list" && issue.path.length === field.path.length;
  return [`${label}: expected ${whole ? `a list, each item ${field.form}` : field.form}; got ${quoted(value)}`];
}

function unknownKey(path: readonly PropertyKey[], sources: Sources): string {
  const unknown = [...leavesOf(valueAt(sources.raw, path), path.map(String))];
  const label = labelOf(path, undefined, sources);
  const meant = [...new Set(unknown.map((leaf) => nearest(leaf, sources.fields)))];
  return `${label}: unknown key; did you mean ${meant.join(", ")}?`;
}

/** Paths of the values below an unknown key: what a whole misplaced section was meant to be. */
function* leavesOf(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  if (!isRecord(value)) yield path;
  else for (const [key, below] of Object.entries(value)) yield* leavesOf(below, [...path, key]);
}

/** The field with the closest name. A key that is right but stands in the wrong section finds its own one. */
function nearest(path: readonly string[], fields: readonly Field[]): string {
  const last = path.at(-1)?.toLowerCase();
  const sameKey = fields.filter((field) => field.path.at(-1)?.toLowerCase() === last);
  const sameSection = fields.find((field) => field.path.some((key) => key.toLowerCase() === last));
  if (sameKey.length === 0 && sameSection !== undefined) return sameSection.name;
  return closest(
    path.join("."),
    (sameKey.length > 0 ? sameKey : fields).map(({ name }) => name),
  );
}

/** Where a value came from, and its key: "--network.mtu", "/etc/k8shost/agent.yaml:7: network.mtu". */
function labelOf(path: readonly PropertyKey[], field: Field | undefined, { file, fileName, flags }: Sources): string {
  const name = path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? String(key) : `.${String(key)}`))
    .join("");
  if (field !== undefined && flags.has(field.name)) return `--${field.flagName}${name.slice(field.name.length)}`;
  // A key that is not there is told at its section's line.
  const line = file?.line(path) ?? file?.line(path.slice(0, -1));
  return line === undefined ? name : `${fileName}:${line}: ${name}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    // A list may be written as one text.
    if (typeof value === "string" && typeof key === "number") return value.split(",")[key]?.trim();
    return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, root);
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function listed(problems: readonly string[]): string {
  const head =
    problems.length === 1 ? "the configuration has a problem:" : `the configuration has ${problems.length} problems:`;
  return [head, ...problems.map((problem) => `  ${problem}`)].join("\n");
}
