/** Checks of requests before any of them reaches the kernel. Pure; the fake and the real one share them. */
import { parseIp, parseIpNetwork, parseIpPrefix, parseMac } from "./ip.js";
import { type LinkRequest, NetlinkError } from "./port.js";

/** "add-address eth0": what an error message calls the request. */
export function describeRequest(request: LinkRequest): string {
  const name = "name" in request ? request.name : request.link;
  return `${request.kind} ${/^[!-~]+$/.test(name) ? name : JSON.stringify(name)}`;
}

/** Throws NetlinkError EINVAL for the first request with a bad field; its message says how to mend it. */
export function validateRequests(requests: readonly LinkRequest[]): void {
  for (const request of requests) {
    try {
      validate(request);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new NetlinkError(`${describeRequest(request)}: ${reason}`, "EINVAL", reason, request);
    }
  }
}

/** Throws NetlinkError EINVAL for a name that no link can have: the kernel's rules, and no "%", which is its wildcard. */
export function validateLinkName(name: string): void {
  const reason = linkNameFault("link name", name);
  if (reason !== undefined) throw new NetlinkError(reason, "EINVAL", reason);
}

function validate(request: LinkRequest): void {
  checkLinkName("name" in request ? "name" : "link", "name" in request ? request.name : request.link);
  switch (request.kind) {
    case "create-veth":
      checkLinkName("peer.name", request.peer.name);
      checkAlias(request.alias);
      checkMtu(request.mtu);
      if (request.peer.mac !== undefined) checkMac("peer.mac", request.peer.mac);
      return;
    case "set-link":
      if (request.alias !== undefined) checkAlias(request.alias);
      if (request.mtu !== undefined) checkMtu(request.mtu);
      if (request.mac !== undefined) checkMac("mac", request.mac);
      return;
    case "add-address":
    case "remove-address":
      field("address", () => parseIpPrefix(request.address));
      return;
    case "replace-route":
      return checkRoute(request);
    case "remove-route":
      field("destination", () => parseIpNetwork(request.destination));
      return;
    case "replace-neighbour":
      field("address", () => parseIp(request.address));
      return checkMac("mac", request.mac);
    case "delete-link":
    case "set-tx-checksum":
    case "set-ipv6":
      return;
  }
}

function checkRoute(request: Extract<LinkRequest, { kind: "replace-route" }>): void {
  const { family } = field("destination", () => parseIpNetwork(request.destination));
  for (const name of ["gateway", "source"] as const) {
    const address = request[name];
    if (address === undefined) continue;
    if (field(name, () => parseIp(address)).family !== family) {
      throw new TypeError(`${name}: ${address} is not of the family of destination ${request.destination}`);
    }
  }
  if (request.onlink === true && request.gateway === undefined) {
    throw new TypeError("onlink: there is no gateway that it could apply to: give one or leave it out");
  }
}

function checkLinkName(name: string, value: string): void {
  const reason = linkNameFault(name, value);
  if (reason !== undefined) throw new TypeError(reason);
}

function linkNameFault(name: string, value: string): string | undefined {
  const length = new TextEncoder().encode(value).length;
  if (length === 0 || length > 15)
    return `${name}: ${JSON.stringify(value)} has ${length} bytes: a link name has 1 to 15`;
  if (value === "." || value === ".." || /[/:%\s\0]/.test(value)) {
    return `${name}: ${JSON.stringify(value)} can't name a link: leave out "/", ":", "%" and white space`;
  }
  return undefined;
}

function checkAlias(alias: string): void {
  const length = new TextEncoder().encode(alias).length;
  if (length > 255) throw new TypeError(`alias: ${length} bytes: the kernel keeps 255`);
  if (alias.includes("\0")) throw new TypeError("alias: contains a NUL byte: leave it out");
}

function checkMtu(mtu: number): void {
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535)
    throw new TypeError(`mtu: ${mtu} is no integer from 68 to 65535`);
}

function checkMac(name: string, mac: string): void {
  const bytes = field(name, () => parseMac(mac));
  if (((bytes[0] ?? 0) & 1) !== 0)
    throw new TypeError(`${name}: ${mac} is a multicast address: clear the lowest bit of its first byte`);
  if (bytes.every((byte) => byte === 0)) throw new TypeError(`${name}: ${mac} is no address that a link can have`);
}

function field<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new TypeError(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
