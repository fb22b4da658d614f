import { NodeStatusService } from "@k8shost/proto/agent/v1/node_status";
import { PodNetworkService } from "@k8shost/proto/agent/v1/pod_network";
import { conditions } from "./conditions.js";
import type { Config } from "./config.js";
import { ConfigurationWatch } from "./configuration-watch.js";
import { KeyedLock } from "./keyed-lock.js";
import { Lifecycle, type Part } from "./lifecycle.js";
import type { Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import { LinuxNetlink } from "./netlink/linux.js";
import type { AddPorts, StepObserver } from "./network/add-run.js";
import { Janitor } from "./network/janitor.js";
import { PodNetwork } from "./network/pod-network.js";
import { decommission } from "./node/decommission.js";
import { ChassisWatch } from "./node/chassis-watch.js";
import { NodeFacts } from "./node/facts.js";
import { NodeNetwork } from "./node/node-network.js";
import { NORTHBOUND, NorthboundLogicalPorts, northboundMonitor } from "./ovn/logical-ports.js";
import { databaseLog } from "./ovsdb-log.js";
import { OvsdbClient } from "./ovsdb/index.js";
import { tlsOf } from "./ovsdb-tls.js";
import { LOCAL_OVS, LocalOvsPorts, ovsMonitor } from "./ovs/ports.js";
import { PrismnetAddresses } from "./prismnet/addresses.js";
import { nodeStatusRpc, portStates } from "./rpc/node-status.js";
import { podNetworkRpc } from "./rpc/pod-network.js";
import { RpcServer } from "./rpc/server.js";
import { startMetricsServer } from "./metrics-server.js";
import { startSteps } from "./start-steps.js";
import { Failures } from "./status/failures.js";
import { Synchronisation } from "./synchronise.js";
import { Telemetry } from "./telemetry.js";

/** How long calls under way get to end when the agent stops, in milliseconds. */
const STOP_GRACE = 5_000;

/** Parts that a decommission needs. */
const CLIENTS = new Set(["netlink", "prismnet", "ovs", "northbound"]);

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  /** Told before and after every step of ADD and DEL; tests kill the process there. */
  readonly onStep?: StepObserver;
}

export interface Agent {
  readonly lifecycle: Lifecycle;
  /** Takes the node out of the pod network; for an agent that was not started. See node/decommission.ts. */
  readonly decommission: (signal: AbortSignal) => Promise<void>;
}

/** The one place where the real parts are made and joined. */
export function compose({ config, log, version, onStep = () => undefined }: ComposeOptions): Agent {
  const { northbound, ovs } = connectDatabases(config, log);
  const netlink = new LinuxNetlink();
  const addresses = new PrismnetAddresses(config.prismnet, config.nodeName);
  const facts = new NodeFacts(config);
  const metrics = new Metrics({ version, node: config.nodeName });
  const failures = new Failures();
  const telemetry = new Telemetry(log, metrics, failures);

  const ports: AddPorts = {
    addresses,
    netlink,
    logicalPorts: new NorthboundLogicalPorts(northbound, () => facts.identity),
    ovsPorts: new LocalOvsPorts(ovs, { bridge: config.openvswitch.bridge, node: config.nodeName }),
    txChecksum: () => facts.txChecksum,
  };
  const locks = new KeyedLock();
  const janitor = new Janitor();
  const network = new PodNetwork({ ports, locks, janitor, observe: telemetry.observe, onStep });
  const nodeNetwork = new NodeNetwork({
    config,
    northbound,
    ovs,
    netlink,
    addresses,
    identity: () => facts.identity,
    mtu: () => facts.mtu,
    txChecksum: () => facts.txChecksum,
    log,
  });

  const chassisWatch = new ChassisWatch(config.southbound, log);
  const steps = startSteps({ config, log, northbound, ovs, netlink, facts, network, nodeNetwork, chassisWatch, ports });
  const synchronisation = new Synchronisation(steps, log);
  const watch = new ConfigurationWatch(config);
  const status = () =>
    conditions({ synchronisation, northbound, ovs, addresses, prismnetEndpoint: config.prismnet.endpoint });
  const rpc = podNetworkRpc({
    network,
    ready: (signal) => synchronisation.opened(signal),
    mtu: () => (facts.known ? facts.mtu : 0),
    deadlines: config.deadlines,
    conditions: status,
    onConfiguration: (request) => watch.see(request),
    onEnd: telemetry.ended,
  });
  const databases = () => [northbound.status(), ovs.status(), ...chassisWatch.status()];
  const nodeRpc = nodeStatusRpc({
    ...{ node: config.nodeName, version, facts, databases, network, nodeNetwork, failures, conditions: status },
    ovsPorts: ports.ovsPorts,
    logicalPorts: ports.logicalPorts,
    warnings: () => watch.warnings,
    swept: () => synchronisation.done,
    chassis: () => chassisWatch.chassis,
    queuedDels: () => 0,
    eventLoopP99Us: () => metrics.eventLoopP99Us(),
  });
  metrics.observe({
    databases,
    ports: () => portStates(ports.ovsPorts, ports.logicalPorts),
    queuedDels: () => 0,
  });
  const server = new RpcServer(config.socket, [
    { definition: PodNetworkService, implementation: rpc },
    { definition: NodeStatusService, implementation: nodeRpc },
  ]);

  const parts: Part[] = [
    { name: "metrics", start: () => metrics.start(), stop: () => metrics.stop() },
    { name: "netlink", start: () => netlink.start(), stop: () => netlink.close() },
    { name: "prismnet", start: () => undefined, stop: () => addresses.close() },
    { name: "ovs", start: () => undefined, stop: () => ovs.close() },
    { name: "northbound", start: () => undefined, stop: () => northbound.close() },
    { name: "node-network", start: () => undefined, stop: () => nodeNetwork.stop() },
    {
      name: "janitor",
      start: () => janitor.start((key, pod) => network.clean(key, pod, AbortSignal.timeout(config.deadlines.del))),
      stop: () => janitor.stop(),
    },
    { name: "chassis-watch", start: () => undefined, stop: () => chassisWatch.stop() },
    synchronisation,
    { name: "socket", start: () => server.start(), stop: () => server.stop(STOP_GRACE) },
  ];
  return {
    lifecycle: new Lifecycle(parts, log),
    decommission: async (signal) => {
      const clients = new Lifecycle(
        parts.filter(({ name }) => CLIENTS.has(name)),
        log,
      );
      await clients.start();
      try {
        await decommission(nodeNetwork, { northbound, ovs }, signal);
      } finally {
        await clients.stop();
      }
    },
  };
}

function connectDatabases(config: Config, log: Logger) {
  const northbound = new OvsdbClient({
    name: "northbound",
    remotes: config.northbound.remotes,
    database: NORTHBOUND,
    monitor: northboundMonitor(config.nodeName),
    leaderOnly: config.northbound.leaderOnly,
    ...tlsOf(config.northbound.tls),
    log: databaseLog(log),
  });
  const ovs = new OvsdbClient({
    name: "openvswitch",
    remotes: [config.openvswitch.remote],
    database: LOCAL_OVS,
    monitor: ovsMonitor,
    leaderOnly: false,
    log: databaseLog(log),
  });
  return { northbound, ovs };
}
