import type { Database, Failure, GetNodeStatusResponse, Port } from "@k8shost/proto/agent/v1/node_status";

export const NOW = 1_800_000_000_000;
export const PLAIN = { columns: undefined, colour: false };

export function database(name: string, changes: Partial<Database> = {}): Database {
  return {
    name,
    remote: name === "northbound" ? "tcp:prismnet-server:6641" : "unix:/var/run/openvswitch/db.sock",
    connected: true,
    roundTripUs: 310,
    silentMs: 1_200,
    rows: 42,
    reconnects: 0n,
    error: "",
    role: name === "northbound" ? "leader" : "standalone",
    schemaVersion: "7.0.0",
    queuedTransactions: 0,
    ...changes,
  };
}

export function port(pod: string, changes: Partial<Port> = {}): Port {
  const containerId = `${pod}0123456789abcdef0123456789abcdef`.slice(0, 32);
  return {
    namespace: "shop",
    pod,
    containerId,
    ifName: "eth0",
    addresses: ["10.244.1.5/24"],
    mac: "0a:58:0a:f4:01:05",
    logicalPort: `${pod}-${containerId}`,
    logicalSwitch: "k8s-shop",
    hostLink: "pn0123456789ab",
    ofport: 4,
    state: "installed",
    ...changes,
  };
}

function failure(changes: Partial<Failure> = {}): Failure {
  return {
    atMs: BigInt(NOW - 125_000),
    verb: "ADD",
    stage: "installed",
    code: "DEADLINE",
    message: "installed: ovn-controller did not install the port's flows (look at ovn-controller's log)",
    containerId: "c9",
    namespace: "shop",
    pod: "db-0",
    ...changes,
  };
}

export function node(changes: Partial<GetNodeStatusResponse> = {}): GetNodeStatusResponse {
  return {
    node: "worker-1",
    version: "0.1.0",
    startedAtMs: BigInt(NOW - 280_000_000),
    chassis: "worker-1",
    datapath: "netdev",
    mtu: 1442,
    databases: [database("northbound"), database("openvswitch")],
    ports: [port("web"), port("web-canary")],
    failures: [],
    conditions: [],
    warnings: [],
    swept: true,
    managementPort: { link: "prism0", addresses: ["100.64.0.2/16"], ready: true, error: "" },
    queuedDels: 0,
    residentBytes: 83_000_000n,
    eventLoopP99Us: 400,
    ...changes,
  };
}

export const BROKEN = node({
  chassis: "",
  datapath: "",
  mtu: 0,
  swept: false,
  databases: [database("northbound", { connected: false, rows: 0, reconnects: 3n, error: "connect ECONNREFUSED" })],
  conditions: ["the OVN northbound database does not answer (tcp:prismnet-server:6641: connect ECONNREFUSED)"],
  ports: [port("web"), port("db", { state: "link-down" }), port("api", { state: "waiting", addresses: [] })],
  failures: [failure(), failure({ atMs: BigInt(NOW - 3_600_000), pod: "", namespace: "" })],
  managementPort: { link: "prism0", addresses: [], ready: false, error: "no address from PrismNET" },
  queuedDels: 1,
});
