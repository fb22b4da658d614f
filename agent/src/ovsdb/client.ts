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
import { ClientClosed, ConnectionLost, type OvsdbError, SchemaMismatch } from "./errors.js";
import { Locks } from "./lock.js";
import { Monitor } from "./monitor.js";
import { type ErasedMonitor, encodeAnyOf, planMonitor, validateMonitor } from "./monitor-plan.js";
import type { ErasedClause, Operation, Results } from "./operations.js";
import { parseRemotes } from "./remote.js";
import { Replica } from "./replica.js";
import type { Condition, DatabaseSchema, Tables } from "./schema/types.js";
import { ConnectedSchema } from "./server-schema.js";
import type { Session } from "./session.js";
import { SyncState } from "./sync-state.js";
import { Transactor } from "./transact.js";

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
  readonly #state: SyncState;
  #running: Promise<void> | undefined;
  #schema = new ConnectedSchema("", new Map());
  #closed: ClientClosed | undefined;

  /** Throws a TypeError for remotes or monitored columns that don't exist, InvalidValue for conditions that don't fit. */
  constructor(options: ClientOptions<T, M>) {
    this.#name = options.name;
    this.#database = options.database;
    this.#monitored = options.monitor as unknown as ErasedMonitor;
    validateMonitor(this.#database, this.#monitored);
    this.#log = (event) => {
      try {
        options.log?.(event);
      } catch {
        // A log that fails must not take the connection with it.
      }
    };
    const listenerFailed = (error: unknown): void => {
      this.#log({ event: "listener-failed", client: this.#name, error });
    };
    const { name, database, leaderOnly, inactivityProbeMs, maxFrameBytes, backoff } = { ...defaults, ...options };
    this.#replica = new Replica(Object.keys(options.monitor), listenerFailed);
    this.#monitor = new Monitor(this.#database.name, this.#monitored, this.#replica);
    this.#state = new SyncState(name, listenerFailed);
    this.#locks = new Locks(listenerFailed);
    this.#transactor = new Transactor({
      name,
      database: database.name,
      synced: (signal) => this.#state.synced(signal),
    });
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
      await this.#state.firstSync(signal);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Connected, and the replica in sync. */
  get connected(): boolean {
    return this.#state.session !== undefined;
  }

  /** The schema of the server connected last; empty before the first. */
  get schema(): ServerSchema {
    return this.#schema;
  }

  status(): ClientStatus {
    const { session, syncs, error } = this.#state;
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
      reconnects: Math.max(0, syncs - 1),
      error: error?.message ?? "",
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
    return this.#state.onChange(listener);
  }

  /**
   * Resolves with the predicate's first value that is neither undefined nor false: asked at once and after every commit.
   * For one row use `table(...).waitFor` or an index's `waitFor`, which cost nothing when other rows change. Goes on across
   * reconnections. Rejects with Cancelled when the signal fires, with ClientClosed when the client is closed.
   */
  waitFor<V>(predicate: (db: this) => V | undefined | false, options: WaitOptions): Promise<V> {
    return this.#replica.waitFor(() => predicate(this), options);
  }

  /** Resolves when connected and in sync. */
  synced(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#state.synced(options.signal);
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
    const { session } = this.#state;
    if (session === undefined) this.#monitor.setConditions(table, clauses);
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
    await this.#state.synced(options.signal);
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
    await this.#state.synced(options.signal);
    const { session } = this.#state;
    if (session === undefined) throw new ConnectionLost(`${this.#name}: the connection was lost`);
    return unlessAborted(session.request(method, text), options.signal, method);
  }

  /** Ends the connection, and every wait and call with ClientClosed (those already sent with UnknownOutcome). */
  async close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new ClientClosed(`${this.#name}: the client was closed`);
      this.#connection.close();
      this.#transactor.close(this.#closed);
      this.#locks.close(this.#closed);
      this.#replica.end(this.#closed);
      this.#state.close(this.#closed);
    }
    await this.#running;
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
    this.#locks.attach(session);
    this.#transactor.attach(session);
    session.echo();
    this.#state.up(session);
  }

  #down(error: OvsdbError, wasUp: boolean): void {
    this.#monitor.detached(error);
    this.#transactor.detach();
    this.#locks.detach(error);
    this.#state.down(error, wasUp);
  }
}
