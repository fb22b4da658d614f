import type { ClientEvent } from "./client-events.js";
import type {
  ClientOptions,
  ClientStatus,
  Commit,
  Lock,
  MonitoredRow,
  MonitorSpec,
  ReplicaTable,
  ServerSchema,
  TransactOptions,
  Unsubscribe,
  WaitOptions,
} from "./client-types.js";
import { unlessAborted } from "./cancellation.js";
import { Connection } from "./connection.js";
import {
  ClientClosed,
  ConnectionLost,
  FrameTooLarge,
  type OvsdbError,
  RequestSyntaxError,
  SchemaMismatch,
} from "./errors.js";
import { Locks } from "./lock.js";
import { Monitor } from "./monitor.js";
import { type ErasedMonitor, encodeAnyOf, planMonitor, validateMonitor } from "./monitor-plan.js";
import type { ErasedClause, Operation, Results } from "./operations.js";
import { parseRemotes } from "./remote.js";
import { Replica } from "./replica.js";
import type { Condition, DatabaseSchema, Tables } from "./schema/types.js";
import { ConnectedSchema } from "./server-schema.js";
import type { Session } from "./session.js";
import { Transactor } from "./transact.js";
import { Waiters } from "./waiters.js";

const defaults = {
  leaderOnly: true,
  inactivityProbeMs: 5000,
  maxFrameBytes: 64 * 1024 * 1024,
  backoff: { minMs: 100, maxMs: 8000 },
};

/**
 * A client of one OVSDB database: a replica of the monitored rows, transactions and locks, over a connection that is
 * made anew for ever. See DESIGN.md.
 */
export class OvsdbClient<T extends Tables, const M extends MonitorSpec<T>> {
  readonly #name: string;
  readonly #database: DatabaseSchema;
  readonly #monitored: ErasedMonitor;
  readonly #log: (event: ClientEvent) => void;
  readonly #replica: Replica;
  readonly #monitor: Monitor;
  readonly #transactor: Transactor;
  readonly #locks: Locks;
  readonly #connection: Connection;
  readonly #syncWaiters = new Waiters<"synced">();
  readonly #connectionListeners = new Set<(connected: boolean) => void>();
  #running: Promise<void> | undefined;
  #session: Session | undefined;
  #schema = new ConnectedSchema("", new Map());
  #syncs = 0;
  #error: OvsdbError | undefined;
  #fatal: OvsdbError | undefined;
  #closed: ClientClosed | undefined;

  /** Throws a TypeError for remotes or monitored columns that don't exist, InvalidValue for conditions that don't fit. */
  constructor(options: ClientOptions<T, M>) {
    this.#name = options.name;
    this.#database = options.database as unknown as DatabaseSchema;
    this.#monitored = options.monitor as unknown as ErasedMonitor;
    validateMonitor(this.#database, this.#monitored);
    this.#log = options.log ?? (() => undefined);
    const listenerFailed = (error: unknown): void => {
      this.#log({ event: "listener-failed", client: this.#name, error });
    };
    const { name, database, leaderOnly, inactivityProbeMs, maxFrameBytes, backoff } = { ...defaults, ...options };
    this.#replica = new Replica(Object.keys(options.monitor), listenerFailed);
    this.#monitor = new Monitor(this.#database.name, this.#monitored, this.#replica);
    this.#locks = new Locks(listenerFailed);
    this.#transactor = new Transactor({ name, database: database.name, synced: (signal) => this.#synced(signal) });
    this.#connection = new Connection(
      {
        name,
        database: database.name,
        remotes: parseRemotes(options.remotes),
        leaderOnly,
        tls: options.tls,
        inactivityProbeMs,
        maxFrameBytes,
        backoff,
        log: this.#log,
      },
      {
        sync: (session, schema, done) => {
          this.#sync(session, schema, done);
        },
        up: (session) => {
          this.#up(session);
        },
        notification: (method, params) => {
          if (!this.#monitor.notification(method, params)) this.#locks.notification(method, params);
        },
        down: (error, wasUp) => {
          this.#down(error, wasUp);
        },
      },
    );
  }

  /**
   * Connects; resolves after the first full sync, and from then on reconnects for ever. Servers that can't be reached are
   * tried until `signal` fires (Cancelled). Rejects at once with SchemaMismatch, FrameTooLarge or RequestSyntaxError,
   * which trying again doesn't cure. The client is closed when it rejects.
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    this.#running ??= this.#connection.run();
    try {
      await this.#synced(signal, () => {
        if (this.#fatal !== undefined) throw this.#fatal;
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Connected, and the replica in sync. */
  get connected(): boolean {
    return this.#session?.closed === false;
  }

  /** The schema of the server connected last; empty before the first. */
  get schema(): ServerSchema {
    return this.#schema;
  }

  status(): ClientStatus {
    const session = this.connected ? this.#session : undefined;
    return {
      name: this.#name,
      database: this.#database.name,
      connected: session !== undefined,
      remote: this.#connection.remote,
      role: this.#connection.role,
      schemaVersion: this.#schema.version,
      roundTripUs: session?.roundTripUs ?? 0,
      silentMs: Math.round(session?.silentMs ?? 0),
      rows: this.#replica.size,
      reconnects: Math.max(0, this.#syncs - 1),
      error: this.#error?.message ?? "",
      transactions: this.#transactor.counts(),
    };
  }

  /** A monitored table's rows. */
  table<N extends keyof M & keyof T & string>(name: N): ReplicaTable<MonitoredRow<T, M, N>> {
    return this.#replica.table(name) as unknown as ReplicaTable<MonitoredRow<T, M, N>>;
  }

  /** Called after each commit that changed rows, with all of its changes. */
  onCommit(listener: (commit: Commit) => void): Unsubscribe {
    return this.#replica.onCommit(listener);
  }

  /** Called with true after each sync, with false after each loss of a connection in sync. */
  onConnection(listener: (connected: boolean) => void): Unsubscribe {
    const own = (connected: boolean): void => {
      listener(connected);
    };
    this.#connectionListeners.add(own);
    return () => this.#connectionListeners.delete(own);
  }

  /**
   * Resolves with the predicate's first value that is neither undefined nor false: asked at once and after every commit.
   * For one row use `table(...).waitFor` or an index's `waitFor`, which cost nothing when other rows change. Goes on across
   * reconnections. Rejects with Cancelled when the signal fires, with ClientClosed when the client is closed.
   */
  waitFor<V>(predicate: (db: this) => V | undefined | false, options: WaitOptions): Promise<V> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return this.#replica.waitFor(() => predicate(this), options);
  }

  /** Resolves when connected and in sync. */
  synced(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#synced(options.signal);
  }

  /**
   * Executes operations as one transaction (RFC 7047, section 4.1.3) and resolves with their results, in order; the
   * replica shows its changes by then. Waits for a connection. May be joined with the transactions of concurrent
   * callers; errors and results stay each caller's own. Rejects with a ServerError (nothing written), Cancelled (never
   * sent), InvalidValue (never sent) or UnknownOutcome.
   */
  async transact<const O extends readonly Operation[]>(
    operations: O,
    options: TransactOptions = {},
  ): Promise<Results<O>> {
    if (this.#closed !== undefined) throw this.#closed;
    return (await this.#transactor.transact(operations, options)) as unknown as Results<O>;
  }

  /**
   * Changes which rows of a table are monitored (monitor_cond_change); `anyOf` as in TableMonitor. Resolves when the replica holds
   * exactly those. Rejects with InvalidValue or a ServerError, and then nothing changes.
   */
  async setConditions<N extends keyof M & keyof T & string>(
    table: N,
    anyOf: readonly Condition<T[N]>[] | undefined,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const clauses = anyOf as readonly ErasedClause[] | undefined;
    encodeAnyOf(this.#database.tables[table as never], clauses);
    const session = this.#session;
    if (session === undefined || session.closed) this.#monitor.setConditions(table, clauses);
    else {
      const changed = new Promise<void>((resolve, reject) => {
        this.#monitor.changeConditions(session, table, clauses, (error) => {
          // Without its session the change has become part of the next sync.
          if (error === undefined || session.closed) resolve();
          else reject(error);
        });
      });
      await unlessAborted(changed, options.signal, `the conditions of ${table}`);
    }
    await this.#synced(options.signal);
  }

  /** The lock of this name, asked for by the first call; see Lock. In a cluster it needs `leaderOnly`. */
  lock(id: string): Lock {
    if (this.#closed !== undefined) throw this.#closed;
    return this.#locks.lock(id);
  }

  /**
   * Any other method of the protocol, such as list_dbs, get_schema or get_server_id, with JSON in and out. Waits for a
   * connection; rejects with a ServerError, or with ConnectionLost when the outcome is unknown.
   */
  async request(
    method: string,
    params: readonly unknown[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const text = JSON.stringify(params);
    await this.#synced(options.signal);
    if (this.#session === undefined) throw new ConnectionLost(`${this.#name}: the connection was lost`);
    return unlessAborted(this.#session.request(method, text), options.signal, method);
  }

  /** Ends the connection, and every wait and call with ClientClosed (those already sent with UnknownOutcome). */
  async close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new ClientClosed(`${this.#name}: the client was closed`);
      this.#connection.close();
      this.#transactor.close(this.#closed);
      this.#locks.close(this.#closed);
      this.#replica.failAll(this.#closed);
      this.#syncWaiters.failAll(this.#closed);
    }
    await this.#running;
  }

  #synced(signal?: AbortSignal, check?: () => void): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const connected = (): true | undefined => {
      check?.();
      return this.connected ? true : undefined;
    };
    return this.#syncWaiters.add("synced", `${this.#name} to be in sync`, connected, signal).then(() => undefined);
  }

  #sync(session: Session, server: ConnectedSchema, done: (error: OvsdbError | undefined) => void): void {
    const { layouts, missing, required } = planMonitor(this.#database, this.#monitored, server);
    if (this.#schema.version !== server.version || this.#schema.missing.join() !== missing.join()) {
      this.#log({ event: "schema", client: this.#name, version: server.version, missing });
    }
    this.#schema = server.withMissing(missing);
    if (required.length > 0) {
      const text = `${this.#name}: the server's schema ${this.#database.name} ${server.version} lacks ${required.join(", ")}`;
      done(new SchemaMismatch(`${text}: upgrade the server, or name what can be done without in "optional"`, required));
      return;
    }
    this.#monitor.setLayouts(layouts);
    this.#monitor.start(session, (error, resumed) => {
      done(error);
      if (error !== undefined || !this.connected) return;
      this.#log({
        event: "synced",
        client: this.#name,
        remote: this.#connection.remote,
        rows: this.#replica.size,
        resumed,
      });
    });
  }

  #up(session: Session): void {
    this.#session = session;
    this.#syncs += 1;
    this.#locks.attach(session);
    this.#transactor.attach(session);
    session.echo();
    this.#tell(true);
    this.#syncWaiters.wake("synced");
  }

  #down(error: OvsdbError, wasUp: boolean): void {
    this.#session = undefined;
    this.#error = error;
    this.#monitor.detached(error);
    this.#transactor.detach();
    this.#locks.detach(error);
    if (wasUp) this.#tell(false);
    const hopeless =
      error instanceof SchemaMismatch || error instanceof FrameTooLarge || error instanceof RequestSyntaxError;
    if (hopeless && this.#syncs === 0) {
      this.#fatal = error;
      this.#syncWaiters.wake("synced");
    }
  }

  #tell(connected: boolean): void {
    for (const listener of this.#connectionListeners) {
      try {
        listener(connected);
      } catch (error) {
        this.#log({ event: "listener-failed", client: this.#name, error });
      }
    }
  }
}
