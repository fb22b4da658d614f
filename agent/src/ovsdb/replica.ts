import type { Commit, RowChange, Unsubscribe, WaitOptions } from "./client-types.js";
import { Table } from "./replica-table.js";
import type { Row } from "./row-layout.js";
import type { Uuid } from "./schema/types.js";
import { Waiters } from "./waiters.js";

/** What one message of the server changes: a row, or undefined for a row that is gone. */
export interface RowWrite {
  readonly table: string;
  readonly uuid: Uuid;
  readonly row: Row | undefined;
}

/**
 * The monitored rows in memory. `commit` is the only writer: it puts all changes of a message in place and only then
 * tells anybody, so whoever looks sees whole commits. After a disconnect the content stays until the next sync replaces
 * what differs.
 */
export class Replica {
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #waiters = new Waiters<"any">();
  readonly #failed: (error: unknown) => void;

  constructor(tables: Iterable<string>, listenerFailed: (error: unknown) => void) {
    for (const name of tables) this.#tables.set(name, new Table(name));
    this.#failed = listenerFailed;
  }

  get size(): number {
    let size = 0;
    for (const table of this.#tables.values()) size += table.size;
    return size;
  }

  tables(): IterableIterator<Table> {
    return this.#tables.values();
  }

  /** Throws a TypeError for a table that isn't monitored. */
  table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined)
      throw new TypeError(`table ${name} is not monitored: name it in the client's monitor option`);
    return table;
  }

  onCommit(listener: (commit: Commit) => void): Unsubscribe {
    const own = (commit: Commit): void => {
      listener(commit);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  waitFor<V>(predicate: () => V | undefined | false, options: WaitOptions): Promise<V> {
    return this.#waiters.add("any", "a commit", predicate, options.signal);
  }

  commit(writes: Iterable<RowWrite>): void {
    // Decoded to the end before the first row is put in place: a message that turns out bad changes nothing.
    const decoded = Array.from(writes);
    const changes = new Map<string, RowChange<Row>[]>();
    for (const { table, uuid, row } of decoded) {
      const change = this.table(table).replace(uuid, row);
      if (change === undefined) continue;
      const known = changes.get(table);
      if (known === undefined) changes.set(table, [change]);
      else known.push(change);
    }
    if (changes.size === 0) return;
    for (const [table, rows] of changes) this.table(table).notify(rows, this.#failed);
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#waiters.wake("any");
  }

  end(error: Error): void {
    for (const table of this.#tables.values()) table.end(error);
    this.#waiters.end(error);
  }
}
