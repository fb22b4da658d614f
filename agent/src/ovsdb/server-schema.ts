import type { ServerSchema } from "./client-types.js";
import { ProtocolError } from "./errors.js";
import { wireObject } from "./row-layout.js";
import type { ColumnSchema } from "./schema/types.js";

interface ServerColumn {
  /** Atomic types of key and value, "integer" or "string:string". */
  readonly type: string;
  /** The type holds at most one element. */
  readonly single: boolean;
}

/** What the connected server says of its schema (RFC 7047, section 4.1.2), as far as a client needs it. */
export class ConnectedSchema implements ServerSchema {
  readonly version: string;
  readonly missing: readonly string[];
  readonly #tables: ReadonlyMap<string, ReadonlyMap<string, ServerColumn>>;

  constructor(
    version: string,
    tables: ReadonlyMap<string, ReadonlyMap<string, ServerColumn>>,
    missing: readonly string[] = [],
  ) {
    this.version = version;
    this.missing = missing;
    this.#tables = tables;
  }

  /** From the result of get_schema. Throws a ProtocolError. */
  static parse(wire: unknown): ConnectedSchema {
    const { version, tables } = wireObject(wire, "the schema");
    const parsed = new Map<string, ReadonlyMap<string, ServerColumn>>();
    for (const [name, table] of Object.entries(wireObject(tables, "the schema's tables"))) {
      const columns = wireObject(wireObject(table, `table ${name}`)["columns"], `columns of ${name}`);
      const types = Object.entries(columns).map(([column, type]) => [column, serverColumn(column, type)] as const);
      parsed.set(name, new Map(types));
    }
    return new ConnectedSchema(typeof version === "string" ? version : "", parsed);
  }

  has(table: string, column?: string): boolean {
    const columns = this.#tables.get(table);
    if (columns === undefined || column === undefined) return columns !== undefined;
    return columns.has(column) || column === "_uuid" || column === "_version";
  }

  withMissing(missing: readonly string[]): ConnectedSchema {
    return new ConnectedSchema(this.version, this.#tables, missing);
  }

  /** How `column` is on this server; undefined when it is absent or of another type than the client knows. */
  column(table: string, column: ColumnSchema): ServerColumn | undefined {
    if (column.name === "_version") return { type: "uuid", single: true };
    const known = this.#tables.get(table)?.get(column.name);
    return known?.type === typeText(column.key.type, column.value?.type) ? known : undefined;
  }
}

function typeText(key: string, value: string | undefined): string {
  return value === undefined ? key : `${key}:${value}`;
}

function serverColumn(name: string, wire: unknown): ServerColumn {
  const { type } = wireObject(wire, `column ${name}`);
  const base = (key: unknown): string => {
    const text = typeof key === "string" ? key : wireObject(key, `type of ${name}`)["type"];
    if (typeof text !== "string") throw new ProtocolError(`column ${name} has no type`);
    return text;
  };
  if (typeof type === "string") return { type, single: true };
  const { key, value, max } = wireObject(type, `type of ${name}`);
  return {
    type: typeText(base(key), value === undefined ? undefined : base(value)),
    single: max === undefined || max === 1,
  };
}
