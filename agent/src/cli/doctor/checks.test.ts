import { test } from "tap";
import { type Config, configSchema } from "../../config.js";
import { load } from "../../config/load.js";
import { AgentUnreachable } from "../agent-client.js";
import { type Check, type DoctorPorts, type OvsFacts, runChecks } from "./check.js";
import { CHECKS } from "./checks.js";
import type { FileFacts, Machine, MachineLink, ProgramResult } from "./machine.js";

/** A machine that lives in this object; paths and command lines that are not named are not there. */
interface Fixture {
  readonly uid?: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly looks?: Readonly<Record<string, FileFacts>>;
  /** By command line; undefined: not installed. */
  readonly programs?: Readonly<Record<string, Partial<ProgramResult>>>;
  readonly links?: readonly MachineLink[];
  readonly freeBytes?: number;
}

function machineOf({ uid = 0, files = {}, looks = {}, programs = {}, links = [], freeBytes = 1e9 }: Fixture): Machine {
  return {
    uid,
    readText: (path) => Promise.resolve(files[path]),
    list: (path) => {
      const names = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      return Promise.resolve(names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1)).sort());
    },
    look: (path) => Promise.resolve(looks[path]),
    freeBytes: () => Promise.resolve(freeBytes),
    program: (file, args) => {
      const result = programs[[file, ...args].join(" ")];
      return Promise.resolve({ code: result === undefined ? undefined : 0, stdout: "", stderr: "", ...result });
    },
    links: () => Promise.resolve([...links]),
    facts: () => Promise.reject(new Error("not asked")),
  };
}

const EXTERNAL_IDS = {
  "system-id": "worker-1",
  "ovn-remote": "tcp:sb:6642",
  "ovn-encap-type": "geneve",
  "ovn-encap-ip": "192.0.2.1",
};

function ovsFacts(
  externalIds: Readonly<Record<string, string>> = EXTERNAL_IDS,
  changes: Partial<OvsFacts> = {},
): OvsFacts {
  return {
    externalIds: new Map(Object.entries(externalIds)),
    version: "3.1.0",
    applied: true,
    bridges: [{ name: "br-int", datapathType: "netdev" }],
    internalPorts: ["br-phys"],
    ...changes,
  };
}

function config(...flags: readonly string[]): Config {
  const required = [
    "--northbound.remotes",
    "tcp:nb:6641",
    "--prismnet.endpoint",
    "prismnet:5000",
    "--node-name",
    "worker-1",
  ];
  return load(configSchema, [...required, ...flags], "/nonexistent").config;
}

const away =
  <T>(message: string) =>
  (): Promise<T> =>
    Promise.reject(new Error(message));
const noAgent = (): Promise<never> =>
  Promise.reject(
    new AgentUnreachable("/run/k8shost/agent.sock", { why: "gone", remedy: "Start it." }, { cause: undefined }),
  );

interface Situation extends Partial<Omit<DoctorPorts, "machine">> {
  readonly machine?: Fixture;
}

/** "state: detail" of one check. */
async function found(id: string, { machine = {}, ...ports }: Situation): Promise<string> {
  const check = CHECKS.filter((one: Check) => one.id === id);
  const situation: DoctorPorts = {
    config: config(),
    configProblem: undefined,
    ovs: away("no database"),
    chassis: away("no southbound"),
    northbound: away("no northbound"),
    prismnet: away("no PrismNET"),
    agent: noAgent,
    ...ports,
    machine: machineOf(machine),
  };
  const [result] = await runChecks(check, situation, new AbortController().signal);
  return `${result?.finding.state ?? "none"}: ${result?.finding.detail ?? ""}`;
}

const withOvs = (externalIds?: Readonly<Record<string, string>>, changes?: Partial<OvsFacts>) => ({
  ovs: () => Promise.resolve(ovsFacts(externalIds, changes)),
});

const UNSHARE = "unshare --net ip link add name k8shost0 type";
const SYSTEM = { ...EXTERNAL_IDS, "ovn-bridge-datapath-type": "system" };
const NETDEV = { ...EXTERNAL_IDS, "ovn-bridge-datapath-type": "netdev" };
const MODULE = { "/sys/module/openvswitch": { kind: "directory", mode: 0o755, uid: 0 } } as const;

const KERNEL: readonly (readonly [id: string, expected: string, situation: Situation])[] = [
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
  ["disk", "ok: 1000 MB free for /var/lib/k8shost", {}],
  ["disk", "fail: 1 MB free for /var/lib/k8shost", { machine: { freeBytes: 1e6 } }],
];

const UNDERLAY = { name: "br-phys", mtu: 1500, addresses: ["192.0.2.1"] };

const OPENVSWITCH: typeof KERNEL = [
  ["ovs-database", "ok: unix:/var/run/openvswitch/db.sock, Open vSwitch 3.1.0", withOvs()],
  ["ovs-database", "fail: no database", {}],
  ["ovs-vswitchd", "fail: not running: /var/run/openvswitch/ovs-vswitchd.pid does not exist", withOvs()],
  [
    "ovs-vswitchd",
    "fail: process 71 died",
    { ...withOvs(), machine: { files: { "/var/run/openvswitch/ovs-vswitchd.pid": "71\n" } } },
  ],
  [
    "ovs-vswitchd",
    "warn: has not applied the database's latest change",
    {
      ...withOvs(EXTERNAL_IDS, { applied: false }),
      machine: {
        files: { "/var/run/openvswitch/ovs-vswitchd.pid": "71\n" },
        looks: { "/proc/71": { kind: "directory", mode: 0o555, uid: 0 } },
      },
    },
  ],
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

const CONFLIST = "/etc/cni/net.d/10-prismnet.conflist";
const OURS = '{"cniVersion":"1.0.0","name":"prismnet","plugins":[{"type":"prismnet"},{"type":"portmap"}]}';
const PLUGIN: FileFacts = { kind: "file", mode: 0o755, uid: 0 };
const VERSION = "env CNI_COMMAND=VERSION /opt/cni/bin/prismnet";

const SERVICES: typeof KERNEL = [
  ["configuration", "ok: valid", {}],
  [
    "configuration",
    "fail: the configuration has a problem: x",
    { configProblem: "the configuration has a problem: x" },
  ],
  ["northbound", "ok: tcp:nb:6641 (leader)", { northbound: () => Promise.resolve({ role: "leader" }) }],
  ["northbound", "fail: tcp:nb:6641: no northbound", {}],
  [
    "northbound",
    "warn: tcp:b:1 (leader); but tcp:a:1: refused",
    {
      config: twoRemotes(),
      northbound: (remote) =>
        remote === "tcp:b:1" ? Promise.resolve({ role: "leader" }) : Promise.reject(new Error("tcp:a:1: refused")),
    },
  ],
  [
    "northbound",
    "fail: tcp:nb:6641 is a follower: nobody can write",
    { northbound: () => Promise.resolve({ role: "follower" }) },
  ],
  ["northbound", "skip: not known until the configuration is mended", { configProblem: "x" }],
  ["prismnet", "ok: prismnet:5000, 3 allocations of this node", { prismnet: () => Promise.resolve(3) }],
  ["prismnet", "fail: no PrismNET", {}],
  ["socket", "skip: /run/k8shost/agent.sock does not exist", {}],
  [
    "socket",
    "ok: /run/k8shost/agent.sock",
    { machine: { looks: { "/run/k8shost/agent.sock": { kind: "socket", mode: 0o600, uid: 0 } } } },
  ],
  [
    "socket",
    "fail: /run/k8shost/agent.sock belongs to user 0 with mode 666: others than root could rewire pods",
    { machine: { looks: { "/run/k8shost/agent.sock": { kind: "socket", mode: 0o666, uid: 0 } } } },
  ],
  ["socket", "fail: /run/k8shost/agent.sock is a file", { machine: { looks: { "/run/k8shost/agent.sock": PLUGIN } } }],
  ["agent", "fail: /run/k8shost/agent.sock: gone", {}],
  [
    "agent",
    "ok: version 0.1.0, ready",
    { agent: () => Promise.resolve({ version: "0.1.0", conditions: [] } as never) },
  ],
  [
    "agent",
    "fail: not ready: a; b",
    { agent: () => Promise.resolve({ version: "0.1.0", conditions: ["a", "b"] } as never) },
  ],
  ["cni-executable", "fail: /opt/cni/bin/prismnet does not exist", {}],
  [
    "cni-executable",
    "fail: /opt/cni/bin/prismnet cannot be executed",
    { machine: { looks: { "/opt/cni/bin/prismnet": { ...PLUGIN, mode: 0o644 } } } },
  ],
  [
    "cni-executable",
    "fail: /opt/cni/bin/prismnet does not answer VERSION: Exec format error",
    {
      machine: {
        looks: { "/opt/cni/bin/prismnet": PLUGIN },
        programs: { [VERSION]: { code: 126, stderr: "Exec format error" } },
      },
    },
  ],
  [
    "cni-executable",
    "ok: /opt/cni/bin/prismnet, CNI 1.0.0, 1.1.0",
    {
      machine: {
        looks: { "/opt/cni/bin/prismnet": PLUGIN },
        programs: { [VERSION]: { stdout: '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}' } },
      },
    },
  ],
  ["cni-configuration", "fail: no network of type prismnet in /etc/cni/net.d", {}],
  [
    "cni-configuration",
    "fail: no network of type prismnet in /etc/cni/net.d (10-flannel.conflist)",
    {
      machine: {
        files: {
          "/etc/cni/net.d/10-flannel.conflist": '{"plugins":[{"type":"flannel"}]}',
          "/etc/cni/net.d/README": "",
        },
      },
    },
  ],
  [
    "cni-configuration",
    "fail: /etc/cni/net.d/10-prismnet.conflist is not valid JSON of a CNI network",
    { machine: { files: { [CONFLIST]: "{" } } },
  ],
  [
    "cni-configuration",
    "fail: 05-bridge.conf comes before 10-prismnet.conflist: the runtime takes the first one",
    { machine: { files: { [CONFLIST]: OURS, "/etc/cni/net.d/05-bridge.conf": '{"type":"bridge"}' } } },
  ],
  [
    "cni-configuration",
    "fail: 10-prismnet.conflist chains portmap, which is not in /opt/cni/bin",
    { machine: { files: { [CONFLIST]: OURS } } },
  ],
  [
    "cni-configuration",
    "ok: /etc/cni/net.d/10-prismnet.conflist: prismnet, portmap",
    {
      machine: {
        files: { [CONFLIST]: OURS, "/etc/cni/net.d/99-loopback.conf": '{"type":"loopback"}' },
        looks: { "/opt/cni/bin/portmap": PLUGIN },
      },
    },
  ],
  ["queued-dels", "ok: none", { machine: { files: { "/var/lib/k8shost/cni-queue/lock": "" } } }],
  [
    "queued-dels",
    "warn: 1 DEL in /var/lib/k8shost/cni-queue",
    { machine: { files: { "/var/lib/k8shost/cni-queue/lock": "", "/var/lib/k8shost/cni-queue/c1:eth0.json": "{}" } } },
  ],
];

function twoRemotes(): Config {
  const base = config();
  return { ...base, northbound: { ...base.northbound, remotes: ["tcp:a:1", "tcp:b:1"] } };
}

for (const [name, cases] of Object.entries({ kernel: KERNEL, "Open vSwitch": OPENVSWITCH, services: SERVICES })) {
  test(`checks: ${name}`, async (t) => {
    for (const [id, expected, situation] of cases) t.equal(await found(id, situation), expected, id);
  });
}

test("every check is tried above", (t) => {
  const tried = new Set([...KERNEL, ...OPENVSWITCH, ...SERVICES].map(([id]) => id));
  t.strictSame([...tried].sort(), CHECKS.map(({ id }) => id).sort());
  t.equal(new Set(CHECKS.map(({ title }) => title)).size, CHECKS.length, "titles are distinct");
  t.end();
});

test("a check that throws, and one that never ends, are findings", async (t) => {
  const throwing: Check = { id: "a", title: "A", run: () => Promise.reject(new Error("EIO")) };
  const hanging: Check = { id: "b", title: "B", run: () => new Promise(() => undefined) };
  const controller = new AbortController();
  const results = runChecks([throwing, hanging], {} as DoctorPorts, controller.signal);
  setImmediate(() => controller.abort());
  t.strictSame(
    (await results).map(({ id, finding }) => [id, finding.state, finding.detail]),
    [
      ["a", "fail", "EIO"],
      ["b", "fail", "no answer in time"],
    ],
  );
});
