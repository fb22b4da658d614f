/** How every Netlink must answer: errors, signals, the end. */
import { HOST_NETNS, type LinkRequest } from "../port.js";
import { type Check, MTU, names, rejection, veth } from "./bed.js";

export function testCalls(check: Check): void {
  check("a link that does not exist: an error for what adds, success for what removes", async (t, { netlink }) => {
    const link = "nope";
    const adding: LinkRequest[] = [
      { kind: "set-link", name: link, up: true },
      { kind: "add-address", link, address: "10.1.0.5/24" },
      { kind: "replace-route", link, destination: "0.0.0.0/0", gateway: "10.1.0.1" },
      { kind: "replace-neighbour", link, address: "10.1.0.1", mac: "0a:58:00:00:00:01" },
      { kind: "set-tx-checksum", link, enabled: false },
      { kind: "set-ipv6", link, enabled: false },
    ];
    for (const request of adding)
      t.match(await rejection(netlink.execute(HOST_NETNS, [request])), { errno: "ENODEV", request });
    await netlink.execute(HOST_NETNS, [
      { kind: "delete-link", name: link },
      { kind: "remove-address", link, address: "10.1.0.5/24" },
      { kind: "remove-route", link, destination: "0.0.0.0/0" },
    ]);
    t.strictSame(await netlink.links(HOST_NETNS, link), []);
    t.strictSame(await netlink.addresses(HOST_NETNS, link), []);
    t.strictSame(await netlink.routes(HOST_NETNS, link), []);
  });

  check("a list stops at its first failure and says which it was", async (t, bed) => {
    const pod = bed.makeNetns();
    const failing: LinkRequest = { kind: "set-link", name: "nope", up: true };
    const run = bed.netlink.execute(HOST_NETNS, [veth(pod), failing, { kind: "set-link", name: "k1", mtu: 1300 }]);
    t.match(await rejection(run), {
      name: "NetlinkError",
      errno: "ENODEV",
      request: failing,
      message: /^set-link nope: ENODEV/,
    });
    t.match(await bed.netlink.links(HOST_NETNS, "k1"), [{ mtu: MTU }]);
    const inside: LinkRequest = { kind: "add-address", link: "nope", address: "10.1.0.5/24" };
    t.match(await rejection(bed.netlink.execute(pod, [inside])), {
      message: new RegExp(`^add-address nope in ${pod}: ENODEV`),
    });
  });

  check("bad input is refused before anything is done", async (t, bed) => {
    const pod = bed.makeNetns();
    const bad: LinkRequest = { kind: "add-address", link: "eth0", address: "10.1.0.5" };
    t.match(await rejection(bed.netlink.execute(HOST_NETNS, [veth(pod), bad])), { errno: "EINVAL", request: bad });
    t.strictSame(await names(bed, HOST_NETNS), []);
    for (const name of ["", "../x", "a234567890123456"]) {
      t.match(await rejection(bed.netlink.links(HOST_NETNS, name)), { errno: "EINVAL" });
      t.match(await rejection(bed.netlink.addresses(HOST_NETNS, name)), { errno: "EINVAL" });
      t.match(await rejection(bed.netlink.routes(HOST_NETNS, name)), { errno: "EINVAL" });
      t.match(await rejection(bed.netlink.deleteLinks([name])), { errno: "EINVAL" });
    }
  });

  check("a signal drops what was not started", async (t, bed) => {
    const { netlink } = bed;
    const pod = bed.makeNetns();
    const reason = new Error("the caller went away");
    await t.rejects(netlink.execute(HOST_NETNS, [veth(pod)], AbortSignal.abort(reason)), reason);
    const create = (name: string) => veth(pod, { name, peer: { name: `p-${name}`, netns: pod, mac: undefined } });
    const many = Array.from({ length: 50 }, (_, index) => create(`m${index}`));
    const controller = new AbortController();
    const before = netlink.execute(HOST_NETNS, many);
    const dropped = netlink.execute(HOST_NETNS, [create("dropped")], controller.signal);
    const behind = netlink.links(HOST_NETNS, "m49");
    controller.abort(reason);
    await t.rejects(dropped, reason);
    await before;
    t.equal((await behind).length, 1, "others are not touched");
    const late = new AbortController();
    await netlink.links(HOST_NETNS, undefined, late.signal);
    late.abort();
    t.strictSame(await netlink.links(HOST_NETNS, "dropped"), []);
  });

  check("closing waits for what was begun", async (t, bed) => {
    const { netlink } = bed;
    const pod = bed.makeNetns();
    await netlink.execute(HOST_NETNS, [
      veth(pod),
      veth(pod, { name: "k2", peer: { name: "eth1", netns: pod, mac: undefined } }),
    ]);
    const begun = Promise.all([netlink.links(HOST_NETNS, "k1"), netlink.deleteLinks(["k2"])]);
    await Promise.all([netlink.close(), netlink.close()]);
    t.match(await begun, [[{ name: "k1" }], undefined]);
    t.match(await rejection(netlink.links(HOST_NETNS)), { errno: "ESHUTDOWN" });
    t.match(await rejection(netlink.deleteLinks(["k1"])), { errno: "ESHUTDOWN" });
  });
}
