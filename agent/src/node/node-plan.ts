import { isIpv6 } from "../network/ip-address.js";
import type { LinkRequest } from "../netlink/port.js";
import type { NodeIdentity } from "../ovn/port-plan.js";
import { nodeMarks } from "../ovn/owner.js";
import { onBridge } from "../ovs/port-plan.js";
import { absent, exists, insert, mutate, type Operation, update } from "../ovsdb/operations.js";
import { Open_vSwitch } from "../ovsdb/schema/gen/open-vswitch.js";
import { OVN_Northbound } from "../ovsdb/schema/gen/ovn-northbound.js";

/**
 * How a node takes part in its pods' network (DESIGN.md, "The node's two links"):
 *
 * - the management link: a logical port of its own, through which the node reaches every pod of the cluster;
 * - the egress link: the node's end of ONE logical port of type localport that exists on every node with the same
 *   address. The cluster router's default route points to it, and a localport never leaves its chassis: so each pod
 *   goes out through its own node, with a topology that does not grow with nodes or pods.
 */
export interface NodePorts {
  readonly management: {
    readonly link: string;
    readonly logicalPort: string;
    readonly logicalSwitch: string;
    readonly mac: string;
    /** With prefix length. */
    readonly addresses: readonly { readonly address: string; readonly gateway: string }[];
  };
  readonly egress:
    | {
        readonly link: string;
        readonly logicalPort: string;
        readonly mac: string;
        /** Without prefix. */
        readonly addresses: readonly string[];
      }
    | undefined;
  readonly clusterCIDR: readonly string[];
  readonly mtu: number;
}

export function managementPortName(node: string): string {
  return `k8s_nodes-${node}`;
}

const { Logical_Switch, Logical_Switch_Port } = OVN_Northbound.tables;

/** Makes the management port's row, or brings an older one up to date. */
export function managementPortOperations(
  { management }: NodePorts,
  identity: NodeIdentity,
  present: boolean,
): Operation[] {
  const bare = management.addresses.map(({ address }) => address.replace(/\/.*$/, ""));
  const row = {
    addresses: [[management.mac, ...bare].join(" ")],
    // No port_security: what comes through the node (Services, other hosts) has foreign source addresses.
    options: { "requested-chassis": identity.chassis },
    external_ids: nodeMarks(identity.node),
  };
  if (present) return [update(Logical_Switch_Port, [["name", "==", management.logicalPort]], row)];
  const port = insert(Logical_Switch_Port, { name: management.logicalPort, ...row });
  const onSwitch = [["name", "==", management.logicalSwitch]] as const;
  return [exists(Logical_Switch, onSwitch), port, mutate(Logical_Switch, onSwitch, [["ports", "insert", [port.ref]]])];
}

const { Interface, Port } = Open_vSwitch.tables;

/** One internal port of the integration bridge that is the node's end of a logical port. */
export function internalPortOperations(
  port: { readonly link: string; readonly logicalPort: string; readonly mac: string },
  mtu: number,
  where: { readonly bridge: string; readonly node: string },
  present: boolean,
): Operation[] {
  const marks = nodeMarks(where.node);
  const row = {
    type: "internal",
    mac: port.mac,
    mtu_request: mtu,
    external_ids: new Map([...marks, ["iface-id", port.logicalPort]]),
  };
  if (present) return [update(Interface, [["name", "==", port.link]], row)];
  const device = insert(Interface, { name: port.link, ...row });
  const ovsPort = insert(Port, { name: port.link, interfaces: [device.ref], external_ids: marks });
  return [absent(Port, [["name", "==", port.link]]), device, ...onBridge(ovsPort, where.bridge)];
}

/** Addresses and routes of the node's two links. `txChecksum`: see AddPorts.txChecksum. */
export function nodeLinkRequests(ports: NodePorts, txChecksum: boolean): LinkRequest[] {
  const { management, egress } = ports;
  const v6 = management.addresses.some(({ address }) => isIpv6(address));
  const requests: LinkRequest[] = [];
  for (const link of [management.link, ...(egress === undefined ? [] : [egress.link])]) {
    requests.push({ kind: "set-ipv6", link, enabled: v6 }, { kind: "set-link", name: link, up: true });
    if (!txChecksum) requests.push({ kind: "set-tx-checksum", link, enabled: false });
  }
  for (const { address } of management.addresses) {
    requests.push({ kind: "add-address", link: management.link, address });
  }
  // The loose reverse-path check refuses whatever arrives on a link that has no address at all.
  for (const address of egress?.addresses ?? []) {
    requests.push({
      kind: "add-address",
      link: egress?.link ?? "",
      address: `${address}/${isIpv6(address) ? 128 : 32}`,
    });
  }
  for (const destination of ports.clusterCIDR) {
    const own = management.addresses.find(({ address }) => isIpv6(address) === isIpv6(destination));
    if (own === undefined) continue;
    requests.push({ kind: "replace-route", link: management.link, destination, gateway: own.gateway });
  }
  return requests;
}
