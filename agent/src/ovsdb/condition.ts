import { decodeValue, defaultValue } from "./decode.js";
import { encodeValue } from "./encode.js";
import type { ErasedClause } from "./operations.js";
import type { WireRow } from "./row-layout.js";
import type { ColumnSchema, ConditionFunction, TableSchema } from "./schema/types.js";
import { type Atom, type ColumnValue, sameValue } from "./schema/value.js";

/**
 * Evaluates conditions of RFC 7047, section 5.1, on our side: for servers older than Open vSwitch 2.6, which monitor
 * whole tables only.
 */
export class Filter {
  readonly #clauses:
    readonly { readonly column: ColumnSchema; readonly test: (value: ColumnValue) => boolean }[] | undefined;

  /** `anyOf` as in TableMonitor. Throws InvalidValue. */
  constructor(table: TableSchema, anyOf: readonly ErasedClause[] | undefined) {
    this.#clauses = anyOf?.flatMap(([name, operator, input]) => {
      const column = table.columns[name];
      if (column === undefined) return [];
      const wanted = decodeValue(column, JSON.parse(encodeValue(table.name, column, input)) as unknown);
      return [{ column, test: (value: ColumnValue) => holds(value, operator as ConditionFunction, wanted) }];
    });
  }

  /** The columns that it must see. */
  get columns(): readonly string[] {
    return this.#clauses?.map((clause) => clause.column.name) ?? [];
  }

  matches(row: WireRow): boolean {
    if (this.#clauses === undefined) return true;
    return this.#clauses.some(({ column, test }) => {
      const wire = row[column.name];
      return test(wire === undefined ? defaultValue(column) : decodeValue(column, wire));
    });
  }
}

function holds(value: ColumnValue, operator: ConditionFunction, wanted: ColumnValue): boolean {
  switch (operator) {
    case "==":
      return sameValue(value, wanted);
    case "!=":
      return !sameValue(value, wanted);
    case "includes":
      return elements(wanted).every(([key, member]) => contains(value, key, member));
    case "excludes":
      return !elements(wanted).some(([key, member]) => contains(value, key, member));
    default:
      return isNumber(value) && isNumber(wanted) && compares(value, operator, wanted);
  }
}

function isNumber(value: ColumnValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function compares(a: number | bigint, operator: "<" | "<=" | ">" | ">=", b: number | bigint): boolean {
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

function elements(value: ColumnValue): readonly (readonly [Atom, Atom | undefined])[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((atom: Atom) => [atom, undefined]);
  if (value instanceof Map) return [...(value as ReadonlyMap<Atom, Atom>)];
  return [[value as Atom, undefined]];
}

function contains(value: ColumnValue, key: Atom, member: Atom | undefined): boolean {
  if (Array.isArray(value)) return value.includes(key);
  if (value instanceof Map) return value.has(key) && value.get(key) === member;
  return value === key;
}
