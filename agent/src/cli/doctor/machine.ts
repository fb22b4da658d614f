import { access, constants, readdir, readFile, stat, statfs } from "node:fs/promises";
import { availableParallelism, networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { execa } from "execa";
import systeminformation from "systeminformation";

export interface FileFacts {
  readonly kind: "file" | "directory" | "socket" | "other";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
}

export interface ProgramResult {
  /** Undefined when the program is not installed, or was ended by a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MachineLink {
  readonly name: string;
  readonly mtu: number;
  /** Without prefix. */
  readonly addresses: readonly string[];
}

export interface MachineFacts {
  readonly system: string;
  readonly kernel: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly availableBytes: number;
}

const PROGRAM_DEADLINE_MS = 10_000;

/** What the checks look at of the machine. Nothing here changes it. */
export interface Machine {
  readonly uid: number;
  /** Where OVN's daemons have their control sockets. */
  readonly ovnRunDirectory: string;
  /** Undefined when the file does not exist. */
  readText(path: string): Promise<string | undefined>;
  /** Names in a directory, in lexical order; undefined when it does not exist. */
  list(path: string): Promise<string[] | undefined>;
  /** Undefined when nothing is there. */
  look(path: string): Promise<FileFacts | undefined>;
  /** Bytes that the filesystem of the nearest existing parent has left. */
  freeBytes(path: string): Promise<number>;
  /** Runs a program that reads only. */
  program(file: string, args: readonly string[], signal: AbortSignal, input?: string): Promise<ProgramResult>;
  /** Links with an address. */
  links(): Promise<MachineLink[]>;
  facts(): Promise<MachineFacts>;
}

export class LinuxMachine implements Machine {
  readonly uid = process.getuid?.() ?? 0;
  readonly ovnRunDirectory = process.env["OVN_RUNDIR"] ?? "/var/run/ovn";

  readText(path: string): Promise<string | undefined> {
    return absentAsUndefined(readFile(path, "utf8"));
  }

  async list(path: string): Promise<string[] | undefined> {
    return (await absentAsUndefined(readdir(path)))?.sort();
  }

  async look(path: string): Promise<FileFacts | undefined> {
    const facts = await absentAsUndefined(stat(path));
    if (facts === undefined) return undefined;
    const kind = facts.isFile() ? "file" : facts.isDirectory() ? "directory" : facts.isSocket() ? "socket" : "other";
    return { kind, mode: facts.mode & 0o7777, uid: facts.uid };
  }

  async freeBytes(path: string): Promise<number> {
    try {
      await access(path, constants.F_OK);
    } catch {
      return this.freeBytes(dirname(path));
    }
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  }

  async program(file: string, args: readonly string[], signal: AbortSignal, input = ""): Promise<ProgramResult> {
    const { exitCode, stdout, stderr } = await execa(file, args, {
      env: { LC_ALL: "C" },
      input,
      reject: false,
      timeout: PROGRAM_DEADLINE_MS,
      killSignal: "SIGKILL",
      cancelSignal: signal,
    });
    return { code: exitCode, stdout, stderr };
  }

  async links(): Promise<MachineLink[]> {
    return Promise.all(
      Object.entries(networkInterfaces()).map(async ([name, addresses = []]) => ({
        name,
        mtu: Number(await readFile(`/sys/class/net/${name}/mtu`, "utf8").catch(() => "0")),
        addresses: addresses.map(({ address }) => address),
      })),
    );
  }

  async facts(): Promise<MachineFacts> {
    const [system, memory] = await Promise.all([systeminformation.osInfo(), systeminformation.mem()]);
    return {
      system: `${system.distro} ${system.release}`.trim(),
      kernel: `${system.kernel} ${system.arch}`,
      processors: availableParallelism(),
      memoryBytes: memory.total,
      availableBytes: memory.available,
    };
  }
}

async function absentAsUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
