import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { describeProcess, isAlive, markOf, processesIn, type ProcessMark } from "./process-table.js";

/** Where `ip netns` keeps the names of network namespaces. */
const NETNS_DIRECTORY = "/run/netns";

/** Name and directory of a bed: all that is needed to remove it, also for another process. */
export interface BedIdentity {
  readonly id: string;
  readonly directory: string;
}

/** Names of the network namespaces that belong to a bed. */
export function netnsOf(id: string): string[] {
  if (!existsSync(NETNS_DIRECTORY)) return [];
  return readdirSync(NETNS_DIRECTORY).filter((name) => name.startsWith(`${id}-`));
}

/** Mount points below a directory, deepest first. */
export function mountsBelow(directory: string): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  const points = mounts.map((line) => line.split(" ")[4] ?? "").map(unescapeMount);
  return points.filter((point) => point.startsWith(`${directory}/`)).sort((a, b) => b.length - a.length);
}

function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** SIGKILL by process ID, and waits (blocking) until they are gone or `timeoutMs` is over. */
export function endProcesses(pids: readonly number[], timeoutMs = 5_000): void {
  const marks = pids.map(markOf).filter((mark): mark is ProcessMark => mark !== undefined);
  for (const { pid } of marks) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone between the look and the signal.
    }
  }
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + timeoutMs;
  while (marks.some(isAlive) && performance.now() < deadline) Atomics.wait(clock, 0, 0, 5);
}

/**
 * Ends a bed's processes, unmounts, deletes its namespaces and its directory; goes on past failures (see `remainsOf`).
 *
 * Blocking, because it also runs when the process is about to exit. Everything of a bed runs inside one of its network
 * namespaces, so that is how its processes are found, those of a crashed owner included.
 */
export function removeBed({ id, directory }: BedIdentity): void {
  const namespaces = netnsOf(id);
  endProcesses(processesIn(namespaces));
  for (const point of mountsBelow(directory)) spawnSync("umount", [point]);
  for (const name of namespaces) spawnSync("ip", ["netns", "del", name]);
  if (mountsBelow(directory).length === 0) rmSync(directory, { recursive: true, force: true });
}

/** What is left of a bed, one line each: processes, namespaces, mounts, its directory. */
export function remainsOf({ id, directory }: BedIdentity): string[] {
  const namespaces = netnsOf(id);
  return [
    ...processesIn(namespaces).map((pid) => `process ${describeProcess(pid)}`),
    ...namespaces.map((name) => `network namespace ${name}`),
    ...mountsBelow(directory).map((point) => `mount ${point}`),
    ...(existsSync(directory) ? [`directory ${directory}`] : []),
  ];
}
