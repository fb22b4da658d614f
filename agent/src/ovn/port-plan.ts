import type { AddressLease, AttachmentSpec } from "../network/attachment.js";
import { bareAddress } from "../network/ip-address.js";
import { exists, insert, type InsertOperation, mutate, type Operation } from "../ovsdb/operations.js";
import { OVN_Northbound } from "../ovsdb/schema/gen/ovn-northbound.js";
import type { Uuid } from "../ovsdb/schema/types.js";
import { logicalPortName } from "./names.js";
import { podMarks } from "./owner.js";

const { Logical_Switch, Logical_Switch_Port } = OVN_Northbound.tables;

/** Remembers the switch, so that removing the port needs no search. */
export const SWITCH_MARK = "k8shost/switch";

export interface NodeIdentity {
  /** The node's name in Kubernetes. */
  readonly node: string;
  /** The node's chassis in OVN (external_ids:system-id of its Open_vSwitch row). */
  readonly chassis: string;
}

/** `iface-id-ver`: the same on logical port and interface, so that a stale interface can't claim a recreated port. */
export function interfaceVersion({ pod, key }: AttachmentSpec): string {
  return pod.uid === "" ? key.containerId : pod.uid;
}

/**
 * The transaction that makes a pod's logical port. Policy memberships join it here, so that ovn-installed implies that
 * the policies are in place (invariant 4). Fails with WaitTimedOut when the switch does not exist: without this guard
 * the mutation would succeed on no row, and the port be collected as unreferenced.
 */
export function commitPort(
  spec: AttachmentSpec,
  lease: AddressLease,
  identity: NodeIdentity,
): { operations: Operation[]; port: InsertOperation } {
  const addresses = [lease.mac, ...lease.addresses.map(({ address }) => bareAddress(address))].join(" ");
  const onSwitch = [["name", "==", lease.logicalSwitch]] as const;
  const port = insert(Logical_Switch_Port, {
    name: logicalPortName(spec.pod.name, spec.key),
    addresses: [addresses],
    port_security: [addresses],
    options: { "requested-chassis": identity.chassis, "iface-id-ver": interfaceVersion(spec) },
    external_ids: podMarks({ ...spec, node: identity.node }).set(SWITCH_MARK, lease.logicalSwitch),
  });
  const operations = [
    exists(Logical_Switch, onSwitch),
    port,
    mutate(Logical_Switch, onSwitch, [["ports", "insert", [port.ref]]]),
  ];
  return { operations, port };
}

/** Takes the port off its switch; the database collects a port that nothing refers to. Gone is success. */
export function removePort(uuid: Uuid, logicalSwitch: string): Operation[] {
  return [mutate(Logical_Switch, [["name", "==", logicalSwitch]], [["ports", "delete", [uuid]]])];
}
