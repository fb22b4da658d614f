import { writeFile } from "node:fs/promises";
import type { Logger } from "../log.js";
import type { Config } from "../config.js";
import { run } from "../exec/run.js";
import { HOST_NETNS, type Netlink } from "../netlink/port.js";
import type { NorthboundClient } from "../ovn/logical-ports.js";
import { removePort } from "../ovn/port-plan.js";
import { unplugPort } from "../ovs/port-plan.js";
import type { OvsClient } from "../ovs/ports.js";
import type { PrismnetAddresses } from "../prismnet/addresses.js";
import type { NodeFacts } from "./facts.js";
import { natRemoval, natRuleset } from "./nat-plan.js";
import {
  internalPortOperations,
  managementPortName,
  managementPortOperations,
  nodeLinkRequests,
  type NodePorts,
} from "./node-plan.js";

const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;

export interface NodeNetworkOptions {
  readonly config: Config;
  readonly northbound: NorthboundClient;
  readonly ovs: OvsClient;
  readonly netlink: Netlink;
  readonly addresses: PrismnetAddresses;
  readonly facts: NodeFacts;
  readonly log: Logger;
}

export interface NodeNetworkStatus {
  readonly link: string;
  readonly addresses: readonly string[];
  readonly ready: boolean;
  /** Why it is not ready; empty when it is, or was not tried yet. */
  readonly error: string;
}

/**
 * Keeps the node's own ports in the pod network (see node-plan.ts). Ready once, it stays through restarts of the agent.
 * The links are vswitchd's: when it restarts it makes them anew, without addresses, and the change of their index in
 * the local database brings us back to configure them.
 */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #stop = new AbortController();
  #ports: NodePorts | undefined;
  #ready = false;
  #error = "";
  #delay = FIRST_RETRY;
  #timer: NodeJS.Timeout | undefined;
  #configured = new Map<string, number | bigint | undefined>();
  #running: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
  }

  /** Tries once, and goes on trying in the background. Never throws: pods can be added without the node's own ports. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.ovs.table("Interface").onChange(({ new: row }) => {
      if (row !== undefined && this.#configured.has(row.name) && this.#configured.get(row.name) !== row.ifindex) {
        this.#ready = false;
        this.#schedule(0);
      }
    });
    await this.#attempt();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#running;
  }

  status(): NodeNetworkStatus {
    return {
      link: this.#options.config.network.managementLink,
      addresses: this.#ports?.management.addresses.map(({ address }) => address) ?? [],
      ready: this.#ready,
      error: this.#error,
    };
  }

  /** Takes the node out of the pod network: for decommissioning, not for a stop of the agent. */
  async remove(signal: AbortSignal): Promise<void> {
    const { config, northbound, ovs, addresses } = this.#options;
    await run("nft", ["-f", "-"], { input: natRemoval(), signal });
    const { managementLink, egressLink } = config.network;
    for (const port of ovs.table("Port").rows()) {
      if (port.name !== managementLink && port.name !== egressLink) continue;
      await ovs.transact(unplugPort(port._uuid, config.openvswitch.bridge), { signal });
    }
    const name = managementPortName(config.nodeName);
    const row = northbound.table("Logical_Switch_Port").index("name").get(name);
    if (row !== undefined) {
      const lease = await addresses.node(signal);
      await northbound.transact(removePort(row._uuid, lease.logicalSwitch), { signal });
    }
    await addresses.releaseNode(signal);
  }

  #schedule(delay: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#attempt(), delay);
  }

  async #attempt(): Promise<void> {
    // One at a time; a change meanwhile schedules the next.
    await this.#running;
    this.#running = this.#ensure(this.#stop.signal).then(
      () => {
        this.#ready = true;
        this.#error = "";
        this.#delay = FIRST_RETRY;
      },
      (error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#error = error instanceof Error ? error.message : String(error);
        this.#options.log.warn({ err: error }, "the node's own ports are not complete yet; trying again");
        this.#schedule(this.#delay);
        this.#delay = Math.min(this.#delay * 2, LAST_RETRY);
      },
    );
    await this.#running;
  }

  async #ensure(signal: AbortSignal): Promise<void> {
    const { config, northbound, ovs, netlink, facts } = this.#options;
    const ports = await this.#desired(signal);
    this.#ports = ports;
    const present = northbound.table("Logical_Switch_Port").index("name").get(ports.management.logicalPort);
    await northbound.transact(managementPortOperations(ports, facts.identity, present !== undefined), { signal });
    const where = { bridge: config.openvswitch.bridge, node: config.nodeName };
    for (const port of [ports.management, ports.egress]) {
      if (port === undefined) continue;
      const known = ovs.table("Interface").index("name").get(port.link) !== undefined;
      await ovs.transact(internalPortOperations(port, facts.mtu, where, known), { signal });
      await this.#untilLinkExists(port.link, signal);
    }
    await netlink.execute(HOST_NETNS, nodeLinkRequests(ports, facts.txChecksum), signal);
    await setForwarding(ports);
    if (ports.egress !== undefined) await run("nft", ["-f", "-"], { input: natRuleset(this.#nat()), signal });
    this.#configured = new Map(
      [ports.management, ports.egress].flatMap((port) =>
        port === undefined ? [] : [[port.link, ovs.table("Interface").index("name").get(port.link)?.ifindex] as const],
      ),
    );
  }

  async #desired(signal: AbortSignal): Promise<NodePorts> {
    const { config, addresses, facts } = this.#options;
    const lease = await addresses.node(AbortSignal.any([signal, AbortSignal.timeout(config.deadlines.add)]));
    const { managementLink, egressLink, egress, clusterCIDR } = config.network;
    return {
      management: {
        link: managementLink,
        logicalPort: managementPortName(config.nodeName),
        logicalSwitch: lease.logicalSwitch,
        mac: lease.macAddress,
        addresses: lease.addresses.map((one) => ({ address: one.ipAddress, gateway: one.gateway })),
      },
      egress:
        egress.enabled && lease.egress !== undefined
          ? {
              link: egressLink,
              logicalPort: lease.egress.logicalPort,
              mac: lease.egress.macAddress,
              addresses: lease.egress.ipAddresses,
            }
          : undefined,
      clusterCIDR,
      mtu: facts.mtu,
    };
  }

  #nat() {
    const { clusterCIDR, managementLink, egressLink, egress } = this.#options.config.network;
    return { clusterCIDR, managementLink, egressLink, masquerade: egress.masquerade };
  }

  /** vswitchd makes the link some milliseconds after the transaction, and then writes its index. */
  async #untilLinkExists(link: string, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.config.deadlines.add)]);
    const interfaces = this.#options.ovs.table("Interface").index("name");
    await interfaces.waitFor(link, (row) => row?.ofport !== undefined && Number(row.ofport) > 0, { signal: limit });
  }
}

/** The node routes for its pods. Answers come back through the other link, so strict reverse-path checks must not apply. */
async function setForwarding({ management, egress }: NodePorts): Promise<void> {
  const v6 = management.addresses.some(({ address }) => address.includes(":"));
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
  if (v6) await writeFile("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  for (const link of [management.link, egress?.link]) {
    if (link !== undefined) await writeFile(`/proc/sys/net/ipv4/conf/${link}/rp_filter`, "2");
  }
}
