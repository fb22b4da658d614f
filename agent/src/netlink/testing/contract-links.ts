/** What every Netlink must do with links. */
import { setTimeout as sleep } from "node:timers/promises";
import { HOST_NETNS, type LinkRequest } from "../port.js";
import { type Check, makePod, MTU, names, rejection, veth } from "./bed.js";

export function testLinks(check: Check): void {
  check("a veth pair, its peer in the pod", async (t, bed) => {
    const { netlink } = bed;
    const pod = bed.makeNetns();
    await netlink.execute(HOST_NETNS, [veth(pod)]);
    const [host] = await netlink.links(HOST_NETNS, "k1");
    const [inside] = await netlink.links(pod, "eth0");
    t.match(host, {
      name: "k1",
      kind: "veth",
      mtu: MTU,
      up: false,
      alias: "k8shost:c1/eth0",
      peerIndex: inside?.index,
    });
    t.match(inside, { name: "eth0", kind: "veth", mtu: MTU, up: false, alias: "", peerIndex: host?.index });
    t.equal(inside?.mac, "0a:58:0a:01:00:05");
    t.strictSame(await names(bed, HOST_NETNS), ["k1"], "the peer was never on the host");
    t.strictSame(await netlink.links(HOST_NETNS, "eth0"), []);
    t.match(await netlink.links(pod, "lo"), [{ name: "lo", kind: "", peerIndex: 0 }]);
  });

  check("creating the same pair again finishes it", async (t, { netlink, makeNetns }) => {
    const pod = makeNetns();
    await netlink.execute(HOST_NETNS, [veth(pod, { alias: "" }), { kind: "set-link", name: "k1", up: true }]);
    const [before] = await netlink.links(HOST_NETNS, "k1");
    await netlink.execute(HOST_NETNS, [veth(pod, { mtu: 1300 })]);
    await netlink.execute(HOST_NETNS, [veth(pod, { mtu: 1300 })]);
    const [after] = await netlink.links(HOST_NETNS, "k1");
    t.strictSame(after, { ...before, mtu: 1300, alias: "k8shost:c1/eth0" }, "the same link");
    t.match(await netlink.links(pod, "eth0"), [{ mtu: 1300 }]);
  });

  check("a name that something else has", async (t, bed) => {
    const { netlink } = bed;
    const [pod, other] = [bed.makeNetns(), bed.makeNetns()];
    await netlink.execute(HOST_NETNS, [veth(pod)]);
    const peer = { name: "eth0", mac: undefined };
    const taken: LinkRequest[] = [
      veth(pod, { alias: "k8shost:c2/eth0" }),
      veth(other),
      veth(pod, { peer: { ...peer, name: "eth1", netns: pod } }),
      veth(pod, { name: "k2" }),
    ];
    for (const request of taken) {
      t.match(await rejection(netlink.execute(HOST_NETNS, [request])), { errno: "EEXIST", request, detail: /exists/ });
    }
    t.match(await netlink.links(HOST_NETNS), [{ name: "lo" }, { name: "k1", alias: "k8shost:c1/eth0" }]);
    t.strictSame([await names(bed, pod), await names(bed, other)], [["eth0"], []]);
  });

  check("changing a link", async (t, bed) => {
    const { netlink } = bed;
    const pod = await makePod(bed);
    const changes = { name: "eth0", mtu: 1280, mac: "0A:58:0a:01:00:06", alias: "née" } as const;
    await netlink.execute(pod, [
      { kind: "set-link", ...changes },
      { kind: "set-link", ...changes },
    ]);
    t.match(await netlink.links(pod, "eth0"), [{ up: true, mtu: 1280, mac: "0a:58:0a:01:00:06", alias: "née" }]);
    await netlink.execute(pod, [{ kind: "set-link", name: "eth0", up: false, alias: "" }]);
    t.match(await netlink.links(pod, "eth0"), [{ up: false, mtu: 1280, alias: "" }]);
    for (const enabled of [false, false, true]) {
      await netlink.execute(pod, [{ kind: "set-tx-checksum", link: "eth0", enabled }]);
    }
    const neighbour = {
      kind: "replace-neighbour",
      link: "eth0",
      address: "169.254.1.1",
      mac: "0a:58:00:00:00:01",
    } as const;
    await netlink.execute(pod, [neighbour, { ...neighbour, mac: "0a:58:00:00:00:02" }]);
  });
}

export function testDeletion(check: Check): void {
  check("deleting links, present and gone", async (t, bed) => {
    const { netlink } = bed;
    const pod = bed.makeNetns();
    const create = (name: string) => veth(pod, { name, peer: { name: `p-${name}`, netns: pod, mac: undefined } });
    await netlink.execute(HOST_NETNS, ["a", "b", "c", "d", "e"].map(create));
    await netlink.execute(HOST_NETNS, [
      { kind: "delete-link", name: "a" },
      { kind: "delete-link", name: "a" },
    ]);
    t.strictSame(await names(bed, pod), ["p-b", "p-c", "p-d", "p-e"], "the peer goes with it");
    await Promise.all([netlink.deleteLinks(["b", "gone"]), netlink.deleteLinks(["b", "c"]), netlink.deleteLinks([])]);
    t.strictSame(
      [await names(bed, HOST_NETNS), await names(bed, pod)],
      [
        ["d", "e"],
        ["p-d", "p-e"],
      ],
    );
    const refused = netlink.deleteLinks(["d", "lo", "e"]);
    t.match(await rejection(refused), { errno: "EOPNOTSUPP", message: /delete-link lo/ });
    t.strictSame([await names(bed, HOST_NETNS), await names(bed, pod)], [[], []], "the others went");
    t.match(await rejection(netlink.execute(HOST_NETNS, [{ kind: "delete-link", name: "lo" }])), {
      errno: "EOPNOTSUPP",
    });
  });

  check("a namespace takes its links along, and their host ends", async (t, bed) => {
    const { netlink } = bed;
    const pod = await makePod(bed);
    t.equal(await netlink.netnsExists(pod), true);
    bed.removeNetns(pod);
    t.equal(await netlink.netnsExists(pod), false);
    t.equal(await netlink.netnsExists(HOST_NETNS), true);
    for (const patience = Date.now() + 30_000; (await names(bed, HOST_NETNS)).length > 0; await sleep(5)) {
      if (Date.now() > patience) throw new Error("the host end of the veth stays");
    }
    await t.resolves(netlink.deleteLinks(["k1"]));
    const gone = { errno: "ENOENT", unreachable: pod, request: undefined };
    t.match(await rejection(netlink.execute(pod, [{ kind: "set-link", name: "eth0", up: true }])), gone);
    t.match(await rejection(netlink.links(pod)), gone);
    t.match(await rejection(netlink.addresses(pod, "eth0")), gone);
    t.match(await rejection(netlink.routes(pod, "eth0")), gone);
    const create = veth(pod);
    t.match(await rejection(netlink.execute(HOST_NETNS, [create])), {
      errno: "ENOENT",
      unreachable: pod,
      request: create,
    });
    t.strictSame(await names(bed, HOST_NETNS), [], "no half of a pair is left");
  });
}
