import type { AttachmentSpec } from "../network/attachment.js";
import { interfaceVersion } from "../ovn/port-plan.js";
import { podMarks } from "../ovn/owner.js";
import { exists, insert, type InsertOperation, mutate, type Operation } from "../ovsdb/operations.js";
import { Open_vSwitch } from "../ovsdb/schema/gen/open-vswitch.js";
import type { Uuid } from "../ovsdb/schema/types.js";

const { Bridge, Interface, Port } = Open_vSwitch.tables;

/** The transaction that puts a pod's link on the integration bridge. Its marks tell the sweep whose port it is. */
export function plugPort(
  spec: AttachmentSpec,
  link: string,
  logicalPort: string,
  where: { readonly bridge: string; readonly node: string },
): { operations: Operation[]; port: InsertOperation } {
  const marks = podMarks({ ...spec, node: where.node });
  const device = insert(Interface, {
    name: link,
    external_ids: new Map([...marks, ["iface-id", logicalPort], ["iface-id-ver", interfaceVersion(spec)]]),
  });
  const port = insert(Port, { name: link, interfaces: [device.ref], external_ids: marks });
  return { operations: [device, ...onBridge(port, where.bridge)], port };
}

/** Inserts `port` and puts it on the bridge; fails with WaitTimedOut when there is no such bridge. */
export function onBridge(port: InsertOperation, bridge: string): Operation[] {
  const named = [["name", "==", bridge]] as const;
  return [exists(Bridge, named), port, mutate(Bridge, named, [["ports", "insert", [port.ref]]])];
}

/** The database collects port and interface once the bridge does not refer to them. Gone is success. */
export function unplugPort(port: Uuid, bridge: string): Operation[] {
  return [mutate(Bridge, [["name", "==", bridge]], [["ports", "delete", [port]]])];
}
