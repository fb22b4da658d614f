import { Filter } from "./condition.js";
import { type OvsdbError, ProtocolError, UnknownMethod } from "./errors.js";
import { type ErasedMonitor, encodeAnyOf } from "./monitor-plan.js";
import type { ErasedClause } from "./operations.js";
import type { Replica, RowWrite } from "./replica.js";
import { type Row, type RowLayout, type WireRow, wireObject } from "./row-layout.js";
import type { Uuid } from "./schema/types.js";
import type { Session } from "./session.js";

/** From the best to the oldest; each server understands those after the first that it understands. */
const methods = ["monitor_cond_since", "monitor_cond", "monitor"] as const;
type Method = (typeof methods)[number];

const zeroTransaction = "00000000-0000-0000-0000-000000000000";

/** Called once: without an error when the replica is in sync. */
export type SyncDone = (error: OvsdbError | undefined, resumed: boolean) => void;

/**
 * Keeps a replica equal to the server's rows: one monitor over all tables, so that each message is a whole commit.
 * It outlives sessions, and after a reconnection asks only for what happened since the last transaction it saw.
 */
export class Monitor {
  readonly #database: string;
  readonly #replica: Replica;
  readonly #conditions = new Map<string, readonly ErasedClause[] | undefined>();
  readonly #filters = new Map<string, Filter>();
  #layouts: ReadonlyMap<string, RowLayout> = new Map();
  #method: Method = "monitor_cond_since";
  #lastTransaction = zeroTransaction;
  /** Condition changes that the server hasn't confirmed: until then "since" would miss rows. */
  #unconfirmed = 0;

  constructor(database: string, monitor: ErasedMonitor, replica: Replica) {
    this.#database = database;
    this.#replica = replica;
    for (const [table, { anyOf }] of Object.entries(monitor)) this.#conditions.set(table, anyOf);
  }

  /** The server's columns, before each `start`. */
  setLayouts(layouts: ReadonlyMap<string, RowLayout>): void {
    const same =
      layouts.size === this.#layouts.size &&
      [...layouts].every(([name, layout]) => this.#layouts.get(name)?.sameAs(layout));
    if (same) return;
    this.#layouts = layouts;
    this.#lastTransaction = zeroTransaction;
  }

  /** Starts monitoring. Synchronous from the reply on, so no update can slip in between. */
  start(session: Session, done: SyncDone): void {
    if (this.#layouts.size === 0) {
      this.#replica.commit(this.#leftovers(new Set()));
      done(undefined, false);
      return;
    }
    const method = this.#method;
    const since = method === "monitor_cond_since" ? `,"${this.#lastTransaction}"` : "";
    session.call(method, `["${this.#database}","${this.#database}",${this.#requests()}${since}]`, (error, result) => {
      if (error instanceof UnknownMethod && method !== "monitor") {
        this.#method = methods[methods.indexOf(method) + 1] ?? "monitor";
        this.start(session, done);
      } else if (error !== undefined) done(error, false);
      else this.#accept(session, method, result, done);
    });
  }

  /** Handles an update of our monitor; false when the notification is not ours. Throws a ProtocolError. */
  notification(method: string, params: readonly unknown[]): boolean {
    if (params[0] !== this.#database) return false;
    if (method === "update3") {
      this.#replica.commit(this.#writes(params[2]));
      this.#remember(params[1]);
    } else if (method === "update2") this.#replica.commit(this.#writes(params[1]));
    else if (method === "update") this.#replica.commit(this.#plainWrites(params[1]));
    else return false;
    return true;
  }

  /** After the session ended: what came half, or not at all, must be read again in full. */
  detached(error: OvsdbError): void {
    if (error instanceof ProtocolError || this.#unconfirmed > 0) this.#lastTransaction = zeroTransaction;
    this.#unconfirmed = 0;
  }

  /** While disconnected: the next `start` asks for these rows. */
  setConditions(table: string, anyOf: readonly ErasedClause[] | undefined): void {
    this.#conditions.set(table, anyOf);
    this.#lastTransaction = zeroTransaction;
  }

  /** monitor_cond_change; `done` is called when the replica holds exactly the rows that match. */
  changeConditions(session: Session, table: string, anyOf: readonly ErasedClause[] | undefined, done: SyncDone): void {
    const before = this.#conditions.get(table);
    this.#conditions.set(table, anyOf);
    const layout = this.#layouts.get(table);
    if (layout === undefined) done(undefined, false);
    else if (this.#method === "monitor") this.#restart(session, done);
    else {
      const change = `{"${table}":[{"where":${encodeAnyOf(layout.table, anyOf)}}]}`;
      this.#unconfirmed += 1;
      session.call("monitor_cond_change", `["${this.#database}","${this.#database}",${change}]`, (error) => {
        if (error === undefined) this.#unconfirmed -= 1;
        else if (!session.closed) {
          this.#unconfirmed -= 1;
          if (this.#conditions.get(table) === anyOf) this.#conditions.set(table, before);
        }
        done(error, false);
      });
    }
  }

  /** A plain monitor can't change: cancel it and begin again. */
  #restart(session: Session, done: SyncDone): void {
    session.call("monitor_cancel", `["${this.#database}"]`, (error) => {
      if (error === undefined) this.start(session, done);
      else done(error, false);
    });
  }

  #requests(): string {
    const requests = [...this.#layouts].map(([name, layout]) => {
      const anyOf = this.#conditions.get(name);
      if (this.#method !== "monitor") {
        return `"${name}":[{"columns":${JSON.stringify(layout.requested)},"where":${encodeAnyOf(layout.table, anyOf)}}]`;
      }
      const filter = new Filter(layout.table, anyOf);
      this.#filters.set(name, filter);
      const columns = new Set([...layout.requested, ...filter.columns.filter((column) => column !== "_uuid")]);
      return `"${name}":[{"columns":${JSON.stringify([...columns])}}]`;
    });
    return `{${requests.join(",")}}`;
  }

  /** Takes in the reply to `start`; true when it held only what changed since our last transaction. */
  #initial(method: Method, result: unknown): boolean {
    if (method === "monitor_cond_since") {
      const [found, transaction, updates] = Array.isArray(result) ? (result as readonly unknown[]) : [];
      if (found === true) this.#replica.commit(this.#writes(updates));
      else this.#replica.commit(this.#whole(this.#writes(updates)));
      this.#remember(transaction);
      return found === true;
    }
    this.#replica.commit(this.#whole(method === "monitor_cond" ? this.#writes(result) : this.#plainWrites(result)));
    return false;
  }

  #remember(transaction: unknown): void {
    if (typeof transaction === "string") this.#lastTransaction = transaction;
  }

  /** A full read: rows that stayed the same keep their object, rows that the server doesn't name are gone. */
  *#whole(writes: Iterable<RowWrite>): Generator<RowWrite> {
    const seen = new Set<Uuid>();
    for (const write of writes) {
      seen.add(write.uuid);
      const old = this.#replica.table(write.table).get(write.uuid);
      const layout = this.#layouts.get(write.table);
      const same = old !== undefined && write.row !== undefined && layout?.same(old, write.row) === true;
      if (!same) yield write;
    }
    yield* this.#leftovers(seen);
  }

  *#leftovers(seen: ReadonlySet<Uuid>): Generator<RowWrite> {
    for (const table of this.#replica.tables()) {
      for (const row of table.rows())
        if (!seen.has(row._uuid)) yield { table: table.name, uuid: row._uuid, row: undefined };
    }
  }

  /** `<table-updates2>` of ovsdb-server(7), section 4.1.14. */
  *#writes(updates: unknown): Generator<RowWrite> {
    for (const [table, layout, uuid, update] of this.#rowsOf(updates)) {
      const whole = update["initial"] ?? update["insert"];
      let row: Row | undefined;
      if (whole !== undefined) row = layout.create(uuid, wireObject(whole, "a row"));
      else if (update["modify"] !== undefined) {
        const old = this.#replica.table(table).get(uuid);
        if (old === undefined) throw new ProtocolError(`${table} ${uuid} was modified, but it is not known`);
        row = layout.modify(old, wireObject(update["modify"], "a row"));
      } else if (!("delete" in update))
        throw new ProtocolError(`an update of ${table} that is neither insert, modify nor delete`);
      yield { table, uuid, row };
    }
  }

  /** `<table-updates>` of RFC 7047, section 4.1.6: "new" is the whole row. */
  *#plainWrites(updates: unknown): Generator<RowWrite> {
    for (const [table, layout, uuid, update] of this.#rowsOf(updates)) {
      const wire: WireRow | undefined = update["new"] === undefined ? undefined : wireObject(update["new"], "a row");
      const known = this.#replica.table(table).get(uuid) !== undefined;
      if (wire !== undefined && this.#filters.get(table)?.matches({ ...wire, _uuid: ["uuid", uuid] }) !== false) {
        yield { table, uuid, row: layout.create(uuid, wire) };
      } else if (known) yield { table, uuid, row: undefined };
    }
  }

  *#rowsOf(updates: unknown): Generator<readonly [string, RowLayout, Uuid, Readonly<Record<string, unknown>>]> {
    const tables = wireObject(updates, "an update");
    for (const name in tables) {
      const layout = this.#layouts.get(name);
      if (layout === undefined) continue;
      const rows = wireObject(tables[name], `updates of ${name}`);
      for (const uuid in rows) yield [name, layout, uuid as Uuid, wireObject(rows[uuid], `the update of ${uuid}`)];
    }
  }

  #accept(session: Session, method: Method, result: unknown, done: SyncDone): void {
    let resumed: boolean;
    try {
      resumed = this.#initial(method, result);
    } catch (error) {
      const failure = toProtocolError(error);
      session.close(failure);
      done(failure, false);
      return;
    }
    done(undefined, resumed);
  }
}

function toProtocolError(error: unknown): ProtocolError {
  return error instanceof ProtocolError
    ? error
    : new ProtocolError(`an update could not be read: ${String(error)}`, { cause: error });
}
