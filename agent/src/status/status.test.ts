import { test } from "tap";
import { AgentError } from "../errors.js";
import type { ObservedLink, ObservedLogicalPort, ObservedOvsPort } from "../network/observed.js";
import type { PodMarks } from "../ovn/owner.js";
import { Failures } from "./failures.js";
import { countPortStates, nodeStatus, type NodeReading } from "./node-status.js";
import { joinPorts, type ObservedPorts, portState, portWarnings } from "./port-state.js";

function marksOf(pod: string, containerId = `c-${pod}`): PodMarks {
  const key = { containerId, ifName: "eth0" };
  return { node: "worker-1", key, pod: { namespace: "shop", name: pod, uid: `u-${pod}` }, netns: `/run/netns/${pod}` };
}

function ovsPort(pod: string, changes: Partial<ObservedOvsPort> = {}): ObservedOvsPort {
  const marks = changes.marks ?? marksOf(pod);
  const logicalPort = `${pod}-${marks.key.containerId}`;
  return {
    ...{
      portUuid: `p-${pod}`,
      link: `pn-${pod}`,
      logicalPort,
      marks,
      ofport: 7,
      linkUp: true,
      installed: true,
      error: "",
    },
    ...changes,
  };
}

function logicalPort(pod: string, changes: Partial<ObservedLogicalPort> = {}): ObservedLogicalPort {
  const marks = changes.marks ?? marksOf(pod);
  const name = `${pod}-${marks.key.containerId}`;
  return {
    uuid: `l-${pod}`,
    name,
    logicalSwitch: "k8s-shop",
    mac: "0a:58:0a:f4:00:0a",
    addresses: [],
    marks,
    ...changes,
  };
}

function link(pod: string, addresses: readonly string[] = ["10.244.0.10/24"]): ObservedLink {
  return { name: `pn-${pod}`, mark: { key: marksOf(pod).key, addresses } };
}

function healthy(pod: string): ObservedPorts {
  return { ovsPorts: [ovsPort(pod)], logicalPorts: [logicalPort(pod)], links: [link(pod)] };
}

test("the state of a port: what contradicts ovn-installed counts first", (t) => {
  const cases: readonly (readonly [string, Partial<ObservedPorts>, string])[] = [
    ["all there", {}, "installed"],
    ["not installed yet", { ovsPorts: [ovsPort("web", { installed: false })] }, "waiting"],
    [
      "vswitchd has not taken it yet",
      { ovsPorts: [ovsPort("web", { installed: false, linkUp: false, ofport: undefined })] },
      "waiting",
    ],
    ["installed, and link down", { ovsPorts: [ovsPort("web", { linkUp: false })] }, "link-down"],
    ["installed, and the veth is gone", { links: [] }, "no-link"],
    ["installed, and vswitchd lost the device", { ovsPorts: [ovsPort("web", { ofport: -1 })] }, "no-link"],
    [
      "vswitchd complains",
      { ovsPorts: [ovsPort("web", { error: "could not open network device pn-web" })] },
      "no-link",
    ],
    ["no port on the bridge", { ovsPorts: [] }, "no-link"],
    ["no port on the bridge and no logical port", { ovsPorts: [], logicalPorts: [] }, "no-link"],
    ["logical port deleted", { logicalPorts: [] }, "no-logical-port"],
    ["northbound never read", { logicalPorts: undefined }, "installed"],
  ];
  for (const [name, changes, state] of cases) {
    t.strictSame(joinPorts({ ...healthy("web"), ...changes }).map(portState), [state], name);
  }
  t.strictSame(
    joinPorts({ ovsPorts: [], logicalPorts: [], links: [link("web", [])] }),
    [],
    "an ADD at work is no port",
  );
  t.end();
});

test("states are counted, ports sorted", (t) => {
  const ports: ObservedPorts = {
    ovsPorts: [ovsPort("b"), ovsPort("a", { installed: false })],
    logicalPorts: [logicalPort("a"), logicalPort("c"), logicalPort("b")],
    links: [link("a"), link("b")],
  };
  t.strictSame(
    [...countPortStates(ports)],
    [
      ["waiting", 1],
      ["installed", 1],
      ["no-link", 1],
    ],
  );
  t.strictSame(
    joinPorts(ports).map(({ pod }) => pod.name),
    ["a", "b", "c"],
  );
  t.end();
});

test("two sandboxes that claim the same", (t) => {
  const old = marksOf("web", "c-old");
  const ports: ObservedPorts = {
    ovsPorts: [ovsPort("web"), ovsPort("web", { marks: old, logicalPort: "web-c-web" })],
    logicalPorts: [
      logicalPort("web", { addresses: ["10.244.0.10"] }),
      logicalPort("web", { marks: old, addresses: ["10.244.0.10"] }),
    ],
    links: [],
  };
  t.strictSame(portWarnings(joinPorts(ports)), [
    "logical port web-c-web belongs to several sandboxes: shop/web (c-web/eth0), shop/web (c-old/eth0); delete all but the newest pod",
    "address 10.244.0.10 belongs to several sandboxes: shop/web (c-web/eth0), shop/web (c-old/eth0); delete all but the newest pod",
  ]);
  t.strictSame(portWarnings(joinPorts(healthy("web"))), []);
  t.end();
});

test("failures: newest first, bounded", (t) => {
  let now = 0;
  const failures = new Failures({ capacity: 3, now: () => now });
  t.strictSame(failures.list(), []);
  for (now = 1; now <= 5; now++)
    failures.add({ verb: "ADD", stage: "installed", error: new Error(`n${now}`), pod: "web" });
  t.strictSame(
    failures.list().map(({ atMs, error }) => [atMs, error.code, error.message]),
    [
      [5, "INTERNAL", "n5"],
      [4, "INTERNAL", "n4"],
      [3, "INTERNAL", "n3"],
    ],
  );
  t.end();
});

test("the answer", (t) => {
  const failures = new Failures({ now: () => 1000 });
  failures.add({
    verb: "ADD",
    stage: "allocate",
    error: new AgentError("ADDRESS_EXHAUSTED", "no address left"),
    containerId: "c9",
  });
  const reading: NodeReading = {
    node: "worker-1",
    version: "0.1.0",
    startedAtMs: 500,
    chassis: "worker-1",
    datapath: "netdev",
    mtu: 1442,
    databases: [
      {
        name: "northbound",
        database: "OVN_Northbound",
        connected: true,
        remote: "tcp:nb:6641",
        role: "leader",
        schemaVersion: "7.0.0",
        roundTripUs: 310.4,
        silentMs: 12.7,
        rows: 4,
        reconnects: 1,
        error: "",
        transactions: { committed: 9, failed: 0, unknown: 0, sent: 5, retried: 0, queued: 2 },
      },
    ],
    ports: healthy("web"),
    failures: failures.list(),
    conditions: [],
    warnings: ["mtu differs"],
    swept: true,
    managementPort: { link: "prism0", addresses: ["100.64.0.2/16"], ready: true, error: "" },
    queuedDels: 0,
    residentBytes: 95_000_000,
    eventLoopP99Us: 120,
  };
  const answer = nodeStatus(reading);
  t.strictSame(answer.databases, [
    {
      name: "northbound",
      remote: "tcp:nb:6641",
      connected: true,
      roundTripUs: 310,
      silentMs: 13,
      rows: 4,
      reconnects: 1n,
      error: "",
      role: "leader",
      schemaVersion: "7.0.0",
      queuedTransactions: 2,
    },
  ]);
  t.strictSame(answer.ports, [
    {
      namespace: "shop",
      pod: "web",
      containerId: "c-web",
      ifName: "eth0",
      addresses: ["10.244.0.10/24"],
      mac: "0a:58:0a:f4:00:0a",
      logicalPort: "web-c-web",
      logicalSwitch: "k8s-shop",
      hostLink: "pn-web",
      ofport: 7,
      state: "installed",
    },
  ]);
  t.strictSame(answer.failures, [
    {
      atMs: 1000n,
      verb: "ADD",
      stage: "allocate",
      code: "ADDRESS_EXHAUSTED",
      message: "no address left",
      containerId: "c9",
      namespace: "",
      pod: "",
    },
  ]);
  t.strictSame(answer.warnings, ["mtu differs"]);
  t.end();
});
