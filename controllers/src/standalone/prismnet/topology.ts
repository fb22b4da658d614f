import { CLUSTER_ROUTER, logicalSwitchName, NODES_SWITCH } from "@k8shost/agent/ovn/names";
import { FIRST_INDEX, GATEWAY_INDEX, gateways, type NewBlock } from "./block.js";
import { addressAt, formatAddress, macAddress } from "./cidr.js";

/** Owner mark of what this service makes in OVN. */
export const TOPOLOGY_OWNER = "prismnet";

export { CLUSTER_ROUTER };

/** The localport through which pods leave the cluster, on every node the same. */
export const EGRESS_PORT = "k8s_egress";

/** Names of a namespace's rows in OVN. The nodes' own switch is that of the namespace "". */
export interface TopologyNames {
  readonly logicalSwitch: string;
  readonly routerPort: string;
  readonly switchPort: string;
}

/** A namespace's network as it has to look in OVN. Pure. */
export interface Topology extends TopologyNames {
  readonly namespace: string;
  readonly routerMac: string;
  /** The router's addresses with prefix, those of every block. */
  readonly gateways: readonly string[];
  readonly egress: EgressPort | undefined;
}

export interface EgressPort {
  readonly name: string;
  readonly mac: string;
  /** Without prefix, IPv4 first. */
  readonly addresses: readonly string[];
}

/** The egress port's index in the first block of the nodes' switch. */
export const EGRESS_INDEX = FIRST_INDEX;

export function topologyNames(namespace: string): TopologyNames {
  const logicalSwitch = namespace === "" ? NODES_SWITCH : logicalSwitchName(namespace);
  return { logicalSwitch, routerPort: `rtos-${logicalSwitch}`, switchPort: `stor-${logicalSwitch}` };
}

/** Network of a namespace that has `blocks`, oldest first. */
export function topologyOf(namespace: string, blocks: readonly [NewBlock, ...NewBlock[]]): Topology {
  return {
    namespace,
    ...topologyNames(namespace),
    routerMac: macAddress(addressAt(blocks[0].subnets[0], GATEWAY_INDEX)),
    gateways: blocks.flatMap(gateways),
    egress: namespace === "" ? egressPort(blocks[0]) : undefined,
  };
}

/** The port whose address is the pods' way out. */
export function egressPort(firstBlock: NewBlock): EgressPort {
  return {
    name: EGRESS_PORT,
    mac: macAddress(addressAt(firstBlock.subnets[0], EGRESS_INDEX)),
    addresses: firstBlock.subnets.map((subnet) => formatAddress(addressAt(subnet, EGRESS_INDEX))),
  };
}
