import { PodNetworkService } from "@k8shost/proto/agent/v1/pod_network";
import { conditions } from "./conditions.js";
import type { Config, TlsFiles } from "./config.js";
import { ConfigurationWatch } from "./configuration-watch.js";
import { KeyedLock } from "./keyed-lock.js";
import { Lifecycle, type Part } from "./lifecycle.js";
import type { Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import { LinuxNetlink } from "./netlink/linux.js";
import type { AddPorts, StepObserver } from "./network/add-run.js";
import { Janitor } from "./network/janitor.js";
import { PodNetwork } from "./network/pod-network.js";
import { NodeFacts } from "./node/facts.js";
import { NodeNetwork } from "./node/node-network.js";
import { NORTHBOUND, NorthboundLogicalPorts, northboundMonitor } from "./ovn/logical-ports.js";
import { OvsdbClient, type TlsOptions } from "./ovsdb/index.js";
import { LOCAL_OVS, LocalOvsPorts, ovsMonitor } from "./ovs/ports.js";
import { PrismnetAddresses } from "./prismnet/addresses.js";
import { podNetworkRpc } from "./rpc/pod-network.js";
import { RpcServer } from "./rpc/server.js";
import { startSteps } from "./start-steps.js";
import { Synchronisation } from "./synchronise.js";
import { Telemetry } from "./telemetry.js";

/** How long calls under way get to end when the agent stops, in milliseconds. */
const STOP_GRACE = 5_000;

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  /** Told before and after every step of ADD and DEL; tests kill the process there. */
  readonly onStep?: StepObserver;
}

export interface Agent {
  readonly lifecycle: Lifecycle;
  readonly nodeNetwork: NodeNetwork;
  readonly synchronisation: Synchronisation;
}

/** The one place where the real parts are made and joined. */
export function compose({ config, log, version, onStep = () => undefined }: ComposeOptions): Agent {
  const { northbound, ovs } = connectDatabases(config, log);
  const netlink = new LinuxNetlink();
  const addresses = new PrismnetAddresses(config.prismnet, config.nodeName);
  const facts = new NodeFacts(config);
  const metrics = new Metrics({ version, node: config.nodeName });
  const telemetry = new Telemetry(log, metrics);

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

  const steps = startSteps({ config, log, northbound, ovs, netlink, facts, network, nodeNetwork, ports });
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
  const server = new RpcServer(config.socket, [{ definition: PodNetworkService, implementation: rpc }]);

  const parts: Part[] = [
    { name: "metrics", start: () => metrics.start(), stop: () => metrics.stop() },
    { name: "netlink", start: () => undefined, stop: () => netlink.close() },
    { name: "prismnet", start: () => undefined, stop: () => addresses.close() },
    { name: "ovs", start: () => undefined, stop: () => ovs.close() },
    { name: "northbound", start: () => undefined, stop: () => northbound.close() },
    { name: "node-network", start: () => undefined, stop: () => nodeNetwork.stop() },
    {
      name: "janitor",
      start: () => janitor.start((key, pod) => network.clean(key, pod, AbortSignal.timeout(config.deadlines.del))),
      stop: () => janitor.stop(),
    },
    synchronisation,
    { name: "socket", start: () => server.start(), stop: () => server.stop(STOP_GRACE) },
  ];
  return { lifecycle: new Lifecycle(parts, log), nodeNetwork, synchronisation };
}

function connectDatabases(config: Config, log: Logger) {
  const northbound = new OvsdbClient({
    name: "northbound",
    remotes: config.northbound.remotes,
    database: NORTHBOUND,
    monitor: northboundMonitor(config.nodeName),
    leaderOnly: config.northbound.leaderOnly,
    ...tlsOf(config.northbound.tls),
    log: (event) => log.debug({ ...event, module: "ovsdb" }, "northbound"),
  });
  const ovs = new OvsdbClient({
    name: "openvswitch",
    remotes: [config.openvswitch.remote],
    database: LOCAL_OVS,
    monitor: ovsMonitor,
    leaderOnly: false,
    log: (event) => log.debug({ ...event, module: "ovsdb" }, "openvswitch"),
  });
  return { northbound, ovs };
}

function tlsOf(files: TlsFiles): { tls?: TlsOptions } {
  const { ca, cert, key } = files;
  if (ca === undefined) return {};
  return { tls: { caFile: ca, ...(cert === undefined || key === undefined ? {} : { certFile: cert, keyFile: key }) } };
}
