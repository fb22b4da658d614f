import { NodeStatusService } from "@k8shost/proto/agent/v1/node_status";
import { PodNetworkService } from "@k8shost/proto/agent/v1/pod_network";
import { conditions } from "./conditions.js";
import type { Config } from "./config.js";
import { ConfigurationWatch } from "./configuration-watch.js";
import type { Core } from "./core.js";
import type { Part } from "./lifecycle.js";
import type { Metrics } from "./metrics.js";
import { type MetricsServer, startMetricsServer } from "./metrics-server.js";
import { nodeStatusRpc, portStates } from "./rpc/node-status.js";
import { podNetworkRpc } from "./rpc/pod-network.js";
import { RpcServer } from "./rpc/server.js";
import type { Failures } from "./status/failures.js";
import type { Synchronisation } from "./synchronise.js";
import type { Telemetry } from "./telemetry.js";

export interface ServicesOptions {
  readonly config: Config;
  readonly version: string;
  readonly core: Core;
  readonly synchronisation: Synchronisation;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly failures: Failures;
}

/** What the outside sees of the agent: its gRPC socket, and the metrics endpoint. */
export function composeServices(options: ServicesOptions): { server: RpcServer; metricsEndpoint: Part } {
  const { config, version, core, synchronisation, metrics, telemetry, failures } = options;
  const { northbound, ovs, addresses, facts, network, nodeNetwork, chassisWatch, queuedDels, ports } = core;
  const watch = new ConfigurationWatch(config);
  const prismnetEndpoint = config.prismnet.endpoint;
  const status = () => conditions({ synchronisation, northbound, ovs, addresses, prismnetEndpoint });
  const databases = () => [northbound.status(), ovs.status(), ...chassisWatch.status()];
  const { ovsPorts, logicalPorts } = ports;
  const podNetwork = podNetworkRpc({
    network,
    ready: (signal) => synchronisation.opened(signal),
    defaults: () => ({ mtu: facts.mtu, networks: [...config.network.clusterCIDR, ...config.network.serviceCIDR] }),
    dnsServers: config.network.dnsServers,
    deadlines: config.deadlines,
    conditions: status,
    onConfiguration: (request) => watch.see(request),
    onEnd: telemetry.ended,
  });
  const nodeStatus = nodeStatusRpc({
    ...{ node: config.nodeName, version, facts, databases, network, nodeNetwork, failures, ovsPorts, logicalPorts },
    conditions: status,
    warnings: () => [...watch.warnings, ...queuedDels.unreadable.map(notAnEntry)],
    swept: () => synchronisation.done,
    chassis: () => chassisWatch.chassis,
    queuedDels: () => queuedDels.waiting,
    eventLoopP99Us: () => metrics.eventLoopP99Us(),
  });
  metrics.observe({
    databases,
    ports: () => portStates(ovsPorts, logicalPorts),
    queuedDels: () => queuedDels.waiting,
  });
  const server = new RpcServer(config.socket, [
    { definition: PodNetworkService, implementation: podNetwork },
    { definition: NodeStatusService, implementation: nodeStatus },
  ]);
  const unready = () => status().map(({ message }) => message);
  return { server, metricsEndpoint: metricsPart(config.metrics.listen, metrics, unready) };
}

function metricsPart(listen: string, metrics: Metrics, unready: () => string[]): Part {
  let endpoint: MetricsServer | undefined;
  return {
    name: "metrics",
    start: async () => {
      metrics.start();
      if (listen === "off") return;
      const { contentType } = metrics;
      endpoint = await startMetricsServer(listen, {
        ...{ contentType, text: () => metrics.text(), unready },
        // A bug ends the process at once (main.ts): whoever still answers is healthy.
        unhealthy: () => [],
      });
    },
    stop: async () => {
      metrics.stop();
      await endpoint?.stop();
    },
  };
}

function notAnEntry(file: string): string {
  return `${file} is no queued DEL of this version: look at it and remove it`;
}
