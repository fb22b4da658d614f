/** Making the pair of a pod. */
import { aliasGroup, createVeth, deleteLink, getNetnsId, type LinkRow, parseNetnsId, setLink } from "./link.js";
import type { Entered, NetnsSockets } from "./netns-sockets.js";
import { type LinkRequest, NetlinkError } from "./port.js";
import { findLink } from "./socket.js";

type CreateVeth = Extract<LinkRequest, { kind: "create-veth" }>;

/**
 * The alias is a link's owner mark, and the kernel takes none on creation. So the link is born into a group of its own, and a
 * second message in the same system call gives the alias to whatever is in that group: the new link or, when its creation
 * was refused, nothing. (By name, the second message could mark a stranger's link.) A process killed here leaves no
 * link unmarked; at worst its link stays in that group, which means nothing.
 */
export function createVethPair(sockets: NetnsSockets, entered: Entered, request: CreateVeth): void {
  const { socket } = entered;
  const birth = 0x40000000 + Math.floor(Math.random() * 0x10000000);
  const [refused, unmarked] = sockets.withDescriptor(request.peer.netns, (fd) =>
    socket.exchange([createVeth(request, fd, birth), aliasGroup(birth, request.alias)]),
  );
  if (refused?.errno === "EEXIST") return adopt(sockets, entered, request);
  if (refused !== undefined) throw refused;
  if (unmarked !== undefined) {
    socket.request(deleteLink({ name: request.name }));
    throw unmarked;
  }
  socket.request(setLink({ name: request.name }, { group: 0 }));
}

/** One of the two names is taken: by the pair that was asked for (an earlier attempt's, finish it) or by something else. */
function adopt(sockets: NetnsSockets, entered: Entered, request: CreateVeth): void {
  const { name, alias, mtu, peer } = request;
  sockets.within(peer.netns, (inside) => {
    const [link] = findLink(entered.socket, name);
    const [other] = findLink(inside.socket, peer.name);
    if (link === undefined) throw taken(peer.name, peer.netns, other);
    const isPair = link.kind === "veth" && link.peerIndex === other?.index && reaches(link, entered, inside);
    if (!isPair || (link.alias !== "" && link.alias !== alias)) throw taken(name, entered.path, link);
    const mac = peer.mac?.toLowerCase() === other.mac ? undefined : peer.mac;
    inside.socket.request(setLink({ index: other.index }, { mtu, mac }));
    entered.socket.request(setLink({ index: link.index }, { mtu, alias, group: 0 }));
  });
}

/** True when the peer of `link` lives in the other namespace: indices alone say little, every pod's eth0 tends to be number 2. */
function reaches(link: LinkRow, from: Entered, into: Entered): boolean {
  if (link.peerNetnsId < 0) return from.path === into.path;
  return link.peerNetnsId === from.socket.get(getNetnsId(into.fd), parseNetnsId)[0];
}

function taken(name: string, netns: string, link: LinkRow | undefined): NetlinkError {
  const place = netns === "" ? "on the host" : `in ${netns}`;
  const what = link === undefined ? "" : `: a ${link.kind || "physical"} link, alias "${link.alias}"`;
  const detail = `${name} exists ${place} and is not the pair that was asked for${what}`;
  return new NetlinkError(`EEXIST: ${detail}`, "EEXIST", detail);
}
