import { run } from "./command.js";
import type { Bed } from "./bed.js";
import { Daemon } from "./daemon.js";
import { waitUntil } from "./wait.js";

/** What an OVSDB database of central is made of. */
export interface DatabaseSpec {
  /** Short name: files, sockets and daemons are called `<name><member>`. */
  readonly name: "nb" | "sb";
  readonly schema: "OVN_Northbound" | "OVN_Southbound";
  readonly schemaFile: string;
  readonly netns: string;
  /** 1 for a standalone database, more for a RAFT cluster. */
  readonly members: number;
  /** Further `--remote` arguments of a member, beside its unix socket; and options such as --private-key. */
  readonly listen: (member: number) => readonly string[];
}

/** One ovsdb-server of a database. */
export class DatabaseMember {
  readonly index: number;
  readonly socket: string;
  readonly daemon: Daemon;
  readonly #schema: string;
  readonly #ctl: string;

  constructor(bed: Bed, spec: DatabaseSpec, index: number) {
    const name = `${spec.name}${index}`;
    const directory = bed.makeDirectory("central");
    this.index = index;
    this.#schema = spec.schema;
    this.socket = `${directory}/${name}.sock`;
    this.#ctl = `${directory}/${name}.ctl`;
    const listen = [`--remote=punix:${this.socket}`, ...spec.listen(index)];
    const argv = ["ovsdb-server", ...listen, `--unixctl=${this.#ctl}`, ...LOG_TO_CONSOLE, `${directory}/${name}.db`];
    this.daemon = new Daemon(bed, { name, argv, netns: spec.netns });
  }

  /** OVSDB remote of this member alone. */
  get remote(): string {
    return `unix:${this.socket}`;
  }

  /** Whether the member serves its database and has a leader; a standalone database leads itself. */
  async state(): Promise<{ connected: boolean; leader: boolean }> {
    const query = [
      "_Server",
      { op: "select", table: "Database", where: [["name", "==", this.#schema]], columns: ["connected", "leader"] },
    ];
    const reply = await run(["ovsdb-client", "query", this.remote, JSON.stringify(query)], { timeoutMs: 5_000 });
    const [{ rows } = { rows: [] }] = JSON.parse(reply) as [{ rows: { connected: boolean; leader: boolean }[] }?];
    return rows[0] ?? { connected: false, leader: false };
  }

  /** `ovs-appctl` on this server, for example "cluster/status". */
  appctl(...args: readonly string[]): Promise<string> {
    return run(["ovs-appctl", "-t", this.#ctl, ...args]);
  }

  async waitReady(): Promise<void> {
    await waitUntil(`${this.daemon.name} serves ${this.#schema}`, async () => (await this.state()).connected, {
      failing: () => this.daemon.failure(),
    });
  }

  /** Starts a stopped or killed member again and waits until it serves. */
  async restart(): Promise<void> {
    await this.daemon.stop();
    await this.daemon.start();
    await this.waitReady();
  }
}

/** A database of central: one server, or a RAFT cluster of several. */
export class Database {
  readonly schema: string;
  readonly members: readonly DatabaseMember[];

  constructor(schema: string, members: readonly DatabaseMember[]) {
    this.schema = schema;
    this.members = members;
  }

  /** OVSDB remotes of every member, separated by commas. */
  get remote(): string {
    return this.members.map((member) => member.remote).join(",");
  }

  /** The member that accepts writes now; waits while an election runs. */
  async leader(): Promise<DatabaseMember> {
    return waitUntil(`${this.schema} has a leader`, async () => {
      for (const member of this.members.filter(({ daemon }) => daemon.running)) {
        const state = await member.state().catch(() => undefined);
        if (state?.leader === true && state.connected) return member;
      }
      return undefined;
    });
  }
}

/** Options of every OVS and OVN daemon here: all they say goes to their standard error, that is to the bed's log. */
export const LOG_TO_CONSOLE = ["-vconsole:info", "-vsyslog:off", "-vfile:off"] as const;

/** Creates the files of a database, starts its servers and waits until every one serves. */
export async function startDatabase(bed: Bed, spec: DatabaseSpec): Promise<Database> {
  const directory = bed.makeDirectory("central");
  const members = Array.from({ length: spec.members }, (_, index) => new DatabaseMember(bed, spec, index + 1));
  for (const member of members) {
    const file = `${directory}/${member.daemon.name}.db`;
    const address = (index: number): string => `unix:${directory}/${spec.name}${index}.raft`;
    const argv =
      spec.members === 1
        ? ["ovsdb-tool", "create", file, spec.schemaFile]
        : member.index === 1
          ? ["ovsdb-tool", "create-cluster", file, spec.schemaFile, address(1)]
          : ["ovsdb-tool", "join-cluster", file, spec.schema, address(member.index), address(1)];
    await run(argv);
    await member.daemon.start();
  }
  await Promise.all(members.map((member) => member.waitReady()));
  return new Database(spec.schema, members);
}
