import type { TableMonitor } from "./client-types.js";
import { encodeWhere } from "./encode.js";
import type { ErasedClause } from "./operations.js";
import { type MonitoredColumn, RowLayout } from "./row-layout.js";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./schema/types.js";
import type { ConnectedSchema } from "./server-schema.js";

/** The monitor option with its types erased. */
export type ErasedMonitor = Readonly<Record<string, TableMonitor<object>>>;

/** Conditions as JSON text, as a monitor's "where" has them. Throws InvalidValue. */
export function encodeAnyOf(table: TableSchema, anyOf: readonly ErasedClause[] | undefined): string {
  if (anyOf === undefined) return "[]";
  // An empty list would match all rows on the wire.
  return anyOf.length === 0 ? "[false]" : encodeWhere(table, anyOf);
}

/** Throws a TypeError for tables and columns that `database` doesn't have, InvalidValue for conditions that don't fit. */
export function validateMonitor(database: DatabaseSchema, monitor: ErasedMonitor): void {
  for (const [name, wanted] of Object.entries(monitor)) {
    const table = tableOf(database, name);
    wantedColumns(table, wanted);
    encodeAnyOf(table, wanted.anyOf);
  }
}

function tableOf(database: DatabaseSchema, name: string): TableSchema {
  const table = (database.tables as Readonly<Record<string, TableSchema>>)[name];
  if (table === undefined) throw new TypeError(`monitor: ${database.name} has no table ${name}`);
  return table;
}

export interface Plan {
  readonly layouts: ReadonlyMap<string, RowLayout>;
  /** Columns (or tables) that the server lacks, "table.column". */
  readonly missing: readonly string[];
  /** Those of them without which the client can't work. */
  readonly required: readonly string[];
}

/** What of `monitor` the server can give, and what it can't. */
export function planMonitor(database: DatabaseSchema, monitor: ErasedMonitor, server: ConnectedSchema): Plan {
  const layouts = new Map<string, RowLayout>();
  const missing: string[] = [];
  const required: string[] = [];
  for (const [name, wanted] of Object.entries(monitor)) {
    const table = tableOf(database, name);
    const columns: MonitoredColumn[] = [];
    for (const { schema, optional } of wantedColumns(table, wanted)) {
      const known = server.column(name, schema);
      if (known === undefined) {
        missing.push(`${name}.${schema.name}`);
        if (!optional) required.push(`${name}.${schema.name}`);
      }
      columns.push({ schema, present: known !== undefined, replaces: known?.single ?? true });
    }
    if (server.has(name)) layouts.set(name, new RowLayout(table, columns));
  }
  return { layouts, missing, required };
}

interface WantedColumn {
  readonly schema: ColumnSchema;
  readonly optional: boolean;
}

function wantedColumns(table: TableSchema, wanted: TableMonitor<object>): readonly WantedColumn[] {
  const all = Object.values(table.columns).filter((column) => column.name !== "_uuid" && column.name !== "_version");
  const named = (later: boolean): readonly string[] =>
    all.filter((column) => column.later === later).map(({ name }) => name);
  const required: readonly string[] = wanted.columns ?? named(false);
  const optional: readonly string[] = wanted.optional ?? (wanted.columns === undefined ? named(true) : []);
  const names = [...new Set([...required, ...optional])].filter((name) => name !== "_uuid");
  return names.map((name) => {
    const schema = table.columns[name];
    if (schema === undefined) throw new TypeError(`monitor: table ${table.name} has no column ${name}`);
    return { schema, optional: optional.includes(name) };
  });
}
