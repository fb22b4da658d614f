/**
 * The schema model of RFC 7047, section 3.2, and how its types look in TypeScript:
 *
 * | column                         | read as                       | written as                                 |
 * | ------------------------------ | ----------------------------- | ------------------------------------------ |
 * | exactly one atom               | `T`                           | `T`                                        |
 * | at most one atom (min 0 max 1) | `T \| undefined`              | `T \| undefined` (`undefined` empties it)  |
 * | set (max > 1)                  | `readonly T[]`, unordered     | `readonly T[]`                             |
 * | map                            | `ReadonlyMap<K, V>`           | `ReadonlyMap<K, V>`, or an object for string keys |
 *
 * | atom    | TypeScript                                                                             |
 * | ------- | -------------------------------------------------------------------------------------- |
 * | integer | `number`; `Integer` where the schema allows values beyond 2^53 (those are bigints, never rounded) |
 * | real    | `number`; servers keep 15 significant digits                                           |
 * | boolean | `boolean`                                                                              |
 * | string  | `string`; an enumeration is a union that stays open for values of newer schemas        |
 * | uuid    | `Uuid`; in what is written also the `NamedUuid` of a row inserted by the same transaction |
 */

declare const uuidBrand: unique symbol;
declare const rowType: unique symbol;
declare const tablesType: unique symbol;

/** A row's UUID in lower-case text form. */
export type Uuid = string & { readonly [uuidBrand]: true };

/** A 64-bit integer: a number while it is exact, a bigint beyond ±(2^53-1). */
export type Integer = number | bigint;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): text is Uuid {
  return uuidPattern.test(text);
}

/** `text` as a Uuid. Throws a TypeError when it is none. */
export function uuid(text: string): Uuid {
  const lower = text.toLowerCase();
  if (!isUuid(lower)) throw new TypeError(`"${text}" is not a UUID`);
  return lower;
}

let named = 0;

/**
 * Stands for a row that the same transaction inserts ("named-uuid", RFC 7047 section 5.1). Each one is unique within
 * the process, so transactions can be joined without their names colliding.
 */
export class NamedUuid {
  readonly id: string;

  constructor() {
    named += 1;
    this.id = `row${named}`;
  }

  toJSON(): readonly ["named-uuid", string] {
    return ["named-uuid", this.id];
  }
}

export type AtomicType = "integer" | "real" | "boolean" | "string" | "uuid";

/** `<base-type>` of RFC 7047, section 3.2. */
export interface BaseType {
  readonly type: AtomicType;
  readonly enum?: readonly (string | number | boolean)[];
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly refTable?: string;
  readonly refType?: "strong" | "weak";
}

/** How a column's values look in TypeScript; see the table above. */
export type ColumnShape = "scalar" | "optional" | "set" | "map";

/** `<column-schema>` with its `<type>` unfolded. `max` is Infinity for "unlimited". */
export interface ColumnSchema {
  readonly name: string;
  readonly shape: ColumnShape;
  readonly key: BaseType;
  readonly value: BaseType | undefined;
  readonly min: number;
  readonly max: number;
  readonly ephemeral: boolean;
  readonly mutable: boolean;
  /** True for a column of later releases than the schema that the types were generated from. */
  readonly later: boolean;
}

/** A table; `R` is the type of its rows. */
export interface TableSchema<R extends object = object> {
  readonly name: string;
  readonly database: string;
  readonly columns: Readonly<Record<string, ColumnSchema>>;
  readonly indexes: readonly (readonly string[])[];
  readonly isRoot: boolean;
  readonly maxRows: number;
  readonly [rowType]?: R;
}

/** Row types by table name. */
export type Tables = object;

/** A database; `T` maps table names to row types. */
export interface DatabaseSchema<T extends Tables = Tables> {
  readonly name: string;
  readonly version: string;
  readonly tables: { readonly [N in keyof T]: TableSchema<T[N] extends object ? T[N] : never> };
  readonly [tablesType]?: T;
}

/** The value that may be written where `T` is read. */
export type Input<T> = T extends Uuid
  ? Uuid | NamedUuid
  : T extends readonly (infer E)[]
    ? readonly Input<E>[]
    : T extends ReadonlyMap<infer K, infer V>
      ? | ReadonlyMap<Input<K>, Input<V>>
        | (K extends Uuid ? never : K extends string ? Readonly<Record<string, Input<V>>> : never)
      : T;

export type Column<R> = Extract<keyof R, string>;

/** Columns to write; those left out keep their value, or get their default in an insert. */
export type RowInput<R> = { readonly [C in Exclude<Column<R>, "_uuid">]?: Input<R[C]> };

export type ConditionFunction = "==" | "!=" | "<" | "<=" | ">" | ">=" | "includes" | "excludes";

/** `<condition>` of RFC 7047, section 5.1. */
export type Condition<R> = { readonly [C in Column<R>]: readonly [C, ConditionFunction, Input<R[C]>] }[Column<R>];

/** The rows that match every condition (an empty list: all rows), or the one row with this UUID. */
export type Where<R> = Uuid | NamedUuid | readonly Condition<R>[];

type ArithmeticMutator = "+=" | "-=" | "*=" | "/=" | "%=";

type Elements<C, T> = readonly [C, "insert" | "delete", readonly Input<T>[]];
type Arithmetic<C, T> = T extends Integer ? readonly [C, ArithmeticMutator, Integer] : never;

type Mutations<C, T> = undefined extends T
  ? Elements<C, NonNullable<T>> | Arithmetic<C, NonNullable<T>>
  : T extends readonly (infer E)[]
    ? Elements<C, E> | Arithmetic<C, E>
    : T extends ReadonlyMap<infer K, unknown>
      ? readonly [C, "insert", Input<T>] | readonly [C, "delete", Input<T> | readonly Input<K>[]]
      : Arithmetic<C, T>;

/** `<mutation>` of RFC 7047, section 5.1. A map's "delete" takes a map (key and value must match) or an array of keys. */
export type Mutation<R> = { readonly [C in Column<R>]: Mutations<C, R[C]> }[Column<R>];
