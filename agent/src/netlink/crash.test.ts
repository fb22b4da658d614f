/** A process that is killed while it creates links: no link is left that nobody owns, and repeating mends the rest. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { test } from "tap";
import { LinuxNetlink } from "./linux.js";
import { HOST_NETNS, type LinkRequest } from "./port.js";
import { ipJson, makeNamespace, removeNamespace } from "./testing/namespaces.js";

const MARK = "k8shost:c1/eth0";

function veth(index: number, pod: string): LinkRequest {
  const peer = { name: `p${index}`, netns: pod, mac: undefined };
  return { kind: "create-veth", name: `k${index}`, alias: MARK, mtu: 1400, peer };
}

/** Creates pairs until it is killed. */
async function createForEver(host: string, pod: string): Promise<never> {
  const netlink = new LinuxNetlink({ hostNetns: host });
  await netlink.start();
  process.stdout.write("started\n");
  for (let index = 0; ; index++) await netlink.execute(HOST_NETNS, [veth(index, pod)]);
}

const [, self = "", host, pod] = process.argv;
if (self === fileURLToPath(import.meta.url) && host !== undefined && pod !== undefined) await createForEver(host, pod);

test("killed at any moment: every link has its mark, and the same request again succeeds", async (t) => {
  let links = 0;
  for (let round = 0; round < 12; round++) {
    const [outside, inside] = [makeNamespace(), makeNamespace()];
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), outside.path, inside.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    try {
      await Promise.race([once(child.stdout, "data"), ended]);
      await sleep(5 + Math.random() * 10);
    } finally {
      child.kill("SIGKILL");
    }
    t.strictSame(await ended, [null, "SIGKILL"], "it was at work until then");

    const left = ipJson(outside, "link").filter(({ ifname }) => ifname !== "lo");
    t.strictSame(
      left.filter(({ ifalias }) => ifalias !== MARK),
      [],
      `all of ${left.length} links are marked`,
    );
    const netlink = new LinuxNetlink({ hostNetns: outside.path });
    await netlink.execute(
      HOST_NETNS,
      left.map((_, index) => veth(index, inside.path)),
    );
    await netlink.close();
    const mended = ipJson(outside, "link").filter(({ ifname }) => ifname !== "lo");
    t.strictSame(
      mended.map(({ ifname, ifalias, group }) => ({ ifname, ifalias, group })),
      left.map(({ ifname }) => ({ ifname, ifalias: MARK, group: "default" })),
      "the same links, whole",
    );
    links += left.length;
    removeNamespace(inside);
    removeNamespace(outside);
  }
  t.ok(links > 12, `${links} links in all`);
});
