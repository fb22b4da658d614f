import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIRECTORY_PREFIX } from "./bed.js";
import { isAlive, markOf } from "./process-table.js";
import { remainsOf, removeBed, type BedIdentity } from "./removal.js";

/** What a sweep did: names of the beds removed, and one line per thing that it could not remove. */
export interface SweepReport {
  readonly removed: readonly string[];
  readonly remains: readonly string[];
}

/**
 * Removes the beds whose owner is dead: it was killed, so nobody tore them down.
 * The owner is known by process ID and start time, so a reused ID does not keep a bed alive for ever.
 */
export function sweepStaleBeds(): SweepReport {
  const stale = bedsWithDirectory();
  for (const bed of stale) removeBed(bed);
  const orphans = bedsWithNamespacesOnly();
  for (const bed of orphans) removeBed(bed);
  stale.push(...orphans);
  return { removed: stale.map((bed) => bed.id), remains: stale.flatMap(remainsOf) };
}

function bedsWithDirectory(): BedIdentity[] {
  const entries = readdirSync(tmpdir()).filter((entry) => entry.startsWith(`${DIRECTORY_PREFIX}bed-`));
  return entries.flatMap((entry) => {
    const directory = join(tmpdir(), entry);
    const id = /bed-\d+-[0-9a-f]{4}/.exec(entry)?.[0];
    return id === undefined || ownerLives(id, directory) ? [] : [{ id, directory }];
  });
}

/** Its owner's mark; a bed that has not written it yet is known by the process ID in its name. */
function ownerLives(id: string, directory: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(directory, "owner.json"), "utf8")) as { pid: number; startTime: string };
    return isAlive(owner);
  } catch {
    return markOf(pidIn(id)) !== undefined;
  }
}

function bedsWithNamespacesOnly(): BedIdentity[] {
  if (!existsSync("/run/netns")) return [];
  const ids = new Set(readdirSync("/run/netns").flatMap((name) => /^bed-\d+-[0-9a-f]{4}(?=-)/.exec(name) ?? []));
  const orphans = [...ids].filter((id) => markOf(pidIn(id)) === undefined);
  return orphans.map((id) => ({ id, directory: join(tmpdir(), `${DIRECTORY_PREFIX}${id}-gone`) }));
}

function pidIn(id: string): number {
  return Number(id.split("-")[1]);
}
