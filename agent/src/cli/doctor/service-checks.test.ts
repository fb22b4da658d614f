import { test } from "tap";
import type { Config } from "../../config.js";
import * as cni from "./cni-checks.js";
import type { FileFacts } from "./machine.js";
import * as services from "./service-checks.js";
import { type Case, config, found } from "./testing/situation.js";

const CONFLIST = "/etc/cni/net.d/10-prismnet.conflist";
const OURS = '{"cniVersion":"1.0.0","name":"prismnet","plugins":[{"type":"prismnet"},{"type":"portmap"}]}';
const PLUGIN: FileFacts = { kind: "file", mode: 0o755, uid: 0 };
const VERSION = "env CNI_COMMAND=VERSION /opt/cni/bin/prismnet";

const CASES: readonly Case[] = [
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
  ["disk", "ok: 1000 MB free for /var/lib/k8shost", {}],
  ["disk", "fail: 1 MB free for /var/lib/k8shost", { machine: { freeBytes: 1e6 } }],
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

test("what pods need of the agent, its services and the CNI configuration", async (t) => {
  for (const [id, expected, situation] of CASES) t.equal(await found(id, situation), expected, id);
  const tried = new Set(CASES.map(([id]) => id));
  t.strictSame(
    [...tried].sort(),
    [...Object.values(services), cni.executable, cni.networkConfiguration, cni.queue].map(({ id }) => id).sort(),
    "every check is tried",
  );
});
