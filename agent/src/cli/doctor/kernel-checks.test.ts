import { test } from "tap";
import * as kernel from "./kernel-checks.js";
import { type Case, config, EXTERNAL_IDS, found, withOvs } from "./testing/situation.js";

const UNSHARE = "unshare --net ip link add name k8shost0 type";
const SYSTEM = { ...EXTERNAL_IDS, "ovn-bridge-datapath-type": "system" };
const NETDEV = { ...EXTERNAL_IDS, "ovn-bridge-datapath-type": "netdev" };
const MODULE = { "/sys/module/openvswitch": { kind: "directory", mode: 0o755, uid: 0 } } as const;

const CASES: readonly Case[] = [
  ["privileges", "ok: root", {}],
  ["privileges", "warn: user 1000", { machine: { uid: 1000 } }],
  ["namespaces", "ok: can be made", { machine: { programs: { "unshare --net true": {} } } }],
  [
    "namespaces",
    "fail: not permitted",
    { machine: { programs: { "unshare --net true": { code: 1, stderr: "not permitted" } } } },
  ],
  ["namespaces", "skip: unshare (util-linux) is not installed, so this could not be tried", {}],
  ["veth", "ok: can be made", { machine: { programs: { [`${UNSHARE} veth peer name k8shost1`]: {} } } }],
  [
    "veth",
    "fail: Unknown device type",
    { machine: { programs: { [`${UNSHARE} veth peer name k8shost1`]: { code: 2, stderr: "Unknown device type" } } } },
  ],
  ["datapath", "ok: userspace: the agent will choose it", withOvs()],
  [
    "datapath",
    "ok: kernel: the agent will choose it",
    { ...withOvs(), machine: { programs: { "modprobe --dry-run openvswitch": {} } } },
  ],
  ["datapath", "ok: kernel (system)", { ...withOvs(SYSTEM), machine: { looks: MODULE } }],
  ["datapath", "fail: the kernel's datapath is chosen, but the kernel has no openvswitch module", withOvs(SYSTEM)],
  ["datapath", "ok: userspace (netdev); the kernel has none", withOvs(NETDEV)],
  [
    "datapath",
    "warn: the userspace datapath is chosen although the kernel has one: it is many times slower",
    { ...withOvs(NETDEV), machine: { looks: MODULE } },
  ],
  ["encapsulation", "ok: geneve, by ovs-vswitchd itself", withOvs(NETDEV)],
  ["encapsulation", "skip: only the kernel's datapath needs a module for it", withOvs(SYSTEM)],
  [
    "encapsulation",
    "fail: Unknown device type",
    {
      ...withOvs(SYSTEM),
      machine: {
        looks: MODULE,
        programs: { [`${UNSHARE} geneve external`]: { code: 2, stderr: "Unknown device type" } },
      },
    },
  ],
  ["forwarding", "ok: on", { machine: { files: { "/proc/sys/net/ipv4/ip_forward": "1\n" } } }],
  [
    "forwarding",
    "warn: net.ipv4.ip_forward is off",
    { machine: { files: { "/proc/sys/net/ipv4/ip_forward": "0\n" } } },
  ],
  [
    "forwarding",
    "fail: net.ipv6.conf.all.forwarding is off",
    {
      config: config("--network.cluster-cidr", "10.244.0.0/16,fd00::/48"),
      agent: () => Promise.resolve({ version: "1", conditions: [] } as never),
      machine: { files: { "/proc/sys/net/ipv4/ip_forward": "1\n", "/proc/sys/net/ipv6/conf/all/forwarding": "0\n" } },
    },
  ],
  [
    "reverse-path",
    "ok: the node's links do not exist yet",
    { machine: { files: { "/proc/sys/net/ipv4/conf/all/rp_filter": "1\n" } } },
  ],
  [
    "reverse-path",
    "ok: loose",
    {
      machine: {
        files: { "/proc/sys/net/ipv4/conf/all/rp_filter": "1\n", "/proc/sys/net/ipv4/conf/prism0/rp_filter": "2\n" },
      },
    },
  ],
  [
    "reverse-path",
    "fail: strict on prism1, which drops what returns by the other link",
    {
      machine: {
        files: { "/proc/sys/net/ipv4/conf/all/rp_filter": "1\n", "/proc/sys/net/ipv4/conf/prism1/rp_filter": "0\n" },
      },
    },
  ],
  ["nftables", "ok: works", { machine: { programs: { "nft list tables": {} } } }],
  ["nftables", "fail: nft is not installed, so pods cannot leave the cluster", {}],
  ["nftables", "skip: not needed: network.egress.enabled is false", { config: config("--no-network.egress.enabled") }],
  [
    "clock",
    "ok: synchronised",
    { machine: { programs: { "timedatectl show --property=NTPSynchronized --value": { stdout: "yes\n" } } } },
  ],
  [
    "clock",
    "warn: not synchronised",
    { machine: { programs: { "timedatectl show --property=NTPSynchronized --value": { stdout: "no\n" } } } },
  ],
];

test("what pods need of the kernel", async (t) => {
  for (const [id, expected, situation] of CASES) t.equal(await found(id, situation), expected, id);
  const tried = new Set(CASES.map(([id]) => id));
  t.strictSame(
    [...tried].sort(),
    Object.values(kernel)
      .map(({ id }) => id)
      .sort(),
    "every check is tried",
  );
});
