/** The kernel thread among the others of the process: who is in which namespace, and what happens when it dies. */
import { pbkdf2 } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Test, test } from "tap";
import { LinuxNetlink } from "./linux.js";
import { HOST_NETNS, type LinkRequest, type Netlink } from "./port.js";
import { rejection } from "./testing/bed.js";
import { makeNamespace, removeNamespace, type TestNamespace } from "./testing/namespaces.js";

const HOME = readlinkSync("/proc/self/ns/net");
const hash = promisify(pbkdf2);

/** Name and namespace of every thread of this process. */
function threads(): { name: string; netns: string }[] {
  return readdirSync("/proc/self/task").flatMap((id) => {
    try {
      const name = readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
      return [{ name, netns: readlinkSync(`/proc/self/task/${id}/ns/net`) }];
    } catch {
      // The thread has ended meanwhile.
      return [];
    }
  });
}

/** Descriptors of namespaces that this process holds, by what they refer to. */
function namespaceDescriptors(): { fd: number; target: string }[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith("net:[") || target.includes("nltest-") ? [{ fd: Number(fd), target }] : [];
    } catch {
      return [];
    }
  });
}

async function open(t: Test, pods: number): Promise<{ netlink: Netlink; pods: TestNamespace[] }> {
  const host = makeNamespace();
  const namespaces = Array.from({ length: pods }, makeNamespace);
  const netlink = new LinuxNetlink({ hostNetns: host.path });
  await netlink.start();
  t.teardown(async () => {
    await netlink.close();
    for (const namespace of [host, ...namespaces]) removeNamespace(namespace);
  });
  return { netlink, pods: namespaces };
}

function veth(pod: TestNamespace, index: number): LinkRequest {
  return {
    kind: "create-veth",
    name: `k${index}`,
    alias: "",
    mtu: 1400,
    peer: { name: "eth0", netns: pod.path, mac: undefined },
  };
}

test("no thread ever stays in a pod's namespace", async (t) => {
  const { netlink, pods } = await open(t, 12);
  let busy = true;
  const away = new Set<string>();
  const work = async (index: number, pod: TestNamespace) => {
    await netlink.execute(HOST_NETNS, [veth(pod, index)]);
    for (let round = 0; round < 20; round++) {
      await netlink.execute(pod.path, [
        { kind: "set-ipv6", link: "eth0", enabled: round % 2 === 0 },
        { kind: "set-link", name: "eth0", up: round % 3 === 0 },
        { kind: "add-address", link: "eth0", address: "10.1.0.5/24" },
      ]);
      await netlink.addresses(pod.path, "eth0");
    }
    await netlink.deleteLinks([`k${index}`]);
  };
  const pool = async () => {
    while (busy) {
      await Promise.all([
        readdir("/proc/self/task"),
        readFile("/proc/self/stat"),
        hash("secret", "salt", 100, 16, "sha256"),
      ]);
      for (const { name, netns } of threads()) if (netns !== HOME) away.add(name);
    }
  };
  const sampling = Promise.all([pool(), pool()]);
  await Promise.all(pods.map((pod, index) => work(index, pod)));
  busy = false;
  await sampling;
  const after = threads();
  t.ok(after.filter(({ name }) => name === "libuv-worker").length >= 4, "the thread pool was running");
  t.ok(
    after.some(({ name }) => name === "netlink"),
    "so was ours",
  );
  t.strictSame(
    after.filter(({ netns }) => netns !== HOME),
    [],
    "everybody is at home",
  );
  t.strictSame(
    [...away].filter((name) => name !== "netlink"),
    [],
    "nobody but our thread was ever away",
  );
  t.equal(readlinkSync("/proc/self/ns/net"), HOME);
});

test("no descriptor of a pod's namespace is kept, not even after an error", async (t) => {
  const { netlink, pods } = await open(t, 1);
  const [pod] = pods;
  if (pod === undefined) throw new Error("no pod");
  const before = namespaceDescriptors().length;
  const sockets = () => readdirSync("/proc/self/fd").length;
  await netlink.execute(HOST_NETNS, [veth(pod, 1)]);
  const openBefore = sockets();
  for (let round = 0; round < 50; round++) {
    await netlink.execute(pod.path, [{ kind: "set-ipv6", link: "eth0", enabled: false }]);
    await rejection(netlink.execute(pod.path, [{ kind: "set-link", name: "nope" }]));
    await rejection(netlink.execute(HOST_NETNS, [veth(pod, 2)]));
    await rejection(netlink.links("/etc/passwd"));
    await rejection(netlink.links("/proc/self/ns/mnt"));
    await netlink.routes(pod.path, "eth0");
    await netlink.netnsExists(pod.path);
  }
  t.equal(namespaceDescriptors().length, before);
  t.equal(sockets(), openBefore);
  await netlink.close();
  t.strictSame(namespaceDescriptors(), [], "and none at all in the end");
});

for (const [how, reuse] of [
  ["its descriptor was closed", false],
  ["its descriptor means another namespace", true],
] as const) {
  test(`a thread that can't return home dies and is replaced: ${how}`, async (t) => {
    const { netlink, pods } = await open(t, 1);
    const [pod] = pods;
    if (pod === undefined) throw new Error("no pod");
    await netlink.execute(HOST_NETNS, [veth(pod, 1)]);
    const home = namespaceDescriptors().find(({ target }) => target === HOME);
    if (home === undefined) throw new Error("the thread has no descriptor of its own namespace");
    closeSync(home.fd);
    if (reuse) t.equal(openSync(pod.path, "r"), home.fd, "the same number, another namespace");

    const fatal = netlink.links(pod.path);
    const queued = [
      netlink.links(HOST_NETNS),
      netlink.execute(pod.path, [{ kind: "set-link", name: "eth0", up: true }]),
    ];
    const lost = {
      name: "NetlinkError",
      errno: "ECONNRESET",
      message: /netlink thread died.*outcome is unknown/,
      detail: /namespace/,
    };
    t.match(await rejection(fatal), lost);
    for (const call of queued) t.match(await rejection(call), lost);

    t.match(
      await netlink.links(pod.path),
      [{ name: "lo" }, { name: "eth0", up: false }],
      "nothing was done behind the loss",
    );
    await netlink.execute(pod.path, [{ kind: "set-link", name: "eth0", up: true }]);
    t.match(await netlink.links(pod.path, "eth0"), [{ up: true }], "another thread works");
    await Promise.all([readFile("/proc/self/stat"), hash("secret", "salt", 100, 16, "sha256")]);
    t.strictSame(
      threads().filter(({ netns }) => netns !== HOME),
      [],
      "everybody is at home",
    );
    await netlink.close();
    t.strictSame(namespaceDescriptors(), [], "the dead thread's descriptors are closed");
  });
}
