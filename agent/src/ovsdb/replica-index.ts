import type { IndexKey, ReplicaIndex, WaitOptions } from "./client-types.js";
import type { Row } from "./row-layout.js";
import type { Uuid } from "./schema/types.js";
import { Waiters } from "./waiters.js";

const none: readonly Row[] = Object.freeze([]);

/**
 * Rows by a column's value; see ReplicaTable.index. It holds UUIDs, so a change that leaves the column alone costs it
 * nothing, and most keys, having one row, cost no array.
 */
export class RowIndex implements ReplicaIndex<Row> {
  readonly #what: string;
  readonly #column: string;
  readonly #mapKey: string | undefined;
  readonly #lookup: (uuid: Uuid) => Row | undefined;
  readonly #uuids = new Map<IndexKey, Uuid | Set<Uuid>>();
  readonly #waiters = new Waiters<IndexKey>();
  readonly #touched = new Set<IndexKey>();

  constructor(table: string, column: string, mapKey: string | undefined, lookup: (uuid: Uuid) => Row | undefined) {
    this.#what = `${table}.${column}${mapKey === undefined ? "" : `[${mapKey}]`}`;
    this.#column = column;
    this.#mapKey = mapKey;
    this.#lookup = lookup;
  }

  find(value: IndexKey): readonly Row[] {
    const found = this.#uuids.get(value);
    if (found === undefined) return none;
    const uuids = typeof found === "string" ? [found] : [...found];
    return uuids.map((uuid) => this.#lookup(uuid)).filter((row) => row !== undefined);
  }

  get(value: IndexKey): Row | undefined {
    const found = this.#uuids.get(value);
    const uuid = typeof found === "object" ? found.values().next().value : found;
    return uuid === undefined ? undefined : this.#lookup(uuid);
  }

  waitFor<V>(
    value: IndexKey,
    predicate: (row: Row | undefined, rows: readonly Row[]) => V | undefined | false,
    options: WaitOptions,
  ): Promise<V> {
    const ask = (): V | undefined | false => {
      const rows = this.find(value);
      return predicate(rows[0], rows);
    };
    return this.#waiters.add(value, `${this.#what} = ${value}`, ask, options.signal);
  }

  /** Follows a change of the table; waits are asked later, by `wake`. */
  change(old: Row | undefined, row: Row | undefined): void {
    const before = this.#keys(old);
    const after =
      old !== undefined && row !== undefined && old[this.#column] === row[this.#column] ? before : this.#keys(row);
    if (before !== after) {
      if (old !== undefined) for (const key of without(before, after)) this.#remove(key, old._uuid);
      if (row !== undefined) for (const key of without(after, before)) this.#insert(key, row._uuid);
    }
    if (this.#waiters.size === 0) return;
    for (const key of before) this.#touched.add(key);
    for (const key of after) this.#touched.add(key);
  }

  wake(): void {
    if (this.#touched.size === 0) return;
    const keys = [...this.#touched];
    this.#touched.clear();
    for (const key of keys) this.#waiters.wake(key);
  }

  end(error: Error): void {
    this.#waiters.end(error);
  }

  #keys(row: Row | undefined): readonly IndexKey[] {
    const value = row?.[this.#column];
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly IndexKey[];
    if (typeof value !== "object") return [value];
    const member =
      value instanceof Map && this.#mapKey !== undefined
        ? (value.get(this.#mapKey) as IndexKey | undefined)
        : undefined;
    return member === undefined ? [] : [member];
  }

  #insert(key: IndexKey, uuid: Uuid): void {
    const found = this.#uuids.get(key);
    if (found === undefined) this.#uuids.set(key, uuid);
    else if (typeof found === "object") found.add(uuid);
    else this.#uuids.set(key, new Set([found, uuid]));
  }

  #remove(key: IndexKey, uuid: Uuid): void {
    const found = this.#uuids.get(key);
    if (typeof found === "object") found.delete(uuid);
    if (found === uuid || (typeof found === "object" && found.size === 0)) this.#uuids.delete(key);
  }
}

function without(keys: readonly IndexKey[], others: readonly IndexKey[]): readonly IndexKey[] {
  if (others.length === 0) return keys;
  if (keys.length <= 1 && others.length <= 1) return keys[0] === others[0] ? [] : keys;
  const known = new Set(others);
  return keys.filter((key) => !known.has(key));
}
