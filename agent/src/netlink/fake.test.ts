import { test } from "tap";
import { FakeNetlink } from "./fake.js";
import { HOST_NETNS, type LinkRequest } from "./port.js";
import { rejection } from "./testing/bed.js";

const POD = "/run/netns/pod";
const create: LinkRequest = {
  kind: "create-veth",
  name: "k1",
  alias: "mark",
  mtu: 1400,
  peer: { name: "eth0", netns: POD, mac: undefined },
};
const up: LinkRequest = { kind: "set-link", name: "k1", up: true };
const configure: LinkRequest[] = [
  { kind: "set-link", name: "eth0", mac: "0A:58:0a:01:00:05", up: true },
  { kind: "set-tx-checksum", link: "eth0", enabled: false },
  { kind: "add-address", link: "eth0", address: "10.1.0.5/24" },
  { kind: "add-address", link: "eth0", address: "FD00::5/64" },
  { kind: "replace-route", link: "eth0", destination: "0.0.0.0/0", gateway: "10.1.0.1", source: "10.1.0.5" },
  { kind: "replace-route", link: "eth0", destination: "::/0", gateway: "fd77::1", onlink: true },
  { kind: "replace-neighbour", link: "eth0", address: "fd77::1", mac: "0a:58:00:00:00:01" },
];

test("the whole state as text, and the log of how it came about", async (t) => {
  const netlink = new FakeNetlink(POD);
  netlink.addLink(HOST_NETNS, { name: "ens3", mac: "02:00:00:00:00:01", up: true });
  await netlink.execute(HOST_NETNS, [create, { kind: "set-ipv6", link: "k1", enabled: false }, up]);
  await netlink.execute(POD, configure);
  t.equal(
    netlink.state(),
    [
      "host",
      "  ens3: physical up mtu 1500 mac 02:00:00:00:00:01",
      '  k1: veth to /run/netns/pod eth0 up mtu 1400 mac 0a:00:00:00:00:04 alias "mark" ipv6 off',
      "/run/netns/pod",
      "  eth0: veth to host k1 up mtu 1400 mac 0a:58:0a:01:00:05 tx-checksum off",
      "    address 10.1.0.5/24",
      "    address fd00::5/64",
      "    route 0.0.0.0/0 via 10.1.0.1 from 10.1.0.5",
      "    route ::/0 via fd77::1 onlink",
      "    neighbour fd77::1 at 0a:58:00:00:00:01",
    ].join("\n"),
  );
  await netlink.deleteLinks(["k1", "k2"]);
  t.equal(netlink.state(), "host\n  ens3: physical up mtu 1500 mac 02:00:00:00:00:01\n/run/netns/pod");
  t.strictSame(netlink.log.slice(0, 4), [
    "host: create-veth k1",
    "host: set-ipv6 k1",
    "host: set-link k1",
    "/run/netns/pod: set-link eth0",
  ]);
  t.equal(netlink.log.at(-1), "host: delete-links k1 k2");
});

test("a fault at any place: what is before took effect, what is behind did not", async (t) => {
  for (let at = 0; at < configure.length; at++) {
    const clean = new FakeNetlink(POD);
    await clean.execute(HOST_NETNS, [create]);
    await clean.execute(POD, configure.slice(0, at));
    const faulty = new FakeNetlink(POD);
    faulty.inject({ at: at + 1, errno: "ENOMEM", detail: "no room" });
    await faulty.execute(HOST_NETNS, [create]);
    t.match(await rejection(faulty.execute(POD, configure)), {
      errno: "ENOMEM",
      detail: "no room",
      request: configure[at],
    });
    t.equal(faulty.state(), clean.state(), `at ${at}`);
    t.ok(faulty.log.at(-1)?.endsWith(" ENOMEM"), "the log tells");
  }
});

test("a fault after the effect: the answer is lost, the link is there", async (t) => {
  const netlink = new FakeNetlink(POD);
  netlink.inject({ kind: "create-veth", moment: "after", errno: "ECONNRESET" });
  t.match(await rejection(netlink.execute(HOST_NETNS, [create, up])), { errno: "ECONNRESET", request: create });
  t.match(await netlink.links(HOST_NETNS, "k1"), [{ up: false }]);
  await netlink.execute(HOST_NETNS, [create, up]);
  t.match(await netlink.links(HOST_NETNS, "k1"), [{ up: true }], "repeating heals it");
});

test("faults by kind, namespace and count", async (t) => {
  const netlink = new FakeNetlink(POD);
  netlink.inject({ kind: "links", netns: POD, skip: 1, times: 2, errno: "EINTR" });
  const outcomes: string[] = [];
  for (let round = 0; round < 5; round++) {
    await netlink.links(HOST_NETNS);
    outcomes.push(
      await netlink.links(POD).then(
        () => "ok",
        (error: unknown) => String((error as { errno: string }).errno),
      ),
    );
  }
  t.strictSame(outcomes, ["ok", "EINTR", "EINTR", "ok", "ok"]);
  netlink.inject({ kind: "delete-links", errno: "EBUSY" });
  t.match(await rejection(netlink.deleteLinks(["k1"])), { errno: "EBUSY" });
  netlink.inject({ kind: "netns-exists", errno: "EMFILE" });
  t.match(await rejection(netlink.netnsExists(POD)), { errno: "EMFILE" });
  t.equal(await netlink.netnsExists(POD), true);
});

test("paused: calls wait in order, a signal drops those that wait", async (t) => {
  const netlink = new FakeNetlink(POD);
  const resume = netlink.pause();
  const controller = new AbortController();
  const first = netlink.execute(HOST_NETNS, [create]);
  const dropped = netlink.execute(HOST_NETNS, [up], controller.signal);
  const last = netlink.links(HOST_NETNS, "k1");
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(netlink.log, []);
  controller.abort(new Error("gone"));
  resume();
  await first;
  t.match(await rejection(dropped), { message: "gone" });
  t.match(await last, [{ name: "k1", up: false }]);
});
