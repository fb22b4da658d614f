import { isIPv4, isIPv6 } from "node:net";
import { test } from "tap";
import { formatIp, formatMac, maskBytes, parseIp, parseIpNetwork, parseIpPrefix, parseMac } from "./ip.js";

test("canonical text (RFC 5952)", (t) => {
  const canonical: Record<string, string> = {
    "10.0.0.1": "10.0.0.1",
    "::": "::",
    "::1": "::1",
    "fe80::": "fe80::",
    "FD00:0:0:0:0:0:0:5": "fd00::5",
    "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "::ffff:192.0.2.1": "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33": "64:ff9b::c000:221",
  };
  for (const [text, expected] of Object.entries(canonical)) t.equal(formatIp(parseIp(text).bytes), expected, text);
  t.end();
});

test("what is no address is refused; node:net agrees", (t) => {
  const bad = [
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    "1.2.3.4/8",
    "a",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "12345::",
    "::g",
  ];
  bad.push("1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "1.2.3.4::", ":1::2", "::1.2.3", "1:2:3:4:5:6:7::8");
  for (const text of bad) t.throws(() => parseIp(text), TypeError, `"${text}"`);
  const odd = ["::1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "255.255.255.255", "1::"];
  for (const text of [...bad, ...odd]) {
    const ours = (() => {
      try {
        return parseIp(text).bytes.length;
      } catch {
        return 0;
      }
    })();
    // Zones and "1:2:3:4:5:6:7::8" (a "::" for no group at all) are node's opinion, not RFC 4291's.
    if (text.includes("%") || text === "1:2:3:4:5:6:7::8") continue;
    t.equal(ours, isIPv4(text) ? 4 : isIPv6(text) ? 16 : 0, `"${text}"`);
  }
  t.end();
});

test("prefixes say what is wrong with them", (t) => {
  t.match(parseIpPrefix("10.1.2.3/24"), { family: 2, length: 24 });
  t.match(parseIpPrefix("fd00::1/128"), { family: 10, length: 128 });
  t.throws(() => parseIpPrefix("10.0.0.1"), /no prefix length: write 10\.0\.0\.1\/24/);
  for (const text of ["10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/1e1", "fd00::1/129"]) {
    t.throws(() => parseIpPrefix(text), /prefix length outside/, text);
  }
  t.throws(() => parseIpNetwork("10.1.2.3/20"), /host bits set: write 10\.1\.0\.0\/20/);
  t.throws(() => parseIpNetwork("fd00::1/64"), /write fd00::\/64/);
  for (const text of ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.3/32"]) t.ok(parseIpNetwork(text), text);
  t.strictSame([...maskBytes(Uint8Array.of(255, 255, 255, 255), 19)], [255, 255, 224, 0]);
  t.end();
});

test("MAC addresses", (t) => {
  t.equal(formatMac(parseMac("0A:58:0a:F4:01:05")), "0a:58:0a:f4:01:05");
  for (const text of ["", "0a:58:0a:f4:01", "0a-58-0a-f4-01-05", "0a:58:0a:f4:01:05:06", "0g:58:0a:f4:01:05"]) {
    t.throws(() => parseMac(text), TypeError, text);
  }
  t.end();
});
