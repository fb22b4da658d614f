import type { AtomicType, BaseType, ColumnSchema, ColumnShape, DatabaseSchema, TableSchema, Tables } from "./types.js";

/** What generated schemas are written in: short, so that they can be read and reviewed. */

export type BaseOptions = Omit<BaseType, "type">;
export type ColumnDefinition = Omit<ColumnSchema, "name">;

export interface TableDefinition {
  readonly columns: Readonly<Record<string, ColumnDefinition>>;
  readonly indexes?: readonly (readonly string[])[];
  readonly root?: boolean;
  readonly maxRows?: number;
}

/** An atom: `atom("integer", { min: 0, max: 4095 })`. */
export function atom(type: AtomicType, options: BaseOptions = {}): BaseType {
  return { type, ...options };
}

function column(
  shape: ColumnShape,
  key: BaseType,
  value: BaseType | undefined,
  min: number,
  max: number,
): ColumnDefinition {
  return { shape, key, value, min, max, ephemeral: false, mutable: true, later: false };
}

export function scalar(key: BaseType): ColumnDefinition {
  return column("scalar", key, undefined, 1, 1);
}

export function optional(key: BaseType): ColumnDefinition {
  return column("optional", key, undefined, 0, 1);
}

export function set(key: BaseType, min = 0, max = Infinity): ColumnDefinition {
  return column("set", key, undefined, min, max);
}

export function map(key: BaseType, value: BaseType, min = 0, max = Infinity): ColumnDefinition {
  return column("map", key, value, min, max);
}

export function ephemeral(definition: ColumnDefinition): ColumnDefinition {
  return { ...definition, ephemeral: true };
}

export function immutable(definition: ColumnDefinition): ColumnDefinition {
  return { ...definition, mutable: false };
}

/** A column that later releases have: the client knows how to use it where the server's schema offers it. */
export function later(definition: ColumnDefinition): ColumnDefinition {
  return { ...definition, later: true };
}

export const uuidColumns = ["_uuid", "_version"] as const;

/** A database's schema from its tables. `T` maps table names to row types. */
export function database<T extends Tables>(
  name: string,
  version: string,
  tables: { readonly [N in keyof T]: TableDefinition },
): DatabaseSchema<T> {
  const built: Record<string, TableSchema> = {};
  for (const [tableName, definition] of Object.entries<TableDefinition>(tables)) {
    const columns: Record<string, ColumnSchema> = {};
    for (const rowId of uuidColumns) columns[rowId] = { name: rowId, ...immutable(scalar(atom("uuid"))) };
    for (const [columnName, type] of Object.entries(definition.columns))
      columns[columnName] = { name: columnName, ...type };
    built[tableName] = {
      name: tableName,
      database: name,
      columns,
      indexes: definition.indexes ?? [],
      isRoot: definition.root ?? false,
      maxRows: definition.maxRows ?? Infinity,
    };
  }
  return { name, version, tables: built as DatabaseSchema<T>["tables"] };
}
