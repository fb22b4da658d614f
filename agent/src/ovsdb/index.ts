/**
 * An OVSDB client (RFC 7047). See DESIGN.md for its guarantees.
 *
 *     const northbound = new OvsdbClient({
 *       name: "northbound",
 *       remotes: ["ssl:10.0.0.1:6641", "ssl:10.0.0.2:6641", "ssl:10.0.0.3:6641"],
 *       database: OVN_Northbound,
 *       monitor: { Logical_Switch: { columns: ["name", "ports"] } },
 *       tls: { caFile, certFile, keyFile },
 *     });
 *     await northbound.start(signal);
 *
 *     const { Logical_Switch, Logical_Switch_Port } = OVN_Northbound.tables;
 *     const parent = northbound.table("Logical_Switch").index("name").get("k8s-default");
 *     if (parent === undefined) return;
 *     const port = insert(Logical_Switch_Port, { name: "web", addresses: ["dynamic"] });
 *     const [, { uuid }] = await northbound.transact(
 *       [exists(Logical_Switch, parent._uuid), port, mutate(Logical_Switch, parent._uuid, [["ports", "insert", [port.ref]]])],
 *       { signal },
 *     );
 */

export type * from "./client-types.js";
export type * from "./client-events.js";
export * from "./errors.js";
export * from "./operations.js";
export { OvsdbClient } from "./client.js";
export { NamedUuid, isUuid, uuid } from "./schema/types.js";
export type {
  AtomicType,
  Column,
  ColumnSchema,
  Condition,
  ConditionFunction,
  DatabaseSchema,
  Input,
  Integer,
  Mutation,
  RowInput,
  TableSchema,
  Tables,
  Uuid,
  Where,
} from "./schema/types.js";
export { OVN_Northbound } from "./schema/gen/ovn-northbound.js";
export type { OvnNorthbound } from "./schema/gen/ovn-northbound.js";
export { OVN_Southbound } from "./schema/gen/ovn-southbound.js";
export type { OvnSouthbound } from "./schema/gen/ovn-southbound.js";
export { Open_vSwitch } from "./schema/gen/open-vswitch.js";
export type { OpenVswitch } from "./schema/gen/open-vswitch.js";
