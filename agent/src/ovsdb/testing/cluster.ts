import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TestProcess, listening, removeFolder, run, temporaryFolder } from "./process.js";
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
    await Promise.all(members.map((member) => member.process?.kill()));
    await removeFolder(folder);
  };
  try {
    for (const [i, member] of members.entries()) {
      if (i === 0) await run("ovsdb-tool", "create-cluster", member.file, await schemaPath(schema, folder), address(0));
      else await run("ovsdb-tool", "join-cluster", member.file, database, address(i), address(0));
      await start(i);
      await until(async () => (await control(i, "cluster/status", database)).includes("Status: cluster member"));
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
  const leader = async (): Promise<number> => {
    let found = -1;
    await until(async () => {
      for (const [i, member] of members.entries()) {
        if (member.paused) continue;
        if (member.process?.running === true && (await control(i, "cluster/status", database)).includes("Role: leader"))
          found = i;
      }
      return found >= 0;
    });
    return found;
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

async function until(check: () => Promise<boolean>): Promise<void> {
  const start = performance.now();
  for (let last: unknown; performance.now() - start < 30_000;) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    await sleep(50);
    if (performance.now() - start >= 30_000) throw new Error("the cluster isn't ready after 30 s", { cause: last });
  }
}
