import {
  absent,
  exists,
  insert,
  type InsertOperation,
  mutate,
  type Operation,
  OVN_Northbound,
  update,
  type Uuid,
} from "@k8shost/agent/ovsdb";
import { OWNER_MARK } from "./block.js";
import { CLUSTER_ROUTER, type EgressPort, type Topology, TOPOLOGY_OWNER } from "./topology.js";

const nb = OVN_Northbound.tables;

/** What OVN has of a topology. Rows are found by name; a name that several rows bear is the caller's problem. */
export interface Existing {
  readonly router: Uuid | undefined;
  readonly logicalSwitch: Uuid | undefined;
  readonly routerPort: { readonly uuid: Uuid; readonly networks: readonly string[] } | undefined;
  readonly switchPort: Uuid | undefined;
  readonly egress: { readonly uuid: Uuid; readonly addresses: readonly string[] } | undefined;
  /** Our routes to everywhere. */
  readonly routes: readonly (Route & { readonly uuid: Uuid })[];
}

interface Route {
  readonly prefix: string;
  readonly nexthop: string;
}

/**
 * Operations that complete a topology; none when it is whole. They are made for one transaction, which fails
 * (WaitTimedOut, ConstraintViolation) and writes nothing when somebody completed it meanwhile: names of switches and
 * routers are not unique in the schema, those of ports are. What others added is left alone.
 */
export function completeTopology(topology: Topology, existing: Existing): readonly Operation[] {
  return [...router(topology, existing), ...logicalSwitch(topology, existing)];
}

function router(topology: Topology, existing: Existing): Operation[] {
  const ports = existing.routerPort === undefined ? [insertRouterPort(topology)] : [];
  const missing = wantedRoutes(topology).filter(({ prefix }) => !existing.routes.some((has) => has.prefix === prefix));
  const routes = missing.map(insertRoute);
  return [
    ...missing.map(({ prefix }) => absent(nb.Logical_Router_Static_Route, ownRoute(prefix))),
    ...ports,
    ...routes,
    ...attachToRouter(existing.router, ports, routes),
    ...movedRoutes(topology, existing),
    ...lackingNetworks(topology, existing),
  ];
}

function attachToRouter(
  row: Uuid | undefined,
  ports: readonly InsertOperation[],
  routes: readonly InsertOperation[],
): Operation[] {
  const refs = { ports: ports.map(({ ref }) => ref), static_routes: routes.map(({ ref }) => ref) };
  if (row === undefined) {
    return [
      absent(nb.Logical_Router, [["name", "==", CLUSTER_ROUTER]]),
      insert(nb.Logical_Router, { name: CLUSTER_ROUTER, ...refs, external_ids: { [OWNER_MARK]: TOPOLOGY_OWNER } }),
    ];
  }
  if (ports.length + routes.length === 0) return [];
  return [
    exists(nb.Logical_Router, row),
    mutate(nb.Logical_Router, row, [
      ["ports", "insert", refs.ports],
      ["static_routes", "insert", refs.static_routes],
    ]),
  ];
}

function logicalSwitch(topology: Topology, existing: Existing): Operation[] {
  const { egress } = topology;
  const ports = [
    ...(existing.switchPort === undefined ? [insertSwitchPort(topology)] : []),
    ...(egress !== undefined && existing.egress === undefined ? [insertEgressPort(topology, egress)] : []),
  ];
  return [...ports, ...attachToSwitch(topology, existing.logicalSwitch, ports), ...movedEgress(topology, existing)];
}

function attachToSwitch(topology: Topology, row: Uuid | undefined, ports: readonly InsertOperation[]): Operation[] {
  const name = topology.logicalSwitch;
  const refs = ports.map(({ ref }) => ref);
  if (row === undefined) {
    return [
      absent(nb.Logical_Switch, [["name", "==", name]]),
      insert(nb.Logical_Switch, { name, ports: refs, external_ids: marks(topology) }),
    ];
  }
  if (ports.length === 0) return [];
  return [exists(nb.Logical_Switch, row), mutate(nb.Logical_Switch, row, [["ports", "insert", refs]])];
}

function insertRouterPort(topology: Topology): InsertOperation {
  return insert(nb.Logical_Router_Port, {
    name: topology.routerPort,
    mac: topology.routerMac,
    networks: topology.gateways,
    external_ids: marks(topology),
  });
}

function lackingNetworks({ gateways }: Topology, { routerPort }: Existing): Operation[] {
  const lacking = gateways.filter((gateway) => routerPort?.networks.includes(gateway) === false);
  if (routerPort === undefined || lacking.length === 0) return [];
  return [
    exists(nb.Logical_Router_Port, routerPort.uuid),
    mutate(nb.Logical_Router_Port, routerPort.uuid, [["networks", "insert", lacking]]),
  ];
}

function insertSwitchPort(topology: Topology): InsertOperation {
  return insert(nb.Logical_Switch_Port, {
    name: topology.switchPort,
    type: "router",
    addresses: ["router"],
    options: { "router-port": topology.routerPort },
    external_ids: marks(topology),
  });
}

function insertEgressPort(topology: Topology, egress: EgressPort): InsertOperation {
  return insert(nb.Logical_Switch_Port, {
    name: egress.name,
    type: "localport",
    addresses: [egressAddress(egress)],
    external_ids: marks(topology),
  });
}

function egressAddress({ mac, addresses }: EgressPort): string {
  return [mac, ...addresses].join(" ");
}

/** Everything that is not in the cluster goes to the egress port, which answers on the pod's own node. */
function wantedRoutes({ egress }: Topology): Route[] {
  return (egress?.addresses ?? []).map((address) => ({
    prefix: address.includes(":") ? "::/0" : "0.0.0.0/0",
    nexthop: address,
  }));
}

function insertRoute({ prefix, nexthop }: Route): InsertOperation {
  const external_ids = { [OWNER_MARK]: TOPOLOGY_OWNER };
  return insert(nb.Logical_Router_Static_Route, { ip_prefix: prefix, nexthop, external_ids });
}

function movedRoutes(topology: Topology, { routes }: Existing): Operation[] {
  return wantedRoutes(topology).flatMap(({ prefix, nexthop }) =>
    routes
      .filter((route) => route.prefix === prefix && route.nexthop !== nexthop)
      .map((route) => update(nb.Logical_Router_Static_Route, route.uuid, { nexthop })),
  );
}

function movedEgress({ egress }: Topology, { egress: has }: Existing): Operation[] {
  if (egress === undefined || has === undefined || has.addresses.join() === egressAddress(egress)) return [];
  return [update(nb.Logical_Switch_Port, has.uuid, { addresses: [egressAddress(egress)] })];
}

/** Condition for our route to `prefix`. */
function ownRoute(prefix: string) {
  return [
    ["ip_prefix", "==", prefix],
    ["external_ids", "includes", { [OWNER_MARK]: TOPOLOGY_OWNER }],
  ] as const;
}

function marks({ namespace }: Topology): Record<string, string> {
  return { [OWNER_MARK]: TOPOLOGY_OWNER, "k8shost/namespace": namespace };
}
