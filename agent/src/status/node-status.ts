import type {
  Database,
  Failure,
  GetNodeStatusResponse,
  ManagementPort,
  Port,
} from "@k8shost/proto/agent/v1/node_status";
import type { ClientStatus } from "../ovsdb/client-types.js";
import type { FailureRecord } from "./failures.js";
import { joinPorts, type ObservedPort, type ObservedPorts, portState, portWarnings } from "./port-state.js";

/** Everything that an answer to NodeStatus.Get is made of. */
export interface NodeReading {
  readonly node: string;
  readonly version: string;
  readonly startedAtMs: number;
  /** Empty while unknown, as are `datapath` and `mtu` (0). */
  readonly chassis: string;
  readonly datapath: string;
  readonly mtu: number;
  readonly databases: readonly ClientStatus[];
  readonly ports: ObservedPorts;
  readonly failures: readonly FailureRecord[];
  /** What stops ADD from working now. */
  readonly conditions: readonly string[];
  readonly warnings: readonly string[];
  readonly swept: boolean;
  readonly managementPort: ManagementPort | undefined;
  readonly queuedDels: number;
  readonly residentBytes: number;
  readonly eventLoopP99Us: number;
}

/** The answer to NodeStatus.Get. */
export function nodeStatus(reading: NodeReading): GetNodeStatusResponse {
  const ports = joinPorts(reading.ports);
  return {
    node: reading.node,
    version: reading.version,
    startedAtMs: BigInt(reading.startedAtMs),
    chassis: reading.chassis,
    datapath: reading.datapath,
    mtu: reading.mtu,
    databases: reading.databases.map(toDatabase),
    ports: ports.map(toPort),
    failures: reading.failures.map(toFailure),
    conditions: [...reading.conditions],
    warnings: [...reading.warnings, ...portWarnings(ports)],
    swept: reading.swept,
    managementPort: reading.managementPort,
    queuedDels: reading.queuedDels,
    residentBytes: BigInt(reading.residentBytes),
    eventLoopP99Us: reading.eventLoopP99Us,
  };
}

/** Number of pod ports per state; the source of a metric. */
export function countPortStates(observed: ObservedPorts): Map<string, number> {
  const counts = new Map<string, number>();
  for (const port of joinPorts(observed)) {
    const state = portState(port);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

function toDatabase(status: ClientStatus): Database {
  return {
    name: status.name,
    remote: status.remote,
    connected: status.connected,
    roundTripUs: Math.round(status.roundTripUs),
    silentMs: Math.round(status.silentMs),
    rows: status.rows,
    reconnects: BigInt(status.reconnects),
    error: status.error,
    role: status.role,
    schemaVersion: status.schemaVersion,
    queuedTransactions: status.transactions.queued,
  };
}

function toPort(port: ObservedPort): Port {
  const { key, pod, ovsPort, logicalPort, link } = port;
  return {
    namespace: pod.namespace,
    pod: pod.name,
    containerId: key.containerId,
    ifName: key.ifName,
    // The link's mark has the prefix lengths.
    addresses: [
      ...(link !== undefined && link.mark.addresses.length > 0 ? link.mark.addresses : (logicalPort?.addresses ?? [])),
    ],
    mac: logicalPort?.mac ?? "",
    logicalPort: logicalPort?.name ?? ovsPort?.logicalPort ?? "",
    logicalSwitch: logicalPort?.logicalSwitch ?? "",
    hostLink: ovsPort?.link ?? link?.name ?? "",
    ofport: Math.max(0, ovsPort?.ofport ?? 0),
    state: portState(port),
  };
}

function toFailure(failure: FailureRecord): Failure {
  return {
    atMs: BigInt(failure.atMs),
    verb: failure.verb,
    stage: failure.stage,
    code: failure.error.code,
    message: failure.error.message,
    containerId: failure.containerId,
    namespace: failure.namespace,
    pod: failure.pod,
  };
}
