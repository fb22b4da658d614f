import { test } from "tap";
import * as openvswitch from "./openvswitch-checks.js";
import { type Case, config, EXTERNAL_IDS, found, withOvs } from "./testing/situation.js";

const NETDEV = { ...EXTERNAL_IDS, "ovn-bridge-datapath-type": "netdev" };
const UNDERLAY = { name: "br-phys", mtu: 1500, addresses: ["192.0.2.1"] };

const CASES: readonly Case[] = [
  ["ovs-database", "ok: unix:/var/run/openvswitch/db.sock, Open vSwitch 3.1.0", withOvs()],
  ["ovs-database", "fail: no database", {}],
  ["ovs-vswitchd", "ok: running", withOvs()],
  ["ovs-vswitchd", "skip: the Open vSwitch database cannot be read", {}],
  [
    "ovs-vswitchd",
    "fail: not running: nobody holds its lock in the database",
    withOvs(EXTERNAL_IDS, { switching: false }),
  ],
  ["ovs-vswitchd", "warn: has not applied the database's latest change", withOvs(EXTERNAL_IDS, { applied: false })],
  ["ovs-identity", "ok: worker-1, geneve at 192.0.2.1", withOvs()],
  [
    "ovs-identity",
    "fail: missing in external_ids: ovn-remote, ovn-encap-type, ovn-encap-ip",
    withOvs({ "system-id": "worker-1" }),
  ],
  [
    "ovs-identity",
    "warn: ovn-encap-type is vxlan, the agent's network.encapType is geneve: the MTU is computed for the wrong one",
    withOvs({ ...EXTERNAL_IDS, "ovn-encap-type": "vxlan" }),
  ],
  ["bridge", "ok: br-int, datapath netdev", withOvs()],
  ["bridge", "fail: br-int does not exist", withOvs(EXTERNAL_IDS, { bridges: [] })],
  [
    "bridge",
    "fail: br-int does not exist: ovn-controller uses br-ovn",
    withOvs({ ...EXTERNAL_IDS, "ovn-bridge": "br-ovn" }, { bridges: [] }),
  ],
  ["tunnel-address", "ok: 192.0.2.1 on br-phys", { ...withOvs(NETDEV), machine: { links: [UNDERLAY] } }],
  ["tunnel-address", "fail: no link of this node has 192.0.2.1", withOvs()],
  [
    "tunnel-address",
    "fail: 192.0.2.1 is on eth0, which is no port of an Open vSwitch bridge",
    { ...withOvs(NETDEV), machine: { links: [{ ...UNDERLAY, name: "eth0" }] } },
  ],
  ["mtu", "ok: 1442 for pods (br-phys has 1500)", { ...withOvs(), machine: { links: [UNDERLAY] } }],
  [
    "mtu",
    "fail: network.mtu is 1500, but br-phys (1500) leaves 1442 after the encapsulation: large packets are lost",
    { ...withOvs(), config: config("--network.mtu", "1500"), machine: { links: [UNDERLAY] } },
  ],
  [
    "mtu",
    "ok: 1400 for pods; br-phys leaves room for 1442",
    { ...withOvs(), config: config("--network.mtu", "1400"), machine: { links: [UNDERLAY] } },
  ],
  [
    "mtu",
    "ok: 1422 for pods (br-phys has 1500)",
    {
      ...withOvs({ ...EXTERNAL_IDS, "ovn-encap-ip": "2001:db8::1" }),
      machine: { links: [{ ...UNDERLAY, addresses: ["2001:db8::1"] }] },
    },
  ],
  ["ovn-controller", "skip: ovn-appctl (ovn-common) is not installed, so it could not be asked", {}],
  [
    "ovn-controller",
    "fail: running, but not connected to the southbound database: new pods never become ready",
    {
      machine: {
        programs: { "ovn-appctl --timeout=5 -t ovn-controller connection-status": { stdout: "not connected\n" } },
      },
    },
  ],
  [
    "ovn-controller",
    "ok: running and connected to the southbound database",
    {
      machine: {
        programs: { "ovn-appctl --timeout=5 -t ovn-controller connection-status": { stdout: "connected\n" } },
      },
    },
  ],
  [
    "ovn-controller",
    "ok: running and connected to the southbound database",
    {
      machine: {
        files: { "/var/run/ovn/ovn-controller.7.ctl": "", "/var/run/ovn/ovn-controller.71.ctl": "" },
        looks: { "/proc/71": { kind: "directory", mode: 0o555, uid: 0 } },
        programs: {
          "ovn-appctl --timeout=5 -t /var/run/ovn/ovn-controller.71.ctl connection-status": { stdout: "connected\n" },
        },
      },
    },
  ],
  [
    "chassis",
    "ok: worker-1, geneve at 192.0.2.1",
    {
      ...withOvs(),
      chassis: () => Promise.resolve({ hostname: "worker-1", encapsulations: [{ type: "geneve", ip: "192.0.2.1" }] }),
    },
  ],
  [
    "chassis",
    "fail: worker-1 is not in the southbound database",
    { ...withOvs(), chassis: () => Promise.resolve(undefined) },
  ],
  [
    "chassis",
    "fail: worker-1 is registered with geneve at 192.0.2.9, not with 192.0.2.1: two nodes may have the same system-id",
    {
      ...withOvs(),
      chassis: () => Promise.resolve({ hostname: "other", encapsulations: [{ type: "geneve", ip: "192.0.2.9" }] }),
    },
  ],
  ["chassis", "warn: the southbound database cannot be read: no southbound", withOvs()],
  [
    "chassis",
    "skip: the southbound database needs TLS: set southbound.remotes and southbound.tls to have it read",
    withOvs({ ...EXTERNAL_IDS, "ovn-remote": "ssl:sb:6642" }),
  ],
];

test("what pods need of Open vSwitch and OVN", async (t) => {
  for (const [id, expected, situation] of CASES) t.equal(await found(id, situation), expected, id);
  const tried = new Set(CASES.map(([id]) => id));
  t.strictSame(
    [...tried].sort(),
    Object.values(openvswitch)
      .map(({ id }) => id)
      .sort(),
    "every check is tried",
  );
});
