/** Addresses as text and as the kernel's bytes. Pure; every function throws TypeError with the remedy on bad input. */

export const AF_INET = 2;
export const AF_INET6 = 10;

export interface Ip {
  readonly family: typeof AF_INET | typeof AF_INET6;
  readonly bytes: Uint8Array;
}

export interface IpPrefix extends Ip {
  readonly length: number;
}

/** "10.0.0.1" or "fd00::1"; no prefix length, no zone. */
export function parseIp(text: string): Ip {
  const bytes = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  if (bytes === undefined) throw new TypeError(`${JSON.stringify(text)} is no IP address`);
  return { family: bytes.length === 4 ? AF_INET : AF_INET6, bytes };
}

/** An address with its prefix length, "10.0.0.5/24": host bits may be set. */
export function parseIpPrefix(text: string): IpPrefix {
  const slash = text.indexOf("/");
  if (slash < 0)
    throw new TypeError(`${JSON.stringify(text)} has no prefix length: write ${text}/${text.includes(":") ? 64 : 24}`);
  const ip = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  const length = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || length > ip.bytes.length * 8) {
    throw new TypeError(`${JSON.stringify(text)} has a prefix length outside of 0..${ip.bytes.length * 8}`);
  }
  return { ...ip, length };
}

/** A destination, "10.0.0.0/24" or "::/0": host bits must be clear, as the kernel demands. */
export function parseIpNetwork(text: string): IpPrefix {
  const prefix = parseIpPrefix(text);
  const network = maskBytes(prefix.bytes, prefix.length);
  if (network.some((byte, index) => byte !== prefix.bytes[index])) {
    throw new TypeError(`${JSON.stringify(text)} has host bits set: write ${formatIp(network)}/${prefix.length}`);
  }
  return prefix;
}

/** The first `length` bits, the others zero. */
export function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff);
}

/** RFC 5952 for IPv6. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new TypeError(`an address of ${bytes.length} bytes`);
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  const run = longestZeroRun(groups);
  if (run.start === 0 && run.length === 5 && groups[5] === 0xffff) return `::ffff:${bytes.subarray(12).join(".")}`;
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

/** "0a:58:0a:00:00:01" as six bytes. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} is no MAC address: write six bytes as 0a:58:0a:00:00:01`);
  }
  return Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16));
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return valid ? Uint8Array.from(parts, Number) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  if (halves.length === 2 && halves[0]?.includes(".")) return undefined;
  const [left, right] = halves.map((half) => groupBytes(half));
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  const tail = right ?? [];
  const missing = 16 - left.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...left, ...Array<number>(missing).fill(0), ...tail]);
}

function groupBytes(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      const tail = parseIpv4(group);
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
