/** What only a kernel can show: iproute2's view of what we did, hostile paths, many links at once. */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { type Test, test } from "tap";
import { LinuxNetlink } from "./linux.js";
import { HOST_NETNS, type LinkRequest, type Netlink } from "./port.js";
import { rejection } from "./testing/bed.js";
import { ipJson, makeNamespace, removeNamespace, runInside, type TestNamespace } from "./testing/namespaces.js";

interface KernelBed {
  readonly netlink: Netlink;
  readonly host: TestNamespace;
  readonly pod: TestNamespace;
}

async function openBed(t: Test): Promise<KernelBed> {
  const [host, pod] = [makeNamespace(), makeNamespace()];
  const netlink = new LinuxNetlink({ hostNetns: host.path });
  await netlink.start();
  t.teardown(async () => {
    await netlink.close();
    removeNamespace(pod);
    removeNamespace(host);
  });
  return { netlink, host, pod };
}

function veth(pod: TestNamespace, name = "k1", peer = "eth0"): LinkRequest {
  return {
    kind: "create-veth",
    name,
    alias: `k8shost:${name}`,
    mtu: 1400,
    peer: { name: peer, netns: pod.path, mac: undefined },
  };
}

test("iproute2 sees what was asked for", async (t) => {
  const { netlink, host, pod } = await openBed(t);
  const link = "eth0";
  await netlink.execute(HOST_NETNS, [
    veth(pod),
    { kind: "set-ipv6", link: "k1", enabled: false },
    { kind: "set-link", name: "k1", up: true },
  ]);
  await netlink.execute(pod.path, [
    { kind: "set-link", name: link, mac: "0a:58:0a:01:00:05", up: true },
    { kind: "set-tx-checksum", link, enabled: false },
    { kind: "add-address", link, address: "10.1.0.5/24" },
    { kind: "add-address", link, address: "fd00::5/64" },
    { kind: "replace-route", link, destination: "0.0.0.0/0", gateway: "10.1.0.1", source: "10.1.0.5" },
    { kind: "replace-route", link, destination: "10.9.0.0/16", gateway: "169.254.1.1", onlink: true },
    { kind: "replace-route", link, destination: "::/0", gateway: "fe80::1" },
    { kind: "replace-neighbour", link, address: "169.254.1.1", mac: "0a:58:00:00:00:01" },
    { kind: "replace-neighbour", link, address: "fe80::1", mac: "0a:58:00:00:00:01" },
  ]);
  const expected = {
    ifname: "k1",
    mtu: 1400,
    ifalias: "k8shost:k1",
    group: "default",
    linkinfo: { info_kind: "veth" },
  };
  t.match(ipJson(host, "link", "show", "k1"), [expected]);
  t.match(ipJson(pod, "link", "show", link), [{ address: "0a:58:0a:01:00:05", mtu: 1400, group: "default" }]);
  const [shown] = ipJson(pod, "address", "show", link) as { addr_info: object[] }[];
  t.match(
    shown?.addr_info.find((info) => "broadcast" in info),
    { local: "10.1.0.5", prefixlen: 24, broadcast: "10.1.0.255" },
  );
  t.match(
    shown?.addr_info.find((info) => "nodad" in info),
    { local: "fd00::5", prefixlen: 64, scope: "global", nodad: true },
  );
  const routes = ipJson(pod, "route");
  t.match(
    routes.find(({ dst }) => dst === "default"),
    { gateway: "10.1.0.1", dev: link, protocol: "static", prefsrc: "10.1.0.5" },
  );
  t.match(
    routes.find(({ dst }) => dst === "10.9.0.0/16"),
    { gateway: "169.254.1.1", flags: ["onlink"] },
  );
  t.match(
    ipJson(pod, "-6", "route").find(({ dst }) => dst === "default"),
    { gateway: "fe80::1", dev: link },
  );
  const neighbours = ipJson(pod, "neigh", "show", "nud", "permanent");
  t.strictSame(neighbours.map(({ dst }) => dst).toSorted(), ["169.254.1.1", "fe80::1"]);
  t.match(neighbours, [{ lladdr: "0a:58:00:00:00:01" }, { lladdr: "0a:58:00:00:00:01" }]);
  t.match(runInside(pod, "ethtool", "-k", link), /^tx-checksumming: off$/m);
  t.equal(runInside(host, "cat", "/proc/sys/net/ipv6/conf/k1/disable_ipv6").trim(), "1");
  t.equal(runInside(pod, "cat", `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`).trim(), "0");
});

test("repeating leaves a pod's neighbours alone; a new MAC address does not", async (t) => {
  const { netlink, pod } = await openBed(t);
  const peer = { name: "eth0", netns: pod.path, mac: "0a:58:0a:01:00:05" };
  const create: LinkRequest = { kind: "create-veth", name: "k1", alias: "k8shost:k1", mtu: 1400, peer };
  const same: LinkRequest = { kind: "set-link", name: "eth0", mac: peer.mac, up: true };
  const neighbour: LinkRequest = {
    kind: "replace-neighbour",
    link: "eth0",
    address: "10.1.0.1",
    mac: "0a:58:00:00:00:01",
  };
  await netlink.execute(HOST_NETNS, [create]);
  await netlink.execute(pod.path, [same, neighbour, same]);
  await netlink.execute(HOST_NETNS, [create]);
  t.match(ipJson(pod, "neigh", "show", "nud", "permanent"), [{ dst: "10.1.0.1" }]);
  await netlink.execute(pod.path, [{ kind: "set-link", name: "eth0", mac: "0a:58:0a:01:00:06" }]);
  t.strictSame(ipJson(pod, "neigh", "show", "nud", "permanent"), []);
});

test("a pair with a peer of the same number in another namespace is not taken for ours", async (t) => {
  const { netlink, host, pod } = await openBed(t);
  const other = makeNamespace();
  t.teardown(() => removeNamespace(other));
  // Both peers are number 2 in their namespaces, as every first link of a pod.
  await netlink.execute(HOST_NETNS, [veth(pod)]);
  execFileSync("ip", [
    "-n",
    other.name,
    "link",
    "add",
    "eth0",
    "index",
    "2",
    "type",
    "veth",
    "peer",
    "name",
    "x",
    "index",
    "9",
  ]);
  t.match(await rejection(netlink.execute(HOST_NETNS, [veth(other)])), { errno: "EEXIST" });
  execFileSync("ip", [
    "-n",
    host.name,
    "link",
    "add",
    "k2",
    "index",
    "100",
    "type",
    "veth",
    "peer",
    "name",
    "k3",
    "index",
    "101",
  ]);
  execFileSync("ip", ["-n", other.name, "link", "add", "eth1", "index", "101", "type", "bridge"]);
  t.match(await rejection(netlink.execute(HOST_NETNS, [veth(other, "k2", "eth1")])), {
    errno: "EEXIST",
    detail: /k2 exists/,
  });
  t.match(ipJson(host, "link", "show", "k2"), [{ ifname: "k2", mtu: 1500 }], "untouched");
});

test("a stranger's link in the way is not marked as ours", async (t) => {
  const { netlink, host, pod } = await openBed(t);
  execFileSync("ip", ["-n", host.name, "link", "add", "k1", "type", "bridge"]);
  t.match(await rejection(netlink.execute(HOST_NETNS, [veth(pod)])), {
    errno: "EEXIST",
    detail: /k1 exists on the host.*bridge/,
  });
  const [stranger] = ipJson(host, "link", "show", "k1");
  t.equal(stranger?.["ifalias"], undefined);
  t.equal(stranger?.["group"], "default");
});

test("only network namespaces are entered", async (t) => {
  const { netlink, pod } = await openBed(t);
  const folder = mkdtempSync(join(tmpdir(), "netns-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  writeFileSync(at("file"), "net:[4026531833]");
  symlinkSync(at("file"), at("to-file"));
  symlinkSync("/proc/self/ns/mnt", at("to-mnt"));
  symlinkSync(at("loop"), at("loop"));
  symlinkSync(pod.path, at("to-pod"));
  runInside(pod, "mkfifo", at("fifo"));
  const notNamespaces = [
    at("file"),
    at("to-file"),
    at("to-mnt"),
    at("fifo"),
    "/proc/self/ns/mnt",
    "/dev/null",
    "/proc",
    folder,
    `${pod.path}\0x`,
  ];
  for (const path of notNamespaces) {
    t.equal(await netlink.netnsExists(path), false, path);
    t.match(await rejection(netlink.links(path)), { errno: "EINVAL", unreachable: path }, path);
    t.match(await rejection(netlink.execute(HOST_NETNS, [veth({ name: "", path })])), {
      errno: "EINVAL",
      unreachable: path,
    });
  }
  for (const path of [at("absent"), at("loop"), at("file/below"), "/proc/4194305/ns/net", "relative"]) {
    t.equal(await netlink.netnsExists(path), false, path);
    t.match(await rejection(netlink.links(path)), { errno: "ENOENT", unreachable: path }, path);
  }
  for (const path of [pod.path, at("to-pod"), "/proc/self/ns/net", "/proc/thread-self/ns/net"]) {
    t.equal(await netlink.netnsExists(path), true, path);
  }
  t.match(await netlink.links(at("to-pod")), [{ name: "lo" }]);
  chmodSync(at("file"), 0);
});

test("a host namespace that is none: the caller learns at once", async (t) => {
  t.match(await rejection(new LinuxNetlink({ hostNetns: "/etc/passwd" }).start()), {
    errno: "EINVAL",
    unreachable: "/etc/passwd",
  });
  const netlink = new LinuxNetlink({ hostNetns: "/nowhere" });
  for (let again = 0; again < 2; again++) t.match(await rejection(netlink.links(HOST_NETNS)), { errno: "ENOENT" });
  await netlink.close();
});

test("500 pairs: listed whole, deleted whole", async (t) => {
  const { netlink, host, pod } = await openBed(t);
  execFileSync("ip", ["-n", host.name, "link", "add", "bystander", "group", "7", "type", "bridge"]);
  const names = Array.from({ length: 500 }, (_, index) => `k${index}`);
  const creations = names.map((name) => veth(pod, name, `e${name}`));
  for (let from = 0; from < 500; from += 100) await netlink.execute(HOST_NETNS, creations.slice(from, from + 100));
  const links = await netlink.links(HOST_NETNS);
  t.strictSame(links.map(({ name }) => name).toSorted(), ["lo", "bystander", ...names].toSorted());
  t.ok(
    links
      .filter(({ kind }) => kind === "veth")
      .every(({ name, alias, mtu }) => alias === `k8shost:${name}` && mtu === 1400),
  );
  t.equal((await netlink.links(pod.path)).length, 501);
  await netlink.deleteLinks(names);
  t.match(ipJson(host, "link"), [{ ifname: "lo" }, { ifname: "bystander", group: "7" }]);
  t.match(ipJson(pod, "link"), [{ ifname: "lo" }]);
});

test("50 pods at once, coming and going", async (t) => {
  const { netlink, host, pod } = await openBed(t);
  execFileSync("ip", ["-n", host.name, "link", "add", "bystander", "type", "bridge"]);
  const indices = Array.from({ length: 50 }, (_, index) => index);
  const add = async (index: number) => {
    const link = `e${index}`;
    await netlink.execute(HOST_NETNS, [
      veth(pod, `k${index}`, link),
      { kind: "set-link", name: `k${index}`, up: true },
    ]);
    await netlink.execute(pod.path, [
      { kind: "set-link", name: link, up: true },
      { kind: "add-address", link, address: `10.1.${index}.5/24` },
    ]);
  };
  for (let round = 0; round < 3; round++) {
    await Promise.all(indices.map(add));
    t.equal(ipJson(host, "link").filter(({ ifalias }) => ifalias !== undefined).length, 50);
    t.equal(
      ipJson(pod, "address")
        .flatMap(({ addr_info: info }) => info as { family: string }[])
        .filter(({ family }) => family === "inet").length,
      50,
    );
    await Promise.all(indices.map((index) => netlink.deleteLinks([`k${index}`])));
    t.match(ipJson(host, "link"), [{ ifname: "lo" }, { ifname: "bystander", group: "default" }]);
  }
  // Additions and deletions at the same time.
  await Promise.all(indices.slice(0, 25).map(add));
  const deletions = indices.slice(0, 25).map((index) => netlink.deleteLinks([`k${index}`]));
  await Promise.all([...indices.slice(25).map(add), ...deletions]);
  const left = ipJson(host, "link")
    .map(({ ifname }) => ifname)
    .filter((name) => name !== "lo" && name !== "bystander");
  t.strictSame(
    left.toSorted(),
    indices
      .slice(25)
      .map((index) => `k${index}`)
      .toSorted(),
  );
});
