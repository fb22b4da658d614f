import { isIP } from "node:net";
import t from "tap";
import { compareAddresses, contains, parseAddress, parseCidr } from "./ip-address.js";

t.test("accepts and refuses what Node does, zones apart", async (t) => {
  const texts = [
    ...[
      "0.0.0.0",
      "255.255.255.255",
      "10.244.0.1",
      "256.0.0.1",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "1..3.4",
      "",
      " 1.2.3.4",
    ],
    ...["::", "::1", "fd00:10:244::5", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9"],
    ...[
      "1:2:3:4:5:6:7:8::",
      ":1",
      "1:",
      ":::",
      "1::2::3",
      "12345::",
      "g::",
      "::ffff:10.0.0.1",
      "::10.0.0.256",
      "1.2.3.4::",
    ],
    ...[
      "10.0.0.1::1",
      "64:ff9b::192.0.2.33",
      "1:2:3:4:5:6:7:1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4",
      "::1.2.3.4:5",
      "1:2",
      "-1.2.3.4",
    ],
  ];
  for (const text of texts) t.equal(parseAddress(text)?.length ?? 0, { 0: 0, 4: 4, 6: 16 }[isIP(text)], text);
});

t.test("the bytes of an address", async (t) => {
  t.same(parseAddress("10.244.0.255"), [10, 244, 0, 255]);
  t.same(parseAddress("fd00:1::A:0B"), [0xfd, 0, 0, 1, ...new Array<number>(8).fill(0), 0, 0x0a, 0, 0x0b]);
  t.same(parseAddress("::ffff:10.0.0.1")?.slice(10), [0xff, 0xff, 10, 0, 0, 1]);
});

t.test("networks", async (t) => {
  t.same(parseCidr("10.244.1.5/24"), { address: [10, 244, 1, 5], prefix: 24 });
  t.equal(parseCidr("::/128")?.prefix, 128);
  for (const wrong of [
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "::/129",
    "/8",
    "10.0.0.0/8/8",
  ]) {
    t.equal(parseCidr(wrong), undefined, wrong);
  }
});

t.test("what lies in a network", async (t) => {
  const cases: [string, string, boolean][] = [
    ["10.244.0.0/16", "10.244.255.254", true],
    ["10.244.0.0/16", "10.245.0.0", false],
    ["10.244.128.0/17", "10.244.128.1", true],
    ["10.244.128.0/17", "10.244.127.255", false],
    ["10.244.7.9/32", "10.244.7.9", true],
    ["10.244.7.9/32", "10.244.7.8", false],
    ["0.0.0.0/0", "255.0.0.1", true],
    ["fd00:10:244::/60", "fd00:10:244:f::1", true],
    ["fd00:10:244::/60", "fd00:10:244:10::1", false],
    ["::/0", "10.0.0.1", false],
  ];
  for (const [network, address, inside] of cases) {
    t.equal(
      contains(parseCidr(network) ?? { address: [], prefix: 0 }, parseAddress(address) ?? []),
      inside,
      `${address} in ${network}`,
    );
  }
});

t.test("order", async (t) => {
  const compare = (a: string, b: string) => Math.sign(compareAddresses(parseAddress(a) ?? [], parseAddress(b) ?? []));
  t.equal(compare("10.0.0.9", "10.0.0.10"), -1);
  t.equal(compare("10.0.1.0", "10.0.0.255"), 1);
  t.equal(compare("fd00::1", "fd00::1"), 0);
});
