import { isIP } from "node:net";
import { test } from "tap";
import {
  addressAt,
  contains,
  type Family,
  formatAddress,
  formatCidr,
  macAddress,
  overlaps,
  parseAddress,
  parseCidr,
  size,
  subnetAt,
  subnetCount,
  width,
} from "./cidr.js";

/** Deterministic noise (mulberry32): a failure is repeated by running the file again. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = noise(20260131);
const below = (n: number) => Math.floor(next() * n);
const bits = (count: number) =>
  Array.from({ length: count }, () => BigInt(below(2))).reduce((sum, bit) => (sum << 1n) | bit, 0n);

/** IPv6 values with runs of zeros, where RFC 5952 has its rules. */
function randomValue(family: Family): bigint {
  if (family === 4) return bits(32);
  return Array.from({ length: 8 }, () => (below(2) === 0 ? 0n : bits(16))).reduce(
    (sum, group) => (sum << 16n) | group,
    0n,
  );
}

test("an address survives formatting and parsing, and its text is the one that WHATWG URL writes", (t) => {
  const wrong: string[] = [];
  for (let i = 0; i < 4000; i += 1) {
    const family = i % 2 === 0 ? 4 : 6;
    const address = { family, value: randomValue(family) } as const;
    const text = formatAddress(address);
    if (isIP(text) !== family) wrong.push(`${text} is no IPv${String(family)} address`);
    if (parseAddress(text)?.value !== address.value) wrong.push(`${text} does not come back`);
    const host = new URL(family === 4 ? `http://${text}/` : `http://[${text}]/`).hostname;
    if (host !== (family === 4 ? text : `[${text}]`)) wrong.push(`${text} is not canonical: ${host}`);
  }
  t.strictSame(wrong, []);
  t.end();
});

test("what is no single canonicalisable literal is refused", (t) => {
  const bad = [
    ...["", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1 ", "0x0a.0.0.1", "10.0.0.1/24", "10.0.0.-1", "1e1.0.0.0"],
    ...[":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "fe80::1%eth0"],
    ...["::ffff:10.0.0.1", "12345::", "g::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "10.0.0.1\u0000", "１.0.0.1"],
  ];
  for (const text of bad) t.equal(parseAddress(text), undefined, JSON.stringify(text));
  for (const text of ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8"]) {
    t.equal(parseCidr(text), undefined, text);
  }
  t.end();
});

test("networks: subnets tile their network, and nothing else is in it", (t) => {
  const wrong: string[] = [];
  for (let i = 0; i < 600; i += 1) {
    const family = i % 2 === 0 ? 4 : 6;
    const prefix = below(width(family) - 8);
    const network = parseCidr(`${formatAddress({ family, value: randomValue(family) })}/${String(prefix)}`);
    if (network === undefined) throw new Error("unparsable");
    const subPrefix = prefix + below(9);
    const count = subnetCount(network, subPrefix);
    if (count !== 2n ** BigInt(subPrefix - prefix))
      wrong.push(`${formatCidr(network)} has ${String(count)} /${String(subPrefix)}`);
    let expected = network.base;
    for (let n = 0n; n < count; n += 1n) {
      const subnet = subnetAt(network, subPrefix, n);
      if (subnet.base !== expected || !overlaps(subnet, network)) wrong.push(`gap before ${formatCidr(subnet)}`);
      expected += size(subnet);
    }
    if (expected !== network.base + size(network)) wrong.push(`${formatCidr(network)} is not filled`);
    const last = addressAt(network, size(network) - 1n);
    if (!contains(network, last) || contains(network, { family, value: last.value + 1n }))
      wrong.push(formatCidr(network));
    if (overlaps(network, { family: family === 4 ? 6 : 4, base: 0n, prefix: 0 })) wrong.push("families never overlap");
  }
  t.strictSame(wrong, []);
  t.end();
});

test("what lies outside is a RangeError", (t) => {
  const network = parseCidr("10.244.0.0/16");
  if (network === undefined) throw new Error("unparsable");
  t.throws(() => addressAt(network, 65536), RangeError);
  t.throws(() => addressAt(network, -1), RangeError);
  t.throws(() => subnetAt(network, 24, 256), RangeError);
  t.throws(() => subnetAt(network, 8, 0), RangeError);
  t.equal(subnetCount(network, 8), 0n);
  t.end();
});

test("host bits of a network are cleared", (t) => {
  t.equal(formatCidr(parseCidr("10.244.3.7/16") ?? { family: 4, base: 0n, prefix: 0 }), "10.244.0.0/16");
  t.equal(formatCidr(parseCidr("fd00::ffff/64") ?? { family: 4, base: 0n, prefix: 0 }), "fd00::/64");
  t.end();
});

test("MAC addresses: the IPv4 address behind 0a:58, a 32-bit hash of an IPv6 one", (t) => {
  const mac = (text: string) => macAddress(parseAddress(text) ?? { family: 4, value: 0n });
  t.equal(mac("10.244.1.5"), "0a:58:0a:f4:01:05");
  t.equal(mac("255.255.255.255"), "0a:58:ff:ff:ff:ff");
  t.match(mac("fd00::5"), /^0a:58(:[0-9a-f]{2}){4}$/);
  const some = Array.from({ length: 2000 }, (_, i) => mac(`fd00:0:0:${(i % 8).toString(16)}::${i.toString(16)}`));
  t.equal(new Set(some).size, some.length, "2,000 neighbours have 2,000 MAC addresses");
  t.end();
});
