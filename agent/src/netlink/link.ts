/** Links on the wire: RTM_NEWLINK and its kin (linux/if_link.h, linux/veth.h). Pure. */
import {
  type Attribute,
  attribute,
  decodeAttributes,
  MalformedNetlink,
  type Message,
  NLM_F,
  readText,
  readU32,
  type Request,
  viewOf,
} from "./codec.js";
import { formatMac, parseMac } from "./ip.js";
import type { Link, LinkRequest } from "./port.js";

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, SETLINK: 19, NEWNSID: 88, GETNSID: 90 } as const;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  LINKINFO: 18,
  IFALIAS: 20,
  GROUP: 27,
  NET_NS_FD: 28,
  EXT_MASK: 29,
  LINK_NETNSID: 37,
} as const;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const RTEXT_FILTER_SKIP_STATS = 8;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const IFF_UP = 1;
const IFINFOMSG = 16;

type CreateVeth = Extract<LinkRequest, { kind: "create-veth" }>;

/** What the kernel tells of a link beyond the port's view. */
export interface LinkRow extends Link {
  readonly group: number;
  /** The namespace that `peerIndex` counts in, as this namespace numbers others; -1 when it is this one. */
  readonly peerNetnsId: number;
}

/** A link is addressed by its index where that is known (nobody can rename it in between), else by its name. */
export type LinkRef = { readonly index: number } | { readonly name: string };

export interface LinkChanges {
  readonly up?: boolean | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: string | undefined;
  readonly alias?: string | undefined;
  readonly group?: number | undefined;
}

/**
 * A pair whose peer is born in the namespace of `peerNetns`, never visible in this one.
 * The kernel ignores IFLA_IFALIAS on creation, but not IFLA_GROUP: see `aliasGroup`.
 */
export function createVeth(request: CreateVeth, peerNetns: number, group: number): Request {
  const peer = [
    attribute.text(IFLA.IFNAME, request.peer.name),
    attribute.u32(IFLA.MTU, request.mtu),
    attribute.u32(IFLA.NET_NS_FD, peerNetns),
  ];
  if (request.peer.mac !== undefined) peer.push(attribute.bytes(IFLA.ADDRESS, parseMac(request.peer.mac)));
  return {
    type: RTM.NEWLINK,
    flags: NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL,
    header: ifinfomsg(),
    attributes: [
      attribute.text(IFLA.IFNAME, request.name),
      attribute.u32(IFLA.MTU, request.mtu),
      attribute.u32(IFLA.GROUP, group),
      attribute.nest(IFLA.LINKINFO, [
        attribute.text(IFLA_INFO_KIND, "veth"),
        attribute.nest(IFLA_INFO_DATA, [attribute.nest(VETH_INFO_PEER, peer, ifinfomsg())]),
      ]),
    ],
  };
}

/** Sets the alias of every link of `group`; succeeds when the group is empty. */
export function aliasGroup(group: number, alias: string): Request {
  return {
    type: RTM.NEWLINK,
    flags: NLM_F.REQUEST | NLM_F.ACK,
    header: ifinfomsg(),
    attributes: [attribute.u32(IFLA.GROUP, group), aliasAttribute(alias)],
  };
}

export function setLink(ref: LinkRef, changes: LinkChanges): Request {
  const attributes: Attribute[] = [];
  if (changes.mtu !== undefined) attributes.push(attribute.u32(IFLA.MTU, changes.mtu));
  if (changes.mac !== undefined) attributes.push(attribute.bytes(IFLA.ADDRESS, parseMac(changes.mac)));
  if (changes.alias !== undefined) attributes.push(aliasAttribute(changes.alias));
  if (changes.group !== undefined) attributes.push(attribute.u32(IFLA.GROUP, changes.group));
  const flags = changes.up === undefined ? undefined : { value: changes.up ? IFF_UP : 0, mask: IFF_UP };
  return toLink(RTM.SETLINK, NLM_F.ACK, ref, attributes, flags);
}

export function deleteLink(ref: LinkRef): Request {
  return toLink(RTM.DELLINK, NLM_F.ACK, ref, []);
}

/** Deletes every link of `group`: all of them or, on an error, none. */
export function deleteGroup(group: number): Request {
  return {
    type: RTM.DELLINK,
    flags: NLM_F.REQUEST | NLM_F.ACK,
    header: ifinfomsg(),
    attributes: [attribute.u32(IFLA.GROUP, group)],
  };
}

export function getLink(ref: LinkRef): Request {
  return toLink(RTM.GETLINK, NLM_F.ACK, ref, [attribute.u32(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS)]);
}

export function dumpLinks(): Request {
  return {
    type: RTM.GETLINK,
    flags: NLM_F.REQUEST | NLM_F.DUMP,
    header: ifinfomsg(),
    attributes: [attribute.u32(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS)],
  };
}

/** None for a message that is no link. */
export function parseLink(message: Message): LinkRow[] {
  if (message.type !== RTM.NEWLINK) return [];
  if (message.payload.length < IFINFOMSG) throw new MalformedNetlink("truncated ifinfomsg");
  const view = viewOf(message.payload);
  const attributes = decodeAttributes(message.payload, IFINFOMSG);
  const info = attributes.get(IFLA.LINKINFO);
  const kind = info === undefined ? "" : readText(decodeAttributes(info).get(IFLA_INFO_KIND));
  const peerNetnsId = attributes.get(IFLA.LINK_NETNSID);
  const row: LinkRow = {
    index: view.getInt32(4, true),
    name: readText(attributes.get(IFLA.IFNAME)),
    kind,
    mac: formatMac(attributes.get(IFLA.ADDRESS) ?? new Uint8Array()),
    mtu: readU32(attributes.get(IFLA.MTU)),
    up: (view.getUint32(8, true) & IFF_UP) !== 0,
    alias: readText(attributes.get(IFLA.IFALIAS)),
    // IFLA_LINK of other kinds names the device that they sit on.
    peerIndex: kind === "veth" ? readU32(attributes.get(IFLA.LINK)) : 0,
    group: readU32(attributes.get(IFLA.GROUP)),
    peerNetnsId: peerNetnsId === undefined ? -1 : readU32(peerNetnsId) | 0,
  };
  return [row];
}

/** Asks by which number the socket's namespace knows the one of `netns`, an open descriptor. */
export function getNetnsId(netns: number): Request {
  return {
    type: RTM.GETNSID,
    flags: NLM_F.REQUEST | NLM_F.ACK,
    header: new Uint8Array(4),
    attributes: [attribute.u32(NETNSA_FD, netns)],
  };
}

/** -1 when no link of this namespace has its peer in that one. */
export function parseNetnsId(message: Message): number[] {
  return message.type === RTM.NEWNSID ? [readU32(decodeAttributes(message.payload, 4).get(NETNSA_NSID)) | 0] : [];
}

function toLink(
  type: number,
  flags: number,
  ref: LinkRef,
  attributes: readonly Attribute[],
  change?: { readonly value: number; readonly mask: number },
): Request {
  const byName = "name" in ref;
  return {
    type,
    flags: NLM_F.REQUEST | flags,
    header: ifinfomsg(byName ? 0 : ref.index, change),
    attributes: byName ? [attribute.text(IFLA.IFNAME, ref.name), ...attributes] : attributes,
  };
}

function ifinfomsg(index = 0, change = { value: 0, mask: 0 }): Uint8Array {
  const header = new Uint8Array(IFINFOMSG);
  const view = viewOf(header);
  view.setInt32(4, index, true);
  view.setUint32(8, change.value, true);
  view.setUint32(12, change.mask, true);
  return header;
}

/** Without a terminating NUL: the kernel counts it as a character. */
function aliasAttribute(alias: string): Attribute {
  return attribute.bytes(IFLA.IFALIAS, new TextEncoder().encode(alias));
}
