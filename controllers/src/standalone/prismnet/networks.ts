import { status } from "@grpc/grpc-js";
import { KeyedLock } from "@k8shost/agent/keyed-lock";
import { type Operation, OVN_Northbound, select, type Uuid } from "@k8shost/agent/ovsdb";
import type { Logger } from "pino";
import { StatusError } from "../status-error.js";
import { OWNER_MARK } from "./block.js";
import { nextBlock, type PoolConfig, poolUse } from "./carve-plan.js";
import { formatCidr } from "./cidr.js";
import { addBlock } from "./ledger-plan.js";
import { type Northbound, pause } from "./northbound.js";
import type { Range } from "./range.js";
import { CLUSTER_ROUTER, EGRESS_PORT, TOPOLOGY_OWNER, topologyNames, topologyOf } from "./topology.js";
import { completeTopology, type Existing } from "./topology-plan.js";

const nb = OVN_Northbound.tables;

/** Lock under which this server decides where a block goes. No namespace has this name. */
const CARVING = "/carving";

/** Namespaces' networks in OVN: logical switches, router ports, and the blocks that they grow by. */
export class Networks {
  readonly #northbound: Northbound;
  readonly #pool: PoolConfig;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  /** Namespaces seen whole since the database was last connected: their calls pay no look at the topology. */
  readonly #whole = new Set<string>();

  constructor(northbound: Northbound, pool: PoolConfig, log: Logger) {
    this.#northbound = northbound;
    this.#pool = pool;
    this.#log = log;
    northbound.onReconnect(() => {
      this.#whole.clear();
    });
  }

  /** The namespace has its switch, its router port and a first block (with an address in `range`, if it is new). */
  async ensure(namespace: string, range: Range, signal: AbortSignal): Promise<void> {
    if (this.#isWhole(namespace)) return;
    await this.#locks.run(
      namespace,
      async () => {
        if (!this.#isWhole(namespace)) await this.#complete(namespace, range, signal, (blocks) => blocks === 0);
      },
      signal,
    );
  }

  /** Looks at the topology of the namespace again and mends what somebody removed. */
  async repair(namespace: string, signal: AbortSignal): Promise<void> {
    this.#whole.delete(namespace);
    await this.ensure(namespace, {}, signal);
  }

  /**
   * Adds a block with an address in `range`, while `needed` says so: somebody else may have added one meanwhile.
   * @throws StatusError RESOURCE_EXHAUSTED when the cluster CIDR has no such block left.
   */
  async grow(namespace: string, range: Range, signal: AbortSignal, needed: () => boolean): Promise<void> {
    await this.#locks.run(
      namespace,
      async () => {
        if (needed()) await this.#complete(namespace, range, signal, needed);
      },
      signal,
    );
  }

  #isWhole(namespace: string): boolean {
    return this.#whole.has(namespace) && this.#northbound.ledger.blocksOf(namespace).length > 0;
  }

  async #complete(
    namespace: string,
    range: Range,
    signal: AbortSignal,
    wantsBlock: (blocks: number) => boolean,
  ): Promise<void> {
    const { ledger } = this.#northbound;
    for (let attempt = 0; ; attempt += 1) {
      const step = () => this.#step(namespace, range, signal, wantsBlock);
      const carves = wantsBlock(ledger.blocksOf(namespace).length);
      if (carves ? await this.#locks.run(CARVING, step, signal) : await step()) break;
      await pause(attempt, signal);
    }
    this.#whole.add(namespace);
  }

  /** One attempt; false when another server was faster. */
  async #step(
    namespace: string,
    range: Range,
    signal: AbortSignal,
    wantsBlock: (blocks: number) => boolean,
  ): Promise<boolean> {
    const { ledger } = this.#northbound;
    const existing = await this.#look(namespace, signal);
    const known = ledger.blocks();
    const blocks = ledger.blocksOf(namespace);
    const added = wantsBlock(blocks.length) ? this.#carve(namespace, range) : undefined;
    const [first, ...others] = added === undefined ? blocks : [...blocks, added];
    if (first === undefined) return false;
    const operations: readonly Operation[] = [
      ...(added === undefined ? [] : addBlock(added, known)),
      ...completeTopology(topologyOf(namespace, [first, ...others]), existing),
    ];
    const done = operations.length === 0 || (await this.#northbound.commit(operations, signal));
    if (done && added !== undefined) {
      const { free, total } = poolUse(this.#pool, ledger.blocks());
      this.#log.info(
        { namespace, subnets: added.subnets.map(formatCidr), freeBlocks: free, ofBlocks: total },
        "block added",
      );
    }
    return done;
  }

  #carve(namespace: string, range: Range) {
    const block = nextBlock(this.#pool, this.#northbound.ledger.blocks(), namespace, range);
    if (block !== undefined) return block;
    const cidrs = this.#pool.clusterCidrs.map(formatCidr).join(", ");
    const where = range.start === undefined && range.end === undefined ? "" : " in the requested range";
    const whom = namespace === "" ? "the nodes" : `namespace ${namespace}`;
    throw new StatusError(
      status.RESOURCE_EXHAUSTED,
      `${whom} has no free address${where}, and ${cidrs} has no block left to grow by; widen the range or clusterCIDR`,
    );
  }

  async #look(namespace: string, signal: AbortSignal): Promise<Existing> {
    const names = topologyNames(namespace);
    const [routers, switches, routerPorts, switchPorts, egressPorts, routes] = await this.#northbound.read(
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
