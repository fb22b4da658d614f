import { join } from "node:path";
import { TestProcess, listening, removeFolder, run, temporaryFolder, until } from "./process.js";
import { type TestSchema, schemaPath } from "./server.js";

/** A RAFT cluster of ovsdb-servers on unix sockets. */
export interface TestCluster {
  /** One per member. */
  readonly remotes: readonly string[];
  /** The index of the member that leads; waits for an election. */
  leader(): Promise<number>;
  kill(member: number): Promise<void>;
  start(member: number): Promise<void>;
  /** SIGSTOP: the member keeps its connections and says nothing, so that the others elect another leader. */
  pause(member: number): void;
  resume(member: number): void;
  control(member: number, ...command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

interface Member {
  readonly file: string;
  readonly socket: string;
  readonly control: string;
  process: TestProcess | undefined;
  paused: boolean;
}

/** Starts `size` members; each listens and has joined when this resolves. */
export async function startCluster(schema: TestSchema, database: string, size = 3): Promise<TestCluster> {
  const folder = await temporaryFolder();
  const members = Array.from({ length: size }, (_, i): Member => {
    return {
      file: join(folder, `db${i}`),
      socket: join(folder, `s${i}`),
      control: join(folder, `c${i}`),
      process: undefined,
      paused: false,
    };
  });
  const address = (i: number): string => `unix:${join(folder, `r${i}`)}`;
  const start = (i: number): Promise<void> => startMember(members[i] as Member, folder);
  const control = (i: number, ...command: readonly string[]): Promise<string> => {
    return run("ovs-appctl", "-t", (members[i] as Member).control, ...command);
  };
  const stop = async (): Promise<void> => {
    for (const member of members) await member.process?.kill();
    await removeFolder(folder);
  };
  try {
    for (const [i, member] of members.entries()) {
      if (i === 0) await run("ovsdb-tool", "create-cluster", member.file, await schemaPath(schema, folder), address(0));
      else await run("ovsdb-tool", "join-cluster", member.file, database, address(i), address(0));
      await start(i);
      const joined = async (): Promise<boolean> =>
        (await control(i, "cluster/status", database)).includes("Status: cluster member");
      await until(joined, `member ${i} has not joined`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const signal = (i: number, name: "SIGSTOP" | "SIGCONT"): void => {
    const member = members[i] as Member;
    member.process?.signal(name);
    member.paused = name === "SIGSTOP";
  };
  const leads = async (i: number): Promise<boolean> => {
    return (
      members[i]?.process?.running === true && (await control(i, "cluster/status", database)).includes("Role: leader")
    );
  };
  const leader = (): Promise<number> => {
    const find = async (): Promise<number | undefined> => {
      // Never ask a paused member: it doesn't answer.
      for (const [i, { paused }] of members.entries()) if (!paused && (await leads(i))) return i;
      return undefined;
    };
    return until(find, "no leader");
  };
  return {
    remotes: members.map(({ socket }) => `unix:${socket}`),
    leader,
    kill: async (i) => {
      await members[i]?.process?.kill();
    },
    start,
    pause: (i) => signal(i, "SIGSTOP"),
    resume: (i) => signal(i, "SIGCONT"),
    control,
    stop,
  };
}

async function startMember(member: Member, folder: string): Promise<void> {
  member.process = new TestProcess(
    "ovsdb-server",
    [`--remote=punix:${member.socket}`, `--unixctl=${member.control}`, "--no-chdir", member.file],
    { OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder },
  );
  await listening(member.socket, member.process);
}
