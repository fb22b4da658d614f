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
