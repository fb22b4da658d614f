import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Clock ticks per second in /proc: 100 on every Linux (USER_HZ). */
const TICKS = 100;

export interface Memory {
  /** MB (10^6 bytes) in physical memory; what is shared with others counts in full. */
  readonly resident: number;
  /** The same, with what is shared divided among those who share it. */
  readonly proportional: number;
}

export function memoryOf(pid: number): Memory {
  return { resident: kilobytes(pid, "status", "VmRSS"), proportional: kilobytes(pid, "smaps_rollup", "Pss") };
}

/** Percent of one processor that each process used during the next `seconds`, user and system. */
export async function processorUse(pids: readonly number[], seconds: number, signal: AbortSignal): Promise<number[]> {
  const start = performance.now();
  const before = pids.map(processorSeconds);
  await sleep(seconds * 1000, undefined, { signal });
  const passed = (performance.now() - start) / 1000;
  return pids.map((pid, index) => ((processorSeconds(pid) - (before[index] ?? 0)) / passed) * 100);
}

/**
 * Processor time of a process so far, user and system, to the hundredth of a second.
 * proc(5), /proc/PID/stat: fields 14 and 15, counted behind the name, which may hold anything.
 */
export function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function kilobytes(pid: number, file: string, field: string): number {
  const text = readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc/${String(pid)}/${file} has no ${field}`);
  return (Number(found) * 1024) / 1e6;
}
