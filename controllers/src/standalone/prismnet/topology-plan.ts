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
  wait,
} from "@k8shost/agent/ovsdb";
import { type Block, BLOCK_OWNER, blockMarks, HELD, OWNER_MARK } from "./block.js";
import { addressAt, formatAddress, formatCidr } from "./cidr.js";
import { EGRESS, formatHolder, holderKey } from "./holder.js";
import { CLUSTER_ROUTER, EGRESS_INDEX, type EgressPort, type Topology, TOPOLOGY_OWNER } from "./topology.js";

const nb = OVN_Northbound.tables;

/** What OVN has of a topology. Rows are found by name; a name that several rows bear is the caller's problem. */
export interface Existing {
  readonly router: Uuid | undefined;
  readonly logicalSwitch: Uuid | undefined;
  readonly routerPort: { readonly uuid: Uuid; readonly networks: readonly string[] } | undefined;
  readonly switchPort: Uuid | undefined;
  readonly egress: { readonly uuid: Uuid; readonly addresses: readonly string[] } | undefined;
  /** Our routes to everywhere, by prefix. */
  readonly routes: readonly { readonly uuid: Uuid; readonly prefix: string; readonly nexthop: string }[];
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
  const { routerPort } = existing;
  const ports = routerPort === undefined ? [insertRouterPort(topology)] : [];
  const routes = missingRoutes(topology, existing);
  const moved = movedRoutes(topology, existing);
  const lacking = topology.gateways.filter((gateway) => routerPort?.networks.includes(gateway) === false);
  const networks =
    routerPort === undefined || lacking.length === 0
      ? []
      : [exists(nb.Logical_Router_Port, routerPort.uuid), addNetworks(routerPort.uuid, lacking)];
  const added = [...ports, ...routes];
  if (existing.router === undefined) {
    const refs = { ports: ports.map((port) => port.ref), static_routes: routes.map((route) => route.ref) };
    const row = { name: CLUSTER_ROUTER, ...refs, external_ids: { [OWNER_MARK]: TOPOLOGY_OWNER } };
    return [
      absent(nb.Logical_Router, [["name", "==", CLUSTER_ROUTER]]),
      ...added,
      insert(nb.Logical_Router, row),
      ...networks,
    ];
  }
  if (added.length === 0) return [...moved, ...networks];
  return [
    exists(nb.Logical_Router, existing.router),
    ...routes.map(({ row }) => absent(nb.Logical_Router_Static_Route, ownRoute(String(row["ip_prefix"])))),
    ...added,
    mutate(nb.Logical_Router, existing.router, [
      ["ports", "insert", ports.map((port) => port.ref)],
      ["static_routes", "insert", routes.map((route) => route.ref)],
    ]),
    ...moved,
    ...networks,
  ];
}

function logicalSwitch(topology: Topology, existing: Existing): Operation[] {
  const { egress } = topology;
  const ports = [
    ...(existing.switchPort === undefined ? [insertSwitchPort(topology)] : []),
    ...(egress !== undefined && existing.egress === undefined ? [insertEgressPort(topology, egress)] : []),
  ];
  const refs = ports.map((port) => port.ref);
  const readdressed =
    egress !== undefined && existing.egress !== undefined && existing.egress.addresses.join() !== egressAddress(egress)
      ? [update(nb.Logical_Switch_Port, existing.egress.uuid, { addresses: [egressAddress(egress)] })]
      : [];
  if (existing.logicalSwitch === undefined) {
    const row = { name: topology.logicalSwitch, ports: refs, external_ids: marks(topology) };
    return [
      absent(nb.Logical_Switch, [["name", "==", topology.logicalSwitch]]),
      ...ports,
      insert(nb.Logical_Switch, row),
      ...readdressed,
    ];
  }
  if (ports.length === 0) return readdressed;
  return [
    exists(nb.Logical_Switch, existing.logicalSwitch),
    ...ports,
    mutate(nb.Logical_Switch, existing.logicalSwitch, [["ports", "insert", refs]]),
    ...readdressed,
  ];
}

function insertRouterPort(topology: Topology): InsertOperation {
  return insert(nb.Logical_Router_Port, {
    name: topology.routerPort,
    mac: topology.routerMac,
    networks: topology.gateways,
    external_ids: marks(topology),
  });
}

function addNetworks(port: Uuid, networks: readonly string[]): Operation {
  return mutate(nb.Logical_Router_Port, port, [["networks", "insert", networks]]);
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
function wantedRoutes({ egress }: Topology): { prefix: string; nexthop: string }[] {
  return (egress?.addresses ?? []).map((address) => ({
    prefix: address.includes(":") ? "::/0" : "0.0.0.0/0",
    nexthop: address,
  }));
}

function missingRoutes(topology: Topology, { routes }: Existing): InsertOperation[] {
  return wantedRoutes(topology)
    .filter(({ prefix }) => !routes.some((route) => route.prefix === prefix))
    .map(({ prefix, nexthop }) =>
      insert(nb.Logical_Router_Static_Route, {
        ip_prefix: prefix,
        nexthop,
        external_ids: { [OWNER_MARK]: TOPOLOGY_OWNER },
      }),
    );
}

function movedRoutes(topology: Topology, { routes }: Existing): Operation[] {
  return wantedRoutes(topology).flatMap(({ prefix, nexthop }) =>
    routes
      .filter((route) => route.prefix === prefix && route.nexthop !== nexthop)
      .map((route) => update(nb.Logical_Router_Static_Route, route.uuid, { nexthop })),
  );
}

/** Condition for our route to `prefix`. */
export function ownRoute(prefix: string) {
  return [
    ["ip_prefix", "==", prefix],
    ["external_ids", "includes", { [OWNER_MARK]: TOPOLOGY_OWNER }],
  ] as const;
}

function marks({ namespace }: Topology): Record<string, string> {
  return { [OWNER_MARK]: TOPOLOGY_OWNER, "k8shost/namespace": namespace };
}

/**
 * Adds a block to the ledger. The transaction fails (WaitTimedOut) and writes nothing unless the blocks are exactly the
 * `known` ones: where a new one fits was decided from them. The first block of the nodes' switch gets the egress port's
 * entry at once.
 */
export function addBlock(block: Omit<Block, "uuid">, known: readonly Block[]): readonly Operation[] {
  const entries = blockMarks(block);
  if (block.namespace === "" && block.sequence === 0) {
    entries.set(formatAddress(addressAt(block.subnets[0], EGRESS_INDEX)), formatHolder(EGRESS));
    entries.set(holderKey(EGRESS), HELD);
  }
  return [
    wait(nb.DHCP_Options, [["external_ids", "includes", { [OWNER_MARK]: BLOCK_OWNER }]], {
      columns: ["cidr"],
      until: "==",
      rows: known.map(({ subnets: [first] }) => ({ cidr: formatCidr(first) })),
      timeoutMs: 0,
    }),
    insert(nb.DHCP_Options, { cidr: formatCidr(block.subnets[0]), external_ids: entries }),
  ];
}
