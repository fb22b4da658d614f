/** IP addresses as bytes: 4 or 16 of them. */

export interface Cidr {
  readonly address: readonly number[];
  readonly prefix: number;
}

/** Undefined when the text is no IP address. No zones, no leading zeros in IPv4. */
export function parseAddress(text: string): number[] | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** "ADDRESS/PREFIX"; bits behind the prefix may be set, as in a result's addresses. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const prefix = parseDecimal(text.slice(slash + 1), 128);
  if (address === undefined || prefix === undefined || prefix > address.length * 8) return undefined;
  return { address, prefix };
}

/** False when the families differ. */
export function contains(cidr: Cidr, address: readonly number[]): boolean {
  if (cidr.address.length !== address.length) return false;
  return address.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, cidr.prefix - i * 8));
    const mask = 0xff & (0xff << (8 - bits));
    return (byte & mask) === ((cidr.address[i] ?? 0) & mask);
  });
}

/** Negative, zero or positive; only for addresses of one family. */
export function compareAddresses(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((byte, i) => byte !== b[i]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => parseDecimal(part, 255));
  return bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = parseGroups(halves[1] ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; the last one of the address may be IPv4 (RFC 4291, section 2.2). */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (mayEndInIpv4 && i === groups.length - 1 && group.includes(".")) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      const value = parseHexadecimal(group);
      if (value === undefined) return undefined;
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function parseHexadecimal(text: string): number | undefined {
  if (text.length < 1 || text.length > 4) return undefined;
  let value = 0;
  for (const digit of text.toLowerCase()) {
    const digitValue = "0123456789abcdef".indexOf(digit);
    if (digitValue < 0) return undefined;
    value = value * 16 + digitValue;
  }
  return value;
}

/** Digits only, no leading zero, at most `most`. */
function parseDecimal(text: string, most: number): number | undefined {
  if (text.length < 1 || text.length > 3 || (text.length > 1 && text.startsWith("0"))) return undefined;
  let value = 0;
  for (const digit of text) {
    if (digit < "0" || digit > "9") return undefined;
    value = value * 10 + Number(digit);
  }
  return value <= most ? value : undefined;
}
