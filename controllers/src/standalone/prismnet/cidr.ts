/**
 * Addresses and networks of both families as plain integers. Pure: no Node, no I/O.
 *
 * Parsers are strict and return undefined for anything else than one canonicalisable literal: leading zeros ("010" is
 * octal to some tools and decimal to others), zones and IPv4-in-IPv6 notation are refused.
 */

export type Family = 4 | 6;

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A network; the bits of `base` behind `prefix` are always zero. */
export interface Cidr {
  readonly family: Family;
  readonly base: bigint;
  readonly prefix: number;
}

/** Bits in an address of `family`. */
export function width(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parse6(text) : parse4(text);
}

function parse4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return { family: 4, value };
}

function parse6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail] = groups;
  const given = head.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...Array<string>(8 - given).fill("0"), ...(tail ?? [])];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return { family: 6, value };
}

/** The canonical text of an address: dotted quad, or RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return octets(Number(value)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** The first of the longest runs of zero groups (RFC 5952, section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}

/** A network from "address/prefix"; host bits are cleared, so compare `formatCidr` with the input to find them. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > width(address.family)) return undefined;
  const hostBits = BigInt(width(address.family) - prefix);
  return { family: address.family, base: (address.value >> hostBits) << hostBits, prefix };
}

export function formatCidr({ family, base, prefix }: Cidr): string {
  return `${formatAddress({ family, value: base })}/${String(prefix)}`;
}

/** Number of addresses in a network. */
export function size({ family, prefix }: Cidr): bigint {
  return 1n << BigInt(width(family) - prefix);
}

export function contains(network: Cidr, { family, value }: Address): boolean {
  return family === network.family && value >= network.base && value < network.base + size(network);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.base < b.base + size(b) && b.base < a.base + size(a);
}

/** The `offset`-th address of a network. @throws RangeError outside of it. */
export function addressAt(network: Cidr, offset: number | bigint): Address {
  const address = { family: network.family, value: network.base + BigInt(offset) };
  if (!contains(network, address)) throw new RangeError(`offset ${String(offset)} lies outside ${formatCidr(network)}`);
  return address;
}

/** How many networks of length `prefix` fit into `network`; 0 when it is smaller than one of them. */
export function subnetCount(network: Cidr, prefix: number): bigint {
  return prefix < network.prefix ? 0n : 1n << BigInt(prefix - network.prefix);
}

/** The `index`-th network of length `prefix` inside `network`. @throws RangeError outside of it. */
export function subnetAt(network: Cidr, prefix: number, index: number | bigint): Cidr {
  const n = BigInt(index);
  if (n < 0n || n >= subnetCount(network, prefix)) {
    throw new RangeError(`${formatCidr(network)} has no /${String(prefix)} number ${String(index)}`);
  }
  return { family: network.family, base: network.base + (n << BigInt(width(network.family) - prefix)), prefix };
}

/**
 * The MAC address that goes with an IP address: the IPv4 address behind 0a:58, as ovn-kubernetes and Docker derive theirs,
 * so that whoever reads a packet capture can tell the pod. An IPv6 address is folded to 32 bits by FNV-1a.
 */
export function macAddress({ family, value }: Address): string {
  const tail = family === 4 ? Number(value) : fnv1a(value);
  return ["0a", "58", ...octets(tail).map((octet) => octet.toString(16).padStart(2, "0"))].join(":");
}

function octets(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function fnv1a(value: bigint): number {
  let hash = 0x811c9dc5;
  for (let shift = 120n; shift >= 0n; shift -= 8n) {
    hash = Math.imul(hash ^ Number((value >> shift) & 255n), 0x01000193);
  }
  return hash >>> 0;
}
