import type { GetNodeStatusResponse, NodeStatusServer } from "@k8shost/proto/agent/v1/node_status";
import type { ClientStatus } from "../ovsdb/client-types.js";
import type { PodNetwork } from "../network/pod-network.js";
import type { LogicalPorts, OvsPorts } from "../network/ports.js";
import type { NodeFacts } from "../node/facts.js";
import type { NodeNetwork } from "../node/node-network.js";
import type { Failures } from "../status/failures.js";
import { countPortStates, nodeStatus } from "../status/node-status.js";
import { unary } from "./unary.js";

export interface NodeStatusSources {
  readonly node: string;
  readonly version: string;
  readonly facts: NodeFacts;
  readonly databases: () => ClientStatus[];
  readonly network: PodNetwork;
  readonly ovsPorts: OvsPorts;
  readonly logicalPorts: LogicalPorts;
  readonly nodeNetwork: NodeNetwork;
  readonly failures: Failures;
  readonly conditions: () => readonly { readonly message: string }[];
  readonly warnings: () => readonly string[];
  readonly swept: () => boolean;
  /** The southbound name of this node's chassis; empty while ovn-controller has not registered or nobody can tell. */
  readonly chassis: () => string;
  readonly queuedDels: () => number;
  readonly eventLoopP99Us: () => number;
}

/** Milliseconds; everything but the links is in memory. */
const DEADLINE = 5_000;

/** k8shost.agent.v1.NodeStatus: what `k8shost status`, `ports` and `doctor` show. */
export function nodeStatusRpc(sources: NodeStatusSources): NodeStatusServer {
  const startedAtMs = Date.now();
  return {
    get: unary({ deadline: DEADLINE, onEnd: () => undefined, run: () => read(sources, startedAtMs) }),
  };
}

async function read(sources: NodeStatusSources, startedAtMs: number): Promise<GetNodeStatusResponse> {
  const { facts, nodeNetwork } = sources;
  const { link, addresses, ready, error } = nodeNetwork.status();
  return nodeStatus({
    node: sources.node,
    version: sources.version,
    startedAtMs,
    chassis: sources.chassis(),
    datapath: facts.known ? facts.datapath : "",
    mtu: facts.known ? facts.mtu : 0,
    databases: sources.databases(),
    ports: {
      ovsPorts: sources.ovsPorts.all(),
      logicalPorts: sources.swept() ? sources.logicalPorts.all() : undefined,
      links: await sources.network.links(),
    },
    failures: sources.failures.list(),
    conditions: sources.conditions().map(({ message }) => message),
    warnings: sources.warnings(),
    swept: sources.swept(),
    managementPort: { link, addresses: [...addresses], ready, error },
    queuedDels: sources.queuedDels(),
    residentBytes: process.memoryUsage.rss(),
    eventLoopP99Us: sources.eventLoopP99Us(),
  });
}

/** Port states for a metric, without asking the kernel: vswitchd tells of a link that vanished. */
export function portStates(ovsPorts: OvsPorts, logicalPorts: LogicalPorts): Map<string, number> {
  const all = ovsPorts.all();
  const links = all
    .filter(({ error, ofport }) => error === "" && ofport !== -1)
    .map(({ link, marks }) => ({ name: link, mark: { key: marks.key, addresses: [] } }));
  return countPortStates({ ovsPorts: all, logicalPorts: logicalPorts.all(), links });
}
