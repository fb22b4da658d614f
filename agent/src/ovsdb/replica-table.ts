import type { ReplicaTable, RowChange, Unsubscribe, WaitOptions } from "./client-types.js";
import { RowIndex } from "./replica-index.js";
import type { Row } from "./row-layout.js";
import type { Uuid } from "./schema/types.js";
import { Waiters } from "./waiters.js";

/** The rows of one monitored table; see ReplicaTable. Written by Replica alone. */
export class Table implements ReplicaTable<Row> {
  readonly name: string;
  readonly #rows = new Map<Uuid, Row>();
  readonly #indexes = new Map<string, RowIndex>();
  readonly #listeners = new Set<(change: RowChange<Row>) => void>();
  readonly #waiters = new Waiters<Uuid>();

  constructor(name: string) {
    this.name = name;
  }

  get size(): number {
    return this.#rows.size;
  }

  rows(): IterableIterator<Row> {
    return this.#rows.values();
  }

  get(uuid: Uuid): Row | undefined {
    return this.#rows.get(uuid);
  }

  index(column: string, key?: string): RowIndex {
    const name = key === undefined ? column : `${column}\0${key}`;
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = new RowIndex(this.name, column, key, (uuid) => this.#rows.get(uuid));
    for (const row of this.#rows.values()) index.change(undefined, row);
    this.#indexes.set(name, index);
    return index;
  }

  onChange(listener: (change: RowChange<Row>) => void): Unsubscribe {
    // Wrapped, so that one function may be subscribed twice.
    const own = (change: RowChange<Row>): void => {
      listener(change);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  waitFor<V>(uuid: Uuid, predicate: (row: Row | undefined) => V | undefined | false, options: WaitOptions): Promise<V> {
    return this.#waiters.add(uuid, `${this.name} ${uuid}`, () => predicate(this.#rows.get(uuid)), options.signal);
  }

  /** Puts `row` (or its absence) in place of the row with this UUID; returns the change, undefined when there is none. */
  replace(uuid: Uuid, row: Row | undefined): RowChange<Row> | undefined {
    const old = this.#rows.get(uuid);
    if (old === row) return undefined;
    if (row === undefined) this.#rows.delete(uuid);
    else this.#rows.set(uuid, row);
    for (const index of this.#indexes.values()) index.change(old, row);
    return { old, new: row };
  }

  /** Tells waits and listeners, after the whole commit is in place. */
  notify(changes: readonly RowChange<Row>[], failed: (error: unknown) => void): void {
    for (const change of changes) {
      const uuid = change.new?._uuid ?? change.old?._uuid;
      if (uuid !== undefined) this.#waiters.wake(uuid);
    }
    for (const index of this.#indexes.values()) index.wake();
    for (const listener of this.#listeners) {
      for (const change of changes) {
        try {
          listener(change);
        } catch (error) {
          failed(error);
        }
      }
    }
  }

  end(error: Error): void {
    this.#waiters.end(error);
    for (const index of this.#indexes.values()) index.end(error);
  }
}
