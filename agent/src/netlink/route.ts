/** Routes on the wire (linux/rtnetlink.h): the unicast routes of the main table. Pure. */
import {
  type Attributes,
  attribute,
  decodeAttributes,
  MalformedNetlink,
  type Message,
  NLM_F,
  readU32,
  type Request,
  viewOf,
} from "./codec.js";
import { AF_INET, AF_INET6, formatIp, type IpPrefix, parseIp, parseIpNetwork } from "./ip.js";
import type { LinkRequest } from "./port.js";

const RTM = { NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PREFSRC: 7, MULTIPATH: 9, TABLE: 15, VIA: 18 } as const;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;
const RT_SCOPE = { UNIVERSE: 0, LINK: 253, NOWHERE: 255 } as const;
const RTNH_F_ONLINK = 4;
const RTM_F_CLONED = 0x200;
const RTMSG = 12;
const RTNEXTHOP = 8;

type ReplaceRoute = Extract<LinkRequest, { kind: "replace-route" }>;

export interface RouteRow {
  readonly linkIndex: number;
  readonly destination: string;
  /** "" when the destination is on the link itself. */
  readonly gateway: string;
}

/**
 * Puts the route in the place of any other to the same destination with the same metric (whatever its link), as
 * `ip route replace` does.
 */
export function replaceRoute(linkIndex: number, request: ReplaceRoute): Request {
  const destination = parseIpNetwork(request.destination);
  const attributes = [...destinationAttributes(destination), attribute.u32(RTA.OIF, linkIndex)];
  if (request.gateway !== undefined) attributes.push(attribute.bytes(RTA.GATEWAY, parseIp(request.gateway).bytes));
  if (request.source !== undefined) attributes.push(attribute.bytes(RTA.PREFSRC, parseIp(request.source).bytes));
  const onLink = destination.family === AF_INET && request.gateway === undefined;
  return {
    type: RTM.NEWROUTE,
    flags: NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE,
    header: rtmsg(destination.family, {
      length: destination.length,
      protocol: RTPROT_STATIC,
      scope: onLink ? RT_SCOPE.LINK : RT_SCOPE.UNIVERSE,
      type: RTN_UNICAST,
      flags: request.onlink === true ? RTNH_F_ONLINK : 0,
    }),
    attributes,
  };
}

/** Removes a route to `destination` through the link, whoever made it. */
export function removeRoute(linkIndex: number, destination: string): Request {
  const prefix = parseIpNetwork(destination);
  return {
    type: RTM.DELROUTE,
    flags: NLM_F.REQUEST | NLM_F.ACK,
    header: rtmsg(prefix.family, { length: prefix.length, scope: RT_SCOPE.NOWHERE }),
    attributes: [...destinationAttributes(prefix), attribute.u32(RTA.OIF, linkIndex)],
  };
}

/** One family's routes through one link: the kernel filters where the socket asked for strict checking, see `parseRoute`. */
export function dumpRoutes(linkIndex: number, family: typeof AF_INET | typeof AF_INET6): Request {
  return {
    type: RTM.GETROUTE,
    flags: NLM_F.REQUEST | NLM_F.DUMP,
    header: rtmsg(family, { table: 0 }),
    attributes: [attribute.u32(RTA.TABLE, RT_TABLE_MAIN), attribute.u32(RTA.OIF, linkIndex)],
  };
}

/** One row per next hop; none for a message that is no unicast route of the main table. */
export function parseRoute(message: Message): RouteRow[] {
  if (message.type !== RTM.NEWROUTE) return [];
  if (message.payload.length < RTMSG) throw new MalformedNetlink("truncated rtmsg");
  const view = viewOf(message.payload);
  const family = view.getUint8(0);
  const attributes = decodeAttributes(message.payload, RTMSG);
  const table = attributes.has(RTA.TABLE) ? readU32(attributes.get(RTA.TABLE)) : view.getUint8(4);
  const cloned = (view.getUint32(8, true) & RTM_F_CLONED) !== 0;
  if (family !== AF_INET && family !== AF_INET6) return [];
  if (table !== RT_TABLE_MAIN || view.getUint8(7) !== RTN_UNICAST || cloned) return [];
  const address = attributes.get(RTA.DST) ?? new Uint8Array(family === AF_INET ? 4 : 16);
  const destination = `${addressText(address)}/${view.getUint8(1)}`;
  return nextHops(attributes).map((hop) => ({ destination, ...hop }));
}

interface NextHop {
  readonly linkIndex: number;
  readonly gateway: string;
}

function nextHops(attributes: Attributes): NextHop[] {
  const several = attributes.get(RTA.MULTIPATH);
  if (several === undefined) return [{ linkIndex: readU32(attributes.get(RTA.OIF)), gateway: gatewayOf(attributes) }];
  const hops: NextHop[] = [];
  const view = viewOf(several);
  for (let offset = 0; several.length - offset >= RTNEXTHOP;) {
    const length = view.getUint16(offset, true);
    if (length < RTNEXTHOP || length > several.length - offset) throw new MalformedNetlink("truncated rtnexthop");
    const own = decodeAttributes(several.subarray(offset, offset + length), RTNEXTHOP);
    hops.push({ linkIndex: view.getUint32(offset + 4, true), gateway: gatewayOf(own) });
    offset += (length + 3) & ~3;
  }
  return hops;
}

/** An IPv4 route may go through an IPv6 neighbour: RTA_VIA holds its family and address. */
function gatewayOf(attributes: Attributes): string {
  const gateway = attributes.get(RTA.GATEWAY) ?? attributes.get(RTA.VIA)?.subarray(2);
  return gateway === undefined ? "" : addressText(gateway);
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length !== 4 && bytes.length !== 16) throw new MalformedNetlink("an address of the wrong size");
  return formatIp(bytes);
}

function destinationAttributes({ bytes, length }: IpPrefix) {
  return length === 0 ? [] : [attribute.bytes(RTA.DST, bytes)];
}

interface RouteHeader {
  readonly length?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: number;
  readonly type?: number;
  readonly flags?: number;
}

function rtmsg(family: number, fields: RouteHeader): Uint8Array {
  const { length = 0, table = RT_TABLE_MAIN, protocol = 0, scope = 0, type = 0, flags = 0 } = fields;
  const header = Uint8Array.of(family, length, 0, 0, table, protocol, scope, type, 0, 0, 0, 0);
  viewOf(header).setUint32(8, flags, true);
  return header;
}
