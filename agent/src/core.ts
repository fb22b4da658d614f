import type { Config } from "./config.js";
import { KeyedLock } from "./keyed-lock.js";
import type { Logger } from "./log.js";
import { LinuxNetlink } from "./netlink/linux.js";
import type { AddPorts, StepObserver } from "./network/add-run.js";
import { Janitor } from "./network/janitor.js";
import { PodNetwork } from "./network/pod-network.js";
import { ChassisWatch } from "./node/chassis-watch.js";
import { NodeFacts } from "./node/facts.js";
import { NodeNetwork } from "./node/node-network.js";
import { NORTHBOUND, NorthboundLogicalPorts, northboundMonitor } from "./ovn/logical-ports.js";
import { OvsdbClient } from "./ovsdb/index.js";
import { databaseLog } from "./ovsdb-log.js";
import { tlsOf } from "./ovsdb-tls.js";
import { LOCAL_OVS, LocalOvsPorts, ovsMonitor } from "./ovs/ports.js";
import { PrismnetAddresses } from "./prismnet/addresses.js";
import { QueuedDels } from "./queued-dels.js";
import type { Telemetry } from "./telemetry.js";

export interface CoreOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly onStep: StepObserver;
}

export type Core = ReturnType<typeof composeCore>;

/** What does the agent's work: clients of kernel, databases and PrismNET, and the pod network on top of them. */
export function composeCore({ config, log, telemetry, onStep }: CoreOptions) {
  const { northbound, ovs } = databaseClients(config, log);
  const netlink = new LinuxNetlink();
  const addresses = new PrismnetAddresses(config.prismnet, config.nodeName);
  const facts = new NodeFacts(config);
  const ports: AddPorts = {
    addresses,
    netlink,
    logicalPorts: new NorthboundLogicalPorts(northbound, () => facts.identity),
    ovsPorts: new LocalOvsPorts(ovs, { bridge: config.openvswitch.bridge, node: config.nodeName }),
    txChecksum: () => facts.txChecksum,
  };
  const janitor = new Janitor();
  const locks = new KeyedLock();
  const network = new PodNetwork({ ports, locks, janitor, observe: telemetry.observe, onStep });
  const nodeNetwork = new NodeNetwork({ config, northbound, ovs, netlink, addresses, facts, log });
  const queuedDels = new QueuedDels({
    directory: `${config.stateDir}/cni-queue`,
    log,
    del: async ({ key, pod }, signal) => void (await network.del(key, pod, signal)),
  });
  const chassisWatch = new ChassisWatch(config.southbound, log);
  return { northbound, ovs, netlink, addresses, facts, ports, janitor, network, nodeNetwork, queuedDels, chassisWatch };
}

function databaseClients(config: Config, log: Logger) {
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
