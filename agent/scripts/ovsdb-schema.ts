import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

/**
 * Generates agent/src/ovsdb/schema/gen from the *.ovsschema files that are checked in beside it. They are copies of
 * those in Debian's packages ovn-common and openvswitch-common, so that verification needs neither package;
 * source/later.json adds columns of later releases which the client can use where a server has them.
 */

export interface Source {
  readonly file: string;
  /** Where the Debian package puts it. */
  readonly installed: string;
  readonly module: string;
  /** The interface that maps table names to rows. */
  readonly tables: string;
}

const folder = new URL("../src/ovsdb/schema/", import.meta.url);

export const sources: readonly Source[] = [
  {
    file: "ovn-nb.ovsschema",
    installed: "/usr/share/ovn/ovn-nb.ovsschema",
    module: "ovn-northbound.ts",
    tables: "OvnNorthbound",
  },
  {
    file: "ovn-sb.ovsschema",
    installed: "/usr/share/ovn/ovn-sb.ovsschema",
    module: "ovn-southbound.ts",
    tables: "OvnSouthbound",
  },
  {
    file: "vswitch.ovsschema",
    installed: "/usr/share/openvswitch/vswitch.ovsschema",
    module: "open-vswitch.ts",
    tables: "OpenVswitch",
  },
];

export function checkedIn(source: Source): string {
  return fileURLToPath(new URL(`source/${source.file}`, folder));
}

export function generatedPath(source: Source): string {
  return fileURLToPath(new URL(`gen/${source.module}`, folder));
}

interface WireBase {
  readonly type: string;
  readonly enum?: string | readonly ["set", readonly (string | number | boolean)[]];
  readonly minInteger?: number;
  readonly maxInteger?: number;
  readonly minReal?: number;
  readonly maxReal?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly refTable?: string;
  readonly refType?: string;
}
interface WireType {
  readonly key: string | WireBase;
  readonly value?: string | WireBase;
  readonly min?: number;
  readonly max?: number | "unlimited";
}
interface WireColumn {
  readonly type: string | WireType;
  readonly ephemeral?: boolean;
  readonly mutable?: boolean;
}
interface WireTable {
  readonly columns: Readonly<Record<string, WireColumn>>;
  readonly indexes?: readonly (readonly string[])[];
  readonly isRoot?: boolean;
  readonly maxRows?: number;
}
export interface WireSchema {
  readonly name: string;
  readonly version: string;
  readonly cksum?: string;
  readonly tables: Readonly<Record<string, WireTable>>;
}
type Later = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, WireColumn>>>>>>;

export function readSchema(path: string): WireSchema {
  return JSON.parse(readFileSync(path, "utf8")) as WireSchema;
}

/** The text of a generated module. */
export async function generate(source: Source): Promise<string> {
  const schema = readSchema(checkedIn(source));
  const allLater = JSON.parse(readFileSync(new URL("source/later.json", folder), "utf8")) as Later;
  const later = allLater[schema.name] ?? {};
  const tables = Object.entries(schema.tables);
  const bodies = tables.map(([name, table]) => interfaceText(name, table, later[name] ?? {}));
  const definitions = tables.map(([name, table]) => definitionText(name, table, later[name] ?? {}));
  const used = (text: string): readonly string[] => [...new Set(text.match(/\b\w+(?=\()/g) ?? [])];
  const imports = ["database", ...used(definitions.join("\n"))].sort();
  const types = ["Integer", "Uuid"].filter((type) => new RegExp(`\\b${type}\\b`).test(bodies.join("\n")));
  const text = [
    `// Generated from ${source.file}, ${schema.name} ${schema.version}, by agent/scripts/update-ovsdb-schema.ts. Do not edit.`,
    `import { ${imports.join(", ")} } from "../define.js";`,
    `import type { ${types.join(", ")} } from "../types.js";`,
    "",
    ...bodies,
    `/** Row types of ${schema.name} by table. */`,
    `export interface ${source.tables} {`,
    ...tables.map(([name]) => `  readonly ${name}: ${name};`),
    "}",
    "",
    `/** ${schema.name}, as of schema version ${schema.version}. */`,
    `export const ${schema.name} = database<${source.tables}>("${schema.name}", "${schema.version}", {`,
    ...definitions,
    "});",
    "",
  ].join("\n");
  return format(text, { ...(await resolveConfig(generatedPath(source))), parser: "typescript" });
}

function interfaceText(name: string, table: WireTable, later: Readonly<Record<string, WireColumn>>): string {
  const lines = Object.entries(table.columns).map(([column, type]) => `  readonly ${column}: ${columnType(type)};`);
  for (const [column, type] of Object.entries(later)) {
    if (column in table.columns) continue;
    lines.push("  /** Of later releases: undefined where the server's schema lacks it. */");
    lines.push(`  readonly ${column}: ${columnType(type)} | undefined;`);
  }
  return [`export interface ${name} {`, "  readonly _uuid: Uuid;", ...lines, "}", ""].join("\n");
}

function unfold(column: WireColumn): { key: WireBase; value: WireBase | undefined; min: number; max: number } {
  const type: WireType = typeof column.type === "string" ? { key: column.type } : column.type;
  const base = (wire: string | WireBase): WireBase => (typeof wire === "string" ? { type: wire } : wire);
  const max = type.max === "unlimited" ? Infinity : (type.max ?? 1);
  return {
    key: base(type.key),
    value: type.value === undefined ? undefined : base(type.value),
    min: type.min ?? 1,
    max,
  };
}

function columnType(column: WireColumn): string {
  const { key, value, min, max } = unfold(column);
  if (value !== undefined) return `ReadonlyMap<${atomType(key)}, ${atomType(value)}>`;
  const atom = atomType(key);
  if (max === 1) return min === 0 ? `${atom} | undefined` : atom;
  return atom.includes("|") ? `readonly (${atom})[]` : `readonly ${atom}[]`;
}

function enumeration(base: WireBase): readonly (string | number | boolean)[] | undefined {
  if (base.enum === undefined) return undefined;
  return typeof base.enum === "string" ? [base.enum] : base.enum[1];
}

function atomType(base: WireBase): string {
  if (base.type === "uuid") return "Uuid";
  if (base.type === "real") return "number";
  if (base.type === "boolean") return "boolean";
  if (base.type === "integer") {
    const bounded = base.minInteger !== undefined && base.maxInteger !== undefined;
    const safe = bounded && Number.isSafeInteger(base.minInteger) && Number.isSafeInteger(base.maxInteger);
    return safe || enumeration(base) !== undefined ? "number" : "Integer";
  }
  const values = enumeration(base);
  if (values === undefined) return "string";
  return `${values.map((value) => JSON.stringify(value)).join(" | ")} | (string & {})`;
}

function definitionText(name: string, table: WireTable, later: Readonly<Record<string, WireColumn>>): string {
  const lines = Object.entries(table.columns).map(([column, type]) => `      ${column}: ${columnDefinition(type)},`);
  for (const [column, type] of Object.entries(later)) {
    if (!(column in table.columns)) lines.push(`      ${column}: later(${columnDefinition(type)}),`);
  }
  const options: string[] = [];
  if (table.indexes !== undefined) options.push(`    indexes: ${JSON.stringify(table.indexes)},`);
  if (table.isRoot === true) options.push("    root: true,");
  if (table.maxRows !== undefined) options.push(`    maxRows: ${table.maxRows},`);
  return [`  ${name}: {`, ...options, "    columns: {", ...lines, "    },", "  },"].join("\n");
}

function columnDefinition(column: WireColumn): string {
  const { key, value, min, max } = unfold(column);
  let text: string;
  if (value !== undefined) text = `map(${baseDefinition(key)}, ${baseDefinition(value)}${bounds(min, max)})`;
  else if (max === 1) text = `${min === 0 ? "optional" : "scalar"}(${baseDefinition(key)})`;
  else text = `set(${baseDefinition(key)}${bounds(min, max)})`;
  if (column.ephemeral === true) text = `ephemeral(${text})`;
  return column.mutable === false ? `immutable(${text})` : text;
}

function bounds(min: number, max: number): string {
  if (max !== Infinity) return `, ${min}, ${max}`;
  return min === 0 ? "" : `, ${min}`;
}

function baseDefinition(base: WireBase): string {
  const options: string[] = [];
  const add = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) options.push(`${key}: ${typeof value === "string" ? JSON.stringify(value) : value}`);
  };
  const values = enumeration(base);
  if (values !== undefined) options.push(`enum: ${JSON.stringify(values)}`);
  add("min", base.minInteger ?? base.minReal);
  add("max", base.maxInteger ?? base.maxReal);
  add("minLength", base.minLength);
  add("maxLength", base.maxLength);
  add("refTable", base.refTable);
  if (base.refTable !== undefined) add("refType", base.refType ?? "strong");
  return options.length === 0 ? `atom("${base.type}")` : `atom("${base.type}", { ${options.join(", ")} })`;
}

/** True when the package's file is there and of the version that is checked in. */
export function sameVersionInstalled(source: Source): boolean {
  return existsSync(source.installed) && readSchema(source.installed).version === readSchema(checkedIn(source)).version;
}
