import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { netnsPath } from "./command.js";

/** One process, recognisable also after its ID was given to another one. */
export interface ProcessMark {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}

/** Mark of a living process; undefined when there is none, or only its zombie. */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything, so fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startTime = fields[19];
    return startTime === undefined || fields[0] === "Z" ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.startTime === mark.startTime;
}

/** Process ID and command line, for people. */
export function describeProcess(pid: number): string {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean).join(" ");
    return `${pid} ${argv === "" ? "(kernel)" : argv}`;
  } catch {
    return `${pid} (gone)`;
  }
}

/** Living processes whose network namespace is one of those named: whoever runs there was started for the bed. */
export function processesIn(netnsNames: readonly string[]): number[] {
  const inodes = new Set<string>();
  for (const name of netnsNames) {
    try {
      inodes.add(`net:[${statSync(netnsPath(name)).ino}]`);
    } catch {
      // Deleted meanwhile.
    }
  }
  if (inodes.size === 0) return [];
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).filter((pid) => inodes.has(netnsLink(pid)) && markOf(pid) !== undefined);
}

function netnsLink(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}
