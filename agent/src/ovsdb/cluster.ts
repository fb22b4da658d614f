import { Monitor } from "./monitor.js";
import { Replica } from "./replica.js";
import { RowLayout } from "./row-layout.js";
import { atom, database, optional, scalar } from "./schema/define.js";
import type { Integer, Uuid } from "./schema/types.js";
import type { OvsdbError } from "./errors.js";
import { UnknownDatabase } from "./errors.js";
import type { Session } from "./session.js";

/** The row of ovsdb-server(5), table Database, that tells how a server serves a database. */
interface ServedDatabase {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly model: "standalone" | "clustered" | "relay";
  readonly connected: boolean;
  readonly leader: boolean;
  readonly cid: Uuid | undefined;
  readonly index: Integer | undefined;
}

const serverDatabase = database<{ readonly Database: ServedDatabase }>("_Server", "1.2.0", {
  Database: {
    columns: {
      name: scalar(atom("string")),
      model: scalar(atom("string")),
      connected: scalar(atom("boolean")),
      leader: scalar(atom("boolean")),
      cid: optional(atom("uuid")),
      index: optional(atom("integer")),
    },
  },
});

export type Role = "standalone" | "leader" | "follower" | "relay" | "unknown";

/**
 * The newest log index seen of each cluster. It outlives sessions: a client that may read from followers must not go
 * back to one whose data is older than what it has shown already.
 */
export type SeenIndexes = Map<Uuid, Integer>;

/** Watches, through the _Server database, whether a server is one that the client may work with. */
export class ServerWatch {
  readonly #name: string;
  readonly #leaderOnly: boolean;
  readonly #seen: SeenIndexes;
  readonly #replica = new Replica(["Database"], () => undefined);
  readonly #monitor: Monitor;
  #known = true;

  constructor(name: string, leaderOnly: boolean, seen: SeenIndexes) {
    this.#name = name;
    this.#leaderOnly = leaderOnly;
    this.#seen = seen;
    const { Database: schema } = serverDatabase.tables;
    this.#monitor = new Monitor("_Server", { Database: { anyOf: [["name", "==", name]] as never } }, this.#replica);
    // The index moves with every commit of the cluster: a client of the leader has no use for that traffic.
    const unused = leaderOnly ? ["_uuid", "_version", "index"] : ["_uuid", "_version"];
    const columns = Object.values(schema.columns).filter((column) => !unused.includes(column.name));
    const layout = new RowLayout(
      schema,
      columns.map((column) => ({ schema: column, present: true, replaces: true })),
    );
    this.#monitor.setLayouts(new Map([["Database", layout]]));
  }

  /** `done` is called once the state is known. A server without _Server (before Open vSwitch 2.9) counts as standalone. */
  start(session: Session, done: (error: OvsdbError | undefined) => void): void {
    this.#monitor.start(session, (error) => {
      if (error instanceof UnknownDatabase) this.#known = false;
      done(error instanceof UnknownDatabase ? undefined : error);
    });
  }

  /** True when the notification was about the watched state. Throws a ProtocolError. */
  notification(method: string, params: readonly unknown[]): boolean {
    return this.#monitor.notification(method, params);
  }

  get role(): Role {
    const row = this.#row();
    if (row === undefined) return this.#known ? "unknown" : "standalone";
    if (row.model === "clustered") return row.leader ? "leader" : "follower";
    return row.model;
  }

  /** Why this server can't be used now; undefined when it can. */
  refusal(): string | undefined {
    if (!this.#known) return undefined;
    const row = this.#row();
    if (row === undefined) return `it serves no database ${this.#name}`;
    if (row.model === "standalone") return undefined;
    if (!row.connected) return "it is not connected to its cluster";
    if (this.#leaderOnly && row.model === "relay") return "it is a relay";
    if (this.#leaderOnly && !row.leader) return "it is not the cluster's leader";
    return this.#stale(row) ? "its data is older than what was read before" : undefined;
  }

  #stale({ cid, index }: ServedDatabase): boolean {
    if (cid === undefined || index === undefined) return false;
    const seen = this.#seen.get(cid) ?? 0;
    if (index < seen) return true;
    this.#seen.set(cid, index);
    return false;
  }

  #row(): ServedDatabase | undefined {
    for (const row of this.#replica.table("Database").rows()) return row as unknown as ServedDatabase;
    return undefined;
  }
}
