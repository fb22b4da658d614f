import { test } from "tap";
import { isHostPort, isRemote, overlap, parseCidr, parseDuration } from "./values.js";

test("durations", (t) => {
  const known = { "500ms": 500, "30s": 30_000, "1.5s": 1_500, "2m": 120_000, "1h": 3_600_000, "0.001s": 1 };
  for (const [text, milliseconds] of Object.entries(known)) t.equal(parseDuration(text), milliseconds, text);
  for (const text of ["", "0s", "30", "-1s", "1d", "s", "1 s", "1e3s", "0.1ms", "9999999s"]) {
    t.equal(parseDuration(text), undefined, text);
  }
  t.end();
});

test("remotes and endpoints", (t) => {
  for (const remote of ["unix:/run/db.sock", "tcp:127.0.0.1:6641", "ssl:nb.example:6641", "tcp:[::1]:6641"]) {
    t.ok(isRemote(remote), remote);
  }
  for (const remote of [
    "",
    "unix:",
    "unix:db.sock",
    "tcp:6641",
    "tcp:a:0",
    "tcp:a:65536",
    "ptcp:6641",
    "tcp:::1:6641",
  ]) {
    t.notOk(isRemote(remote), remote);
  }
  t.ok(isHostPort("prismnet-server:5000"));
  t.notOk(isHostPort("[10.0.0.1]:5000"));
  t.notOk(isHostPort("http://prismnet:5000"));
  t.end();
});

test("networks", (t) => {
  t.strictSame(parseCidr("10.244.0.0/16"), { family: 4, network: 0x0af40000n, prefix: 16 });
  t.strictSame(parseCidr("255.255.255.255/32"), { family: 4, network: 0xffffffffn, prefix: 32 });
  t.strictSame(parseCidr("0.0.0.0/0"), { family: 4, network: 0n, prefix: 0 });
  t.strictSame(parseCidr("fd00:10::/48"), { family: 6, network: 0xfd000010n << 96n, prefix: 48 });
  t.strictSame(parseCidr("::ffff:10.0.0.0/104"), { family: 6, network: 0xffff0a000000n, prefix: 104 });
  t.strictSame(parseCidr("1:2:3:4:5:6:7:8/128"), {
    family: 6,
    network: 0x00010002000300040005000600070008n,
    prefix: 128,
  });
  for (const text of [
    "10.244.1.0/16",
    "10.244.0.0",
    "10.244.0.0/33",
    "10.0.0.0/8/8",
    "fd00::1/64",
    "x/8",
    "10.0.0.0/",
  ]) {
    t.equal(parseCidr(text), undefined, text);
  }
  t.end();
});

test("networks that overlap", (t) => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ["10.0.0.0/8", "10.244.0.0/16", true],
    ["10.244.0.0/16", "10.0.0.0/8", true],
    ["10.244.0.0/16", "10.245.0.0/16", false],
    ["0.0.0.0/0", "192.0.2.0/24", true],
    ["0.0.0.0/0", "fd00::/8", false],
    ["fd00:10::/48", "fd00:10:0:1::/64", true],
  ];
  for (const [left, right, expected] of pairs) {
    const [a, b] = [parseCidr(left), parseCidr(right)];
    if (a === undefined || b === undefined) throw new Error(`${left} or ${right} is no network`);
    t.equal(overlap(a, b), expected, `${left} ${right}`);
  }
  t.end();
});
