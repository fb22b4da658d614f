import type { Integer, Mutation, RowInput, TableSchema, Uuid, Where } from "./schema/types.js";
import { NamedUuid } from "./schema/types.js";

/**
 * Builders of the operations of RFC 7047, section 5.2. They are pure: they check nothing and talk to nobody;
 * `transact` encodes what they return.
 */

declare const resultType: unique symbol;

export interface InsertResult {
  /** The new row's UUID. */
  readonly uuid: Uuid;
}
export interface CountResult {
  /** How many rows matched. Zero is success: use a guard where the row must exist. */
  readonly count: number;
}
export interface SelectResult<R> {
  readonly rows: readonly R[];
}
export type EmptyResult = Readonly<Record<never, never>>;
export type OperationResult = InsertResult | CountResult | SelectResult<object> | EmptyResult;

interface Typed<Result> {
  readonly [resultType]?: Result;
}

export type Value = object | Integer | string | boolean | undefined;
export type ErasedRow = Readonly<Record<string, Value>>;
export type ErasedClause = readonly [column: string, function: string, value: Value];
export type ErasedWhere = Uuid | NamedUuid | readonly ErasedClause[];

export interface InsertOperation extends Typed<InsertResult> {
  readonly op: "insert";
  readonly table: TableSchema;
  readonly row: ErasedRow;
  /** Refers to the new row in the other operations of the transaction. */
  readonly ref: NamedUuid;
  readonly uuid: Uuid | undefined;
}
export interface SelectOperation<R = object> extends Typed<SelectResult<R>> {
  readonly op: "select";
  readonly table: TableSchema;
  readonly where: ErasedWhere;
  readonly columns: readonly string[] | undefined;
}
export interface UpdateOperation extends Typed<CountResult> {
  readonly op: "update";
  readonly table: TableSchema;
  readonly where: ErasedWhere;
  readonly row: ErasedRow;
}
export interface MutateOperation extends Typed<CountResult> {
  readonly op: "mutate";
  readonly table: TableSchema;
  readonly where: ErasedWhere;
  readonly mutations: readonly ErasedClause[];
}
export interface DeleteOperation extends Typed<CountResult> {
  readonly op: "delete";
  readonly table: TableSchema;
  readonly where: ErasedWhere;
}
export interface WaitOperation extends Typed<EmptyResult> {
  readonly op: "wait";
  readonly table: TableSchema;
  readonly where: ErasedWhere;
  readonly columns: readonly string[];
  readonly until: "==" | "!=";
  readonly rows: readonly ErasedRow[];
  /** Milliseconds; undefined waits for ever. */
  readonly timeout: number | undefined;
}
export interface CommitOperation extends Typed<EmptyResult> {
  readonly op: "commit";
  readonly durable: boolean;
}
export interface AbortOperation extends Typed<EmptyResult> {
  readonly op: "abort";
}
export interface CommentOperation extends Typed<EmptyResult> {
  readonly op: "comment";
  readonly comment: string;
}
export interface AssertOperation extends Typed<EmptyResult> {
  readonly op: "assert";
  readonly lock: string;
}

export type Operation =
  | InsertOperation
  | SelectOperation
  | UpdateOperation
  | MutateOperation
  | DeleteOperation
  | WaitOperation
  | CommitOperation
  | AbortOperation
  | CommentOperation
  | AssertOperation;

export type ResultOf<O extends Operation> = O extends Typed<infer Result> ? Result : never;
/** The results of a list of operations, in its order; a tuple when the list is one. */
export type Results<O extends readonly Operation[]> = { readonly [I in keyof O]: ResultOf<O[I]> };

/** Section 5.2.1. Columns left out get their default; `uuid` picks the row's UUID (Open vSwitch 2.13 and later). */
export function insert<R extends object>(
  table: TableSchema<R>,
  row: RowInput<R>,
  options: { readonly uuid?: Uuid } = {},
): InsertOperation {
  return { op: "insert", table, row: row as ErasedRow, ref: new NamedUuid(), uuid: options.uuid };
}

/** Section 5.2.2. Without `columns`: all that the type knows. */
export function select<R extends object, const C extends readonly (keyof R & string)[] = readonly (keyof R & string)[]>(
  table: TableSchema<R>,
  where: Where<R>,
  columns?: C,
): SelectOperation<Pick<R, C[number]>> {
  return { op: "select", table, where: where as ErasedWhere, columns };
}

/** Section 5.2.3. */
export function update<R extends object>(table: TableSchema<R>, where: Where<R>, row: RowInput<R>): UpdateOperation {
  return { op: "update", table, where: where as ErasedWhere, row: row as ErasedRow };
}

/** Section 5.2.4. */
export function mutate<R extends object>(
  table: TableSchema<R>,
  where: Where<R>,
  mutations: readonly Mutation<R>[],
): MutateOperation {
  return { op: "mutate", table, where: where as ErasedWhere, mutations: mutations };
}

/** Section 5.2.5. */
export function deleteRows<R extends object>(table: TableSchema<R>, where: Where<R>): DeleteOperation {
  return { op: "delete", table, where: where as ErasedWhere };
}

/**
 * Section 5.2.6: the transaction goes on when the matching rows, reduced to `columns`, are (until "==") or are not
 * ("!=") the given `rows`; else it fails with WaitTimedOut after `timeoutMs` (0: at once; undefined: never).
 * A transaction with another timeout than 0 is never joined with those of other callers.
 */
export function wait<R extends object, const C extends readonly (keyof R & string)[]>(
  table: TableSchema<R>,
  where: Where<R>,
  condition: {
    readonly columns: C;
    readonly until: "==" | "!=";
    readonly rows: readonly Pick<
      RowInput<R> & { readonly _uuid?: Uuid },
      C[number] & keyof (RowInput<R> & { _uuid: Uuid })
    >[];
    readonly timeoutMs: number | undefined;
  },
): WaitOperation {
  const { columns, until, rows, timeoutMs } = condition;
  return {
    op: "wait",
    table,
    where: where as ErasedWhere,
    columns,
    until,
    rows: rows as readonly ErasedRow[],
    timeout: timeoutMs,
  };
}

/** Guard: the transaction fails with WaitTimedOut, writing nothing, unless a row matches. */
export function exists<R extends object>(table: TableSchema<R>, where: Where<R>): WaitOperation {
  return { op: "wait", table, where: where as ErasedWhere, columns: ["_uuid"], until: "!=", rows: [], timeout: 0 };
}

/** Guard: the transaction fails with WaitTimedOut, writing nothing, when a row matches. */
export function absent<R extends object>(table: TableSchema<R>, where: Where<R>): WaitOperation {
  return { op: "wait", table, where: where as ErasedWhere, columns: ["_uuid"], until: "==", rows: [], timeout: 0 };
}

/** Section 5.2.7. `durable`: the reply comes after the transaction is on disk. */
export function commit(options: { readonly durable: boolean }): CommitOperation {
  return { op: "commit", durable: options.durable };
}

/** Section 5.2.8: always fails, with TransactionAborted. Never joined with the transactions of other callers. */
export function abort(): AbortOperation {
  return { op: "abort" };
}

/** Section 5.2.9: goes into the database's log (see ovsdb-tool show-log). */
export function comment(text: string): CommentOperation {
  return { op: "comment", comment: text };
}

/** Section 5.2.10: the transaction fails with NotOwner unless this client owns the lock. */
export function assert(lock: { readonly id: string } | string): AssertOperation {
  return { op: "assert", lock: typeof lock === "string" ? lock : lock.id };
}
