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
  const [, bare = "", bits = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseAddress(bare);
  const prefix = Number(bits);
  return address === undefined || prefix > address.length * 8 ? undefined : { address, prefix };
}

/** False when the families differ. */
export function contains({ address: network, prefix }: Cidr, address: readonly number[]): boolean {
  if (network.length !== address.length) return false;
  for (let i = 0, bits = prefix; bits > 0; i++, bits -= 8) {
    const differing = (network[i] ?? 0) ^ (address[i] ?? 0);
    if (differing >> Math.max(0, 8 - bits) !== 0) return false;
  }
  return true;
}

/** Negative, zero or positive; only for addresses of one family. */
export function compareAddresses(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((byte, i) => byte !== b[i]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

/** Four numbers up to 255, without leading zeros. */
const IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

function parseIpv4(text: string): number[] | undefined {
  return IPV4.test(text) ? text.split(".").map(Number) : undefined;
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
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      const ipv4 = mayEndInIpv4 && i === groups.length - 1 ? parseIpv4(group) : undefined;
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    }
  }
  return bytes;
}
