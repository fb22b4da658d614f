import { applyDifference, decodeValue, defaultValue } from "./decode.js";
import { ProtocolError } from "./errors.js";
import type { ColumnSchema, TableSchema, Uuid } from "./schema/types.js";
import { type ColumnValue, sameValue } from "./schema/value.js";

/** A row of the replica: `_uuid` and the monitored columns. */
export type Row = { readonly _uuid: Uuid } & Readonly<Record<string, ColumnValue>>;

export type WireRow = Readonly<Record<string, unknown>>;

/** A monitored column on the connected server. */
export interface MonitoredColumn {
  readonly schema: ColumnSchema;
  /** False where the server's schema lacks the column: it reads as undefined. */
  readonly present: boolean;
  /** The server's type holds at most one element, so its differences are new values (see applyDifference). */
  readonly replaces: boolean;
}

/**
 * How a table's rows are built. All rows of a layout are made by one constructor, in one order of members, so that the
 * engine keeps them compact (one hidden class, values inside the object).
 */
export class RowLayout {
  readonly table: TableSchema;
  readonly columns: readonly MonitoredColumn[];
  readonly #build: new (uuid: Uuid, values: readonly ColumnValue[]) => Row;

  constructor(table: TableSchema, columns: readonly MonitoredColumn[]) {
    this.table = table;
    this.columns = columns;
    this.#build = rowConstructor(columns.map((column) => column.schema.name));
  }

  /** Columns to ask the server for. */
  get requested(): readonly string[] {
    return this.columns.filter((column) => column.present).map((column) => column.schema.name);
  }

  /** A whole row; columns that the server left out have their default. */
  create(uuid: Uuid, wire: WireRow): Row {
    const values = this.columns.map(({ schema, present }) => {
      if (!present) return undefined;
      const value = wire[schema.name];
      return value === undefined ? defaultValue(schema) : decodeValue(schema, value);
    });
    return new this.#build(uuid, values);
  }

  /** `old` with the differences of a "modify". */
  modify(old: Row, wire: WireRow): Row {
    const values = this.columns.map(({ schema, present, replaces }) => {
      const value = wire[schema.name];
      const before = old[schema.name];
      return value === undefined || !present ? before : applyDifference(schema, before, value, replaces);
    });
    return new this.#build(old._uuid, values);
  }

  same(a: Row, b: Row): boolean {
    return this.columns.every(({ schema }) => sameValue(a[schema.name], b[schema.name]));
  }

  /** True when rows built by `other` are as good as ours. */
  sameAs(other: RowLayout): boolean {
    return JSON.stringify(this.#shape()) === JSON.stringify(other.#shape());
  }

  #shape(): readonly unknown[] {
    return this.columns.map(({ schema, present, replaces }) => [schema.name, present, replaces]);
  }
}

function rowConstructor(names: readonly string[]): new (uuid: Uuid, values: readonly ColumnValue[]) => Row {
  class ReplicaRow {
    readonly _uuid: Uuid;
    constructor(uuid: Uuid, values: readonly ColumnValue[]) {
      this._uuid = uuid;
      const members = this as unknown as Record<string, ColumnValue>;
      for (let i = 0; i < names.length; i++) members[names[i] as string] = values[i];
    }
  }
  return ReplicaRow as new (uuid: Uuid, values: readonly ColumnValue[]) => Row;
}

/** `wire` as an object. Throws a ProtocolError that names `what`. */
export function wireObject(wire: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof wire !== "object" || wire === null || Array.isArray(wire))
    throw new ProtocolError(`${what} is not an object`);
  return wire as Readonly<Record<string, unknown>>;
}
