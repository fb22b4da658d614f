import { status } from "@grpc/grpc-js";
import { OVN_Northbound, select, type Uuid } from "@k8shost/agent/ovsdb";
import { StatusError } from "../status-error.js";
import { OWNER_MARK } from "./block.js";
import type { Northbound } from "./northbound.js";
import { CLUSTER_ROUTER, EGRESS_PORT, TOPOLOGY_OWNER, topologyNames } from "./topology.js";
import type { Existing } from "./topology-plan.js";

const nb = OVN_Northbound.tables;

/**
 * What OVN has of a namespace's network now.
 * @throws StatusError FAILED_PRECONDITION when somebody else's switch or router bears our name.
 */
export async function readTopology(northbound: Northbound, namespace: string, signal: AbortSignal): Promise<Existing> {
  const names = topologyNames(namespace);
  const [routers, switches, routerPorts, switchPorts, egressPorts, routes] = await northbound.read(
    [
      select(nb.Logical_Router, [["name", "==", CLUSTER_ROUTER]], ["_uuid", "external_ids"]),
      select(nb.Logical_Switch, [["name", "==", names.logicalSwitch]], ["_uuid", "external_ids"]),
      select(nb.Logical_Router_Port, [["name", "==", names.routerPort]], ["_uuid", "networks"]),
      select(nb.Logical_Switch_Port, [["name", "==", names.switchPort]], ["_uuid"]),
      select(nb.Logical_Switch_Port, [["name", "==", EGRESS_PORT]], ["_uuid", "addresses"]),
      select(
        nb.Logical_Router_Static_Route,
        [["external_ids", "includes", { [OWNER_MARK]: TOPOLOGY_OWNER }]],
        ["_uuid", "ip_prefix", "nexthop"],
      ),
    ],
    signal,
  );
  const [routerPort] = routerPorts.rows;
  const [egress] = egressPorts.rows;
  return {
    router: onlyOurs("Logical_Router", CLUSTER_ROUTER, routers.rows),
    logicalSwitch: onlyOurs("Logical_Switch", names.logicalSwitch, switches.rows),
    routerPort: routerPort && { uuid: routerPort._uuid, networks: routerPort.networks },
    switchPort: switchPorts.rows[0]?._uuid,
    egress: egress && { uuid: egress._uuid, addresses: egress.addresses },
    routes: routes.rows.map((row) => ({ uuid: row._uuid, prefix: row.ip_prefix, nexthop: row.nexthop })),
  };
}

interface NamedRow {
  readonly _uuid: Uuid;
  readonly external_ids: ReadonlyMap<string, string>;
}

/** The row among those of one name that is ours. @throws StatusError when all of them are somebody else's. */
function onlyOurs(table: string, name: string, rows: readonly NamedRow[]): Uuid | undefined {
  const ours = rows.find((row) => row.external_ids.get(OWNER_MARK) === TOPOLOGY_OWNER);
  if (ours === undefined && rows.length > 0) {
    throw new StatusError(
      status.FAILED_PRECONDITION,
      `${table} ${name} exists and is not ours: rename it, or give it to us with ` +
        `ovn-nbctl set ${table} ${name} external_ids:${OWNER_MARK}=${TOPOLOGY_OWNER}`,
    );
  }
  return ours?._uuid;
}
