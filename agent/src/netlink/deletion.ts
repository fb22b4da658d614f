/**
 * Deleting links. The kernel waits a grace period (~20 ms) per RTM_DELLINK, not per link, and one RTM_DELLINK can name a
 * whole group. So links that are to go at the same time are put into a group that was made for this one purpose, and the kernel deletes
 * them in the background, while this thread serves others.
 */
import { deleteGroup, deleteLink, dumpLinks, type LinkRow, parseLink, setLink } from "./link.js";
import { NetlinkError } from "./port.js";
import { findLink, type RouteSocket, unlessAbsent } from "./socket.js";

/** What this needs of a socket that nobody else uses. */
export type DeletionSocket = Pick<RouteSocket, "get" | "dump" | "request" | "requestInBackground">;

export interface Undeleted {
  readonly name: string;
  readonly reason: NetlinkError;
}

/** Deletes the named links of the socket's namespace; gone is done. Returns those that the kernel refuses to delete. */
export async function deleteTogether(socket: DeletionSocket, names: readonly string[]): Promise<Undeleted[]> {
  if (names.length < 2) return deleteSingly(socket, names);
  const links = names.flatMap((name) => findLink(socket, name));
  // One link without a kind (a network card, lo) makes the kernel refuse the whole group.
  const deletable = links.filter(({ kind }) => kind !== "");
  const group = deletable.length < 2 ? undefined : isolate(socket, deletable);
  if (group === undefined || !(await deleteWhole(socket, group))) return deleteSingly(socket, names);
  return deleteSingly(
    socket,
    links.filter(({ kind }) => kind === "").map(({ name }) => name),
  );
}

/**
 * Moves `links` into a fresh group and returns its number, or undefined when that can't be done.
 *
 * What deletes by group must never meet a stranger: the number is random out of 2^28 and used once, links are moved by
 * index (a name may have come to mean another link), and the kernel's own list of the group's members is compared before the number
 * is returned. A crash in between leaves links in a group that nobody will ever delete by; they are found by their alias as before.
 */
function isolate(socket: DeletionSocket, links: readonly LinkRow[]): number | undefined {
  const group = 0x50000000 + Math.floor(Math.random() * 0x10000000);
  for (const { index } of links) unlessAbsent("ENODEV", () => socket.request(setLink({ index }, { group })));
  const asked = new Map(links.map(({ index, name }) => [index, name]));
  const members = socket.dump(dumpLinks(), parseLink).filter((link) => link.group === group);
  return members.every(({ index, name }) => asked.get(index) === name) ? group : undefined;
}

/** False when the kernel refused; it then has deleted none. */
async function deleteWhole(socket: DeletionSocket, group: number): Promise<boolean> {
  try {
    await socket.requestInBackground(deleteGroup(group));
    return true;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    // Every one of them went with its pod's namespace meanwhile.
    return error.errno === "ENODEV";
  }
}

async function deleteSingly(socket: DeletionSocket, names: readonly string[]): Promise<Undeleted[]> {
  const undeleted: Undeleted[] = [];
  for (const name of names) {
    try {
      await socket.requestInBackground(deleteLink({ name }));
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.errno !== "ENODEV") undeleted.push({ name, reason: error });
    }
  }
  return undeleted;
}
