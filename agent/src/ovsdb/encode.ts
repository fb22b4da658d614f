import { InvalidValue } from "./errors.js";
import type { ErasedClause, ErasedRow, ErasedWhere, Operation } from "./operations.js";
import type { BaseType, ColumnSchema, TableSchema } from "./schema/types.js";
import { NamedUuid, isUuid } from "./schema/types.js";

/**
 * TypeScript to wire, as JSON text: an operation is written once, and the texts are joined when callers share a
 * transaction. What can't be JSON of the column's type throws InvalidValue here, so that one caller's mistake never
 * reaches the transaction of others. Enumerations, ranges and lengths are left to the server, whose schema counts.
 */

/** `op` as JSON text. Throws InvalidValue. */
export function encodeOperation(op: Operation): string {
  switch (op.op) {
    case "insert": {
      const uuid = op.uuid === undefined ? "" : `,"uuid":${JSON.stringify(op.uuid)}`;
      return `{"op":"insert",${table(op.table)},"uuid-name":"${op.ref.id}"${uuid},"row":${encodeRow(op.table, op.row)}}`;
    }
    case "select": {
      const columns =
        op.columns ?? Object.values(op.table.columns).flatMap((column) => (column.later ? [] : [column.name]));
      return `{"op":"select",${table(op.table)},${where(op.table, op.where)},"columns":${JSON.stringify(columns)}}`;
    }
    case "update":
      return `{"op":"update",${table(op.table)},${where(op.table, op.where)},"row":${encodeRow(op.table, op.row)}}`;
    case "mutate": {
      const mutations = op.mutations.map((mutation) => encodeMutation(op.table, mutation)).join(",");
      return `{"op":"mutate",${table(op.table)},${where(op.table, op.where)},"mutations":[${mutations}]}`;
    }
    case "delete":
      return `{"op":"delete",${table(op.table)},${where(op.table, op.where)}}`;
    case "wait": {
      const timeout = op.timeout === undefined ? "" : `,"timeout":${Math.max(0, Math.ceil(op.timeout))}`;
      const rows = op.rows.map((row) => encodeRow(op.table, row)).join(",");
      const columns = JSON.stringify(op.columns);
      return `{"op":"wait",${table(op.table)},${where(op.table, op.where)},"columns":${columns},"until":"${op.until}","rows":[${rows}]${timeout}}`;
    }
    case "commit":
      return `{"op":"commit","durable":${op.durable}}`;
    case "abort":
      return '{"op":"abort"}';
    case "comment":
      return `{"op":"comment","comment":${encodeString("comment", op.comment)}}`;
    case "assert":
      return `{"op":"assert","lock":${encodeString("lock", op.lock)}}`;
  }
}

function table(schema: TableSchema): string {
  return `"table":"${schema.name}"`;
}

function columnOf(schema: TableSchema, name: string): ColumnSchema {
  const column = schema.columns[name];
  if (column === undefined) throw new InvalidValue(`${schema.name}.${name}`, `${schema.database} has no such column`);
  return column;
}

function encodeRow(schema: TableSchema, row: ErasedRow): string {
  const members: string[] = [];
  for (const name in row) {
    members.push(`"${name}":${encodeValue(schema.name, columnOf(schema, name), row[name])}`);
  }
  return `{${members.join(",")}}`;
}

function where(schema: TableSchema, clause: ErasedWhere): string {
  return `"where":${encodeWhere(schema, clause)}`;
}

/** `[<condition>*]` of RFC 7047, section 5.1. */
export function encodeWhere(schema: TableSchema, clause: ErasedWhere): string {
  if (typeof clause === "string" || clause instanceof NamedUuid) {
    return `[["_uuid","==",${encodeValue(schema.name, columnOf(schema, "_uuid"), clause)}]]`;
  }
  const conditions = clause.map(([name, operator, value]) => {
    return `["${name}","${operator}",${encodeValue(schema.name, columnOf(schema, name), value)}]`;
  });
  return `[${conditions.join(",")}]`;
}

function encodeMutation(schema: TableSchema, [name, mutator, value]: ErasedClause): string {
  const column = columnOf(schema, name);
  const prefix = `["${name}","${mutator}",`;
  if (mutator !== "insert" && mutator !== "delete")
    return `${prefix}${encodeAtom(schema.name, column, column.key, value)}]`;
  // "delete" on a map takes pairs, or keys alone.
  if (column.shape === "map" && !Array.isArray(value)) return `${prefix}${encodeMap(schema.name, column, value)}]`;
  const atoms: readonly unknown[] = Array.isArray(value) ? value : [value];
  return `${prefix}${encodeSet(schema.name, column, atoms)}]`;
}

/** `<value>` of RFC 7047, section 5.1. */
export function encodeValue(tableName: string, column: ColumnSchema, value: unknown): string {
  switch (column.shape) {
    case "scalar":
      return encodeAtom(tableName, column, column.key, value);
    case "optional":
      return value === undefined ? '["set",[]]' : encodeAtom(tableName, column, column.key, value);
    case "set":
      if (!Array.isArray(value)) throw invalid(tableName, column, "an array", value);
      return encodeSet(tableName, column, value);
    case "map":
      return encodeMap(tableName, column, value);
  }
}

function encodeSet(tableName: string, column: ColumnSchema, atoms: readonly unknown[]): string {
  return `["set",[${atoms.map((atom) => encodeAtom(tableName, column, column.key, atom)).join(",")}]]`;
}

function encodeMap(tableName: string, column: ColumnSchema, value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value) || column.value === undefined) {
    throw invalid(tableName, column, "a map", value);
  }
  const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const pairs: string[] = [];
  for (const [key, member] of entries) {
    pairs.push(
      `[${encodeAtom(tableName, column, column.key, key)},${encodeAtom(tableName, column, column.value, member)}]`,
    );
  }
  return `["map",[${pairs.join(",")}]]`;
}

const largestInteger = 2n ** 63n - 1n;
const smallestReal = 2 ** -1022;

function encodeAtom(tableName: string, column: ColumnSchema, base: BaseType, value: unknown): string {
  switch (base.type) {
    case "string":
      if (typeof value !== "string") throw invalid(tableName, column, "a string", value);
      return encodeString(`${tableName}.${column.name}`, value);
    case "uuid":
      if (value instanceof NamedUuid) return `["named-uuid","${value.id}"]`;
      if (typeof value !== "string" || !isUuid(value)) throw invalid(tableName, column, "a UUID", value);
      return `["uuid","${value}"]`;
    case "boolean":
      if (typeof value !== "boolean") throw invalid(tableName, column, "a boolean", value);
      return value ? "true" : "false";
    case "real":
      if (typeof value !== "number" || !Number.isFinite(value))
        throw invalid(tableName, column, "a finite number", value);
      // ovsdb-server's parser takes numbers too small for a normal double as malformed, and hangs up.
      if (value !== 0 && Math.abs(value) < smallestReal)
        throw invalid(tableName, column, "a number of at least 2.3e-308", value);
      return JSON.stringify(value);
    case "integer":
      // A number beyond 2^53 may have been rounded already: such values must come as bigint.
      if (Number.isSafeInteger(value)) return JSON.stringify(value);
      if (typeof value === "bigint" && value >= -largestInteger - 1n && value <= largestInteger)
        return value.toString();
      throw invalid(tableName, column, "a 64-bit integer", value);
  }
}

function encodeString(place: string, text: string): string {
  if (text.includes("\0")) throw new InvalidValue(place, "OVSDB strings can't hold NUL characters");
  if (!text.isWellFormed()) throw new InvalidValue(place, "the string holds half of a surrogate pair");
  return JSON.stringify(text);
}

function invalid(tableName: string, column: ColumnSchema, wanted: string, value: unknown): InvalidValue {
  const got = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value).slice(0, 80);
  return new InvalidValue(`${tableName}.${column.name}`, `needs ${wanted}, got ${got}`);
}
