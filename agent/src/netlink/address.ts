/** Addresses and neighbours on the wire (linux/if_addr.h, linux/neighbour.h). Pure. */
import {
  type Attribute,
  attribute,
  decodeAttributes,
  MalformedNetlink,
  type Message,
  NLM_F,
  type Request,
  viewOf,
} from "./codec.js";
import { AF_INET, AF_INET6, formatIp, type IpPrefix, maskBytes, parseIp, parseIpPrefix, parseMac } from "./ip.js";

const RTM = { NEWADDR: 20, DELADDR: 21, GETADDR: 22, NEWNEIGH: 28 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const IFA_F_NODAD = 0x02;
const IFADDRMSG = 8;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDMSG = 12;
const NUD_PERMANENT = 0x80;

export interface AddressRow {
  readonly linkIndex: number;
  /** With prefix length. */
  readonly address: string;
}

/**
 * Adds `address`, or leaves the same one as it is. An IPv6 address is usable at once (no duplicate address detection,
 * which would hold up ADD for a second and more); an IPv4 one gets its subnet's broadcast address, as from ifconfig.
 */
export function addAddress(linkIndex: number, address: string): Request {
  const prefix = parseIpPrefix(address);
  const flags = prefix.family === AF_INET6 ? IFA_F_NODAD : 0;
  const attributes = addressAttributes(prefix);
  if (prefix.family === AF_INET && prefix.length < 31)
    attributes.push(attribute.bytes(IFA.BROADCAST, broadcast(prefix)));
  return {
    type: RTM.NEWADDR,
    flags: NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE,
    header: ifaddrmsg(prefix, flags, linkIndex),
    attributes,
  };
}

export function removeAddress(linkIndex: number, address: string): Request {
  const prefix = parseIpPrefix(address);
  return {
    type: RTM.DELADDR,
    flags: NLM_F.REQUEST | NLM_F.ACK,
    header: ifaddrmsg(prefix, 0, linkIndex),
    attributes: addressAttributes(prefix),
  };
}

/** The addresses of one link: the kernel filters where the socket asked for strict checking, see `parseAddress`. */
export function dumpAddresses(linkIndex: number): Request {
  const header = new Uint8Array(IFADDRMSG);
  viewOf(header).setUint32(4, linkIndex, true);
  return { type: RTM.GETADDR, flags: NLM_F.REQUEST | NLM_F.DUMP, header, attributes: [] };
}

/** None for a message that is no IP address. Kernels before 4.20 send every link's: compare `linkIndex`. */
export function parseAddress(message: Message): AddressRow[] {
  if (message.type !== RTM.NEWADDR) return [];
  if (message.payload.length < IFADDRMSG) throw new MalformedNetlink("truncated ifaddrmsg");
  const [family, length] = message.payload;
  if (family !== AF_INET && family !== AF_INET6) return [];
  const attributes = decodeAttributes(message.payload, IFADDRMSG);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const bytes = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
  if (bytes?.length !== (family === AF_INET ? 4 : 16)) throw new MalformedNetlink("an address of the wrong size");
  return [{ linkIndex: viewOf(message.payload).getUint32(4, true), address: `${formatIp(bytes)}/${length}` }];
}

/** A permanent neighbour entry, in the place of any other for that address. */
export function replaceNeighbour(linkIndex: number, address: string, mac: string): Request {
  const ip = parseIp(address);
  const header = new Uint8Array(NDMSG);
  const view = viewOf(header);
  view.setUint8(0, ip.family);
  view.setUint32(4, linkIndex, true);
  view.setUint16(8, NUD_PERMANENT, true);
  return {
    type: RTM.NEWNEIGH,
    flags: NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE,
    header,
    attributes: [attribute.bytes(NDA_DST, ip.bytes), attribute.bytes(NDA_LLADDR, parseMac(mac))],
  };
}

function ifaddrmsg(prefix: IpPrefix, flags: number, linkIndex: number): Uint8Array {
  const header = Uint8Array.of(prefix.family, prefix.length, flags, 0, 0, 0, 0, 0);
  viewOf(header).setUint32(4, linkIndex, true);
  return header;
}

function addressAttributes({ bytes }: IpPrefix): Attribute[] {
  return [attribute.bytes(IFA.LOCAL, bytes), attribute.bytes(IFA.ADDRESS, bytes)];
}

function broadcast({ bytes, length }: IpPrefix): Uint8Array {
  const mask = maskBytes(Uint8Array.of(255, 255, 255, 255), length);
  return bytes.map((byte, index) => byte | (~(mask[index] ?? 0) & 0xff));
}
