import { parseArgs, type ParseArgsConfig } from "node:util";
import { closest } from "fastest-levenshtein";
import type { Field } from "./fields.js";

export interface Flags {
  /** Argument of --config. */
  readonly file: string | undefined;
  /** Values by field name, as the schema would read them from a file. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly string[];
}

/**
 * Reads `--northbound.remotes tcp:a:6641`, `--log.pretty`, `--no-northbound.leader-only`, `--network.mtu=1400`.
 * It collects every problem instead of stopping at the first.
 */
export function parseFlags(argv: readonly string[], fields: readonly Field[]): Flags {
  const byFlag = new Map(fields.map((field) => [field.flagName, field]));
  const options: NonNullable<ParseArgsConfig["options"]> = { config: { type: "string" } };
  for (const field of fields) options[field.flagName] = { type: field.flag === "boolean" ? "boolean" : "string" };
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });

  const values = new Map<string, unknown>();
  const problems: string[] = [];
  let file: string | undefined;
  let afterUnknown = -1;
  for (const token of tokens) {
    if (token.kind === "positional" && token.index !== afterUnknown) {
      problems.push(`${token.value}: unexpected argument; every setting is a flag, such as --node-name ${token.value}`);
    }
    if (token.kind !== "option") continue;
    const negated = token.name.startsWith("no-") ? byFlag.get(token.name.slice(3)) : undefined;
    const field = byFlag.get(token.name);
    if (negated?.flag === "boolean" && token.value === undefined) values.set(negated.name, false);
    else if (field?.flag === "boolean") values.set(field.name, toBoolean(token.value));
    else if (field === undefined && token.name !== "config") {
      problems.push(
        `${token.rawName}: unknown flag; did you mean --${closest(token.name, ["config", ...byFlag.keys()])}?`,
      );
      // Its value, if it has one, is read as a positional.
      afterUnknown = token.index + 1;
    } else if (token.value === undefined) problems.push(`${token.rawName}: needs a value: ${field?.form ?? "a path"}`);
    else if (field === undefined) file = token.value;
    else if (field.flag === "list")
      values.set(field.name, [
        ...asList(values.get(field.name)),
        ...token.value.split(",").filter((item) => item !== ""),
      ]);
    else values.set(field.name, field.flag === "number" ? toNumber(token.value) : token.value);
  }
  return { file, values, problems };
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What is no number stays text, which the schema refuses by quoting it. */
function toNumber(value: string): number | string {
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

function toBoolean(value: string | undefined): boolean | string {
  if (value === undefined || value === "true") return true;
  return value === "false" ? false : value;
}
