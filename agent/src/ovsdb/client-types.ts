import type { Column, Condition, DatabaseSchema, Tables, Uuid } from "./schema/types.js";
import type { ClientEvent } from "./client-events.js";

/** What to monitor of one table. */
export interface TableMonitor<R extends object> {
  /** Columns to hold; all that the type knows when left out. The server must have each of them, else start() rejects. */
  readonly columns?: readonly Column<R>[];
  /** Columns to hold where the server's schema has them; undefined elsewhere. */
  readonly optional?: readonly Column<R>[];
  /** Only rows that match at least one of these; all rows when left out, none for an empty list. */
  readonly anyOf?: readonly Condition<R>[];
}

/** What to monitor, by table. */
export type MonitorSpec<T extends Tables> = {
  readonly [N in keyof T]?: T[N] extends object ? TableMonitor<T[N]> : never;
};

type RequiredColumns<R, S> = S extends { readonly columns: readonly (infer C)[] }
  ? Extract<C, keyof R> | "_uuid"
  : keyof R;
type OptionalColumns<R, S> = S extends { readonly optional: readonly (infer O)[] } ? Extract<O, keyof R> : never;
type RowOf<R, S> = {
  readonly [C in Exclude<Extract<RequiredColumns<R, S>, keyof R>, OptionalColumns<R, S>>]: R[C];
} & { readonly [C in OptionalColumns<R, S>]: R[C] | undefined };

/** The row type of a monitored table: its monitored columns and `_uuid`. */
export type MonitoredRow<T extends Tables, M, N extends keyof M & keyof T> = RowOf<T[N], NonNullable<M[N]>>;

/** PEM files; read again at each connection, so renewed certificates are picked up. */
export interface TlsOptions {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /**
   * The name that the server's certificate must carry. Without it only the CA is checked, as ovsdb's own clients do:
   * ovs-pki puts no host names into certificates.
   */
  readonly serverName?: string;
}

export interface ClientOptions<T extends Tables, M extends MonitorSpec<T>> {
  /** Appears in errors and events. */
  readonly name: string;
  /** `unix:PATH`, `tcp:HOST:PORT`, `ssl:HOST:PORT`, IPv6 as `tcp:[::1]:6641`; a string may hold several, separated by commas. */
  readonly remotes: readonly string[];
  readonly database: DatabaseSchema<T>;
  readonly monitor: M;
  /** In a cluster, talk to the leader only (default true). A standalone server counts as leader. */
  readonly leaderOnly?: boolean;
  readonly tls?: TlsOptions;
  /** Silence after which the server is probed, and after which without an answer the connection is dropped (5000). */
  readonly inactivityProbeMs?: number;
  /** Longest message accepted (64 MiB). */
  readonly maxFrameBytes?: number;
  /** Delay between rounds over all remotes: doubles from `minMs` (100) to `maxMs` (8000), each time jittered. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
  readonly log?: (event: ClientEvent) => void;
}

export interface TransactOptions {
  /**
   * When it fires before the transaction is sent, nothing is written (Cancelled). Afterwards the caller gets
   * UnknownOutcome at once. A transaction that waits on the server is cancelled there; any other runs on, because OVSDB
   * can't take it back.
   */
  readonly signal?: AbortSignal;
  /** May share a transaction of the wire with those of other callers (default true). */
  readonly group?: boolean;
}

export interface WaitOptions {
  readonly signal: AbortSignal;
}

export interface RowChange<R> {
  /** Undefined for a row that is new to the replica. */
  readonly old: R | undefined;
  /** Undefined for a row that is gone, or doesn't match the monitor's conditions any more. */
  readonly new: R | undefined;
}

export type Unsubscribe = () => void;

/** The monitored rows of one table. Rows are immutable: a change replaces the row object. */
export interface ReplicaTable<R extends object> {
  readonly name: string;
  readonly size: number;
  rows(): IterableIterator<R>;
  get(uuid: Uuid): R | undefined;
  /**
   * Rows by a column's value: of a set by each element, of a map by the value under `key`. Built at first use and kept
   * up to date from then on.
   */
  index(column: Column<R>, key?: string): ReplicaIndex<R>;
  /** Called for each changed row after the whole commit is visible. A listener that throws is reported as an event. */
  onChange(listener: (change: RowChange<R>) => void): Unsubscribe;
  /**
   * Resolves with the first value other than undefined and false that `predicate` returns; it is asked at once, and then
   * whenever this row changes. Rejects with Cancelled when the signal fires.
   */
  waitFor<V>(uuid: Uuid, predicate: (row: R | undefined) => V | undefined | false, options: WaitOptions): Promise<V>;
}

export type IndexKey = string | number | bigint | boolean;

export interface ReplicaIndex<R extends object> {
  /** All rows with this value. */
  find(value: IndexKey): readonly R[];
  /** The first of them; for columns that are unique. */
  get(value: IndexKey): R | undefined;
  /** As `ReplicaTable.waitFor`, asked whenever rows with this value appear, change or go. `row` is the first of `rows`. */
  waitFor<V>(
    value: IndexKey,
    predicate: (row: R | undefined, rows: readonly R[]) => V | undefined | false,
    options: WaitOptions,
  ): Promise<V>;
}

/** A commit as the replica saw it: changes by table. */
export type Commit = ReadonlyMap<string, readonly RowChange<object>[]>;

/** What the connected server's schema offers. */
export interface ServerSchema {
  readonly version: string;
  has(table: string, column?: string): boolean;
  /** Monitored columns that the server lacks, as "table.column". */
  readonly missing: readonly string[];
}

/** RFC 7047, sections 4.1.8 and 4.1.9. Asked for again after each reconnection. */
export interface Lock {
  readonly id: string;
  readonly owned: boolean;
  /** Resolves with a signal that fires when the lock is lost: to `steal`, `release`, or with the connection. */
  acquired(options: WaitOptions): Promise<AbortSignal>;
  onChange(listener: (owned: boolean) => void): Unsubscribe;
  /** Takes the lock from whoever owns it. */
  steal(): Promise<void>;
  release(): Promise<void>;
}

export interface ClientStatus {
  readonly name: string;
  readonly database: string;
  /** Connected, and the replica in sync. */
  readonly connected: boolean;
  /** The remote in use, or the one tried last. */
  readonly remote: string;
  readonly role: "standalone" | "leader" | "follower" | "relay" | "unknown";
  readonly schemaVersion: string;
  /** Of the latest echo; 0 before the first. */
  readonly roundTripUs: number;
  /** Since the server was last heard; 0 when not connected. */
  readonly silentMs: number;
  /** Rows in the replica. */
  readonly rows: number;
  readonly reconnects: number;
  /** Why the connection is down or was lost last; "" when it never was. */
  readonly error: string;
  readonly transactions: TransactionCounts;
}

export interface TransactionCounts {
  /** Calls of transact() answered with success. */
  readonly committed: number;
  /** Calls refused by the server. */
  readonly failed: number;
  readonly unknown: number;
  /** Transactions on the wire; fewer than calls when callers were joined. */
  readonly sent: number;
  /** Calls sent again because a joined transaction was refused. */
  readonly retried: number;
  /** Calls waiting to be sent. */
  readonly queued: number;
}
