import { status } from "@grpc/grpc-js";
import { KeyedLock } from "@k8shost/agent/keyed-lock";
import type { Logger } from "pino";
import { StatusError } from "../status-error.js";
import type { Block, NewBlock } from "./block.js";
import { nextBlock, type PoolConfig, poolUse } from "./carve-plan.js";
import { formatCidr } from "./cidr.js";
import { readTopology } from "./existing-topology.js";
import { addBlock, stillThere } from "./ledger-plan.js";
import { type Northbound, pause } from "./northbound.js";
import type { Range } from "./range.js";
import { idleBlock, takeBack } from "./reclaim-plan.js";
import { topologyOf } from "./topology.js";
import { completeTopology } from "./topology-plan.js";

/** Lock under which this server decides where a block goes. No namespace has this name. */
const CARVING = "/carving";

export interface Growth {
  /** The new block must have an address in it. */
  readonly range: Range;
  /** When the cluster CIDR is used up, take a block back that has been idle for long. */
  readonly reclaim: boolean;
}

export interface NetworksOptions {
  readonly northbound: Northbound;
  readonly pool: PoolConfig;
  /** How long a block must have been idle before it may be taken back. */
  readonly reclaimAfterMs: number;
  readonly log: Logger;
}

interface Carved {
  readonly block: NewBlock;
  readonly known: readonly Block[];
}

/** Namespaces' networks in OVN: logical switches, router ports, and the blocks that they grow by. */
export class Networks {
  readonly #northbound: Northbound;
  readonly #pool: PoolConfig;
  readonly #reclaimAfterMs: number;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  /** Namespaces seen whole since the database was last connected: their calls pay no look at the topology. */
  readonly #whole = new Set<string>();

  constructor({ northbound, pool, reclaimAfterMs, log }: NetworksOptions) {
    this.#northbound = northbound;
    this.#pool = pool;
    this.#reclaimAfterMs = reclaimAfterMs;
    this.#log = log;
    northbound.onReconnect(() => {
      this.#whole.clear();
    });
  }

  /** The namespace has its switch, its router port and a first block (with an address in `range`, if it is new). */
  async ensure(namespace: string, range: Range, signal: AbortSignal): Promise<void> {
    if (this.#isWhole(namespace)) return;
    const isNew = (blocks: number) => blocks === 0;
    await this.#locks.run(
      namespace,
      async () => {
        if (!this.#isWhole(namespace)) await this.#complete(namespace, { range, reclaim: true }, signal, isNew);
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
   * Adds a block while `needed` says so: somebody else may have added one meanwhile.
   * @throws StatusError RESOURCE_EXHAUSTED when the cluster CIDR has no such block left.
   */
  async grow(namespace: string, how: Growth, signal: AbortSignal, needed: () => boolean): Promise<void> {
    await this.#locks.run(
      namespace,
      async () => {
        if (needed()) await this.#complete(namespace, how, signal, needed);
      },
      signal,
    );
  }

  #isWhole(namespace: string): boolean {
    return this.#whole.has(namespace) && this.#northbound.ledger.blocksOf(namespace).length > 0;
  }

  async #complete(
    namespace: string,
    how: Growth,
    signal: AbortSignal,
    wantsBlock: (blocks: number) => boolean,
  ): Promise<void> {
    const { ledger } = this.#northbound;
    for (let attempt = 0; ; attempt += 1) {
      const step = () => this.#step(namespace, how, signal, wantsBlock);
      const carves = wantsBlock(ledger.blocksOf(namespace).length);
      if (carves ? await this.#locks.run(CARVING, step, signal) : await step()) break;
      await pause(attempt, signal);
    }
    this.#whole.add(namespace);
  }

  /** One attempt; false when another server was faster. */
  async #step(
    namespace: string,
    how: Growth,
    signal: AbortSignal,
    wantsBlock: (blocks: number) => boolean,
  ): Promise<boolean> {
    const { ledger } = this.#northbound;
    const existing = await readTopology(this.#northbound, namespace, signal);
    const blocks = ledger.blocksOf(namespace);
    const added = wantsBlock(blocks.length) ? await this.#carve(namespace, how, signal) : undefined;
    const [first, ...others] = added === undefined ? blocks : [...blocks, added.block];
    if (first === undefined) return false;
    const completion = completeTopology(topologyOf(namespace, [first, ...others]), existing);
    const operations = [...(added === undefined ? [] : addBlock(added.block, added.known, new Date())), ...completion];
    if (operations.length > 0) operations.push(...stillThere(blocks));
    const done = operations.length === 0 || (await this.#northbound.commit(operations, signal));
    if (done && added !== undefined) {
      const { free, total } = poolUse(this.#pool, ledger.blocks());
      this.#log.info(
        { namespace, subnets: added.block.subnets.map(formatCidr), freeBlocks: free, ofBlocks: total },
        "block added",
      );
    }
    return done;
  }

  /** The next block of a namespace, and the blocks that it was chosen beside. */
  async #carve(namespace: string, { range, reclaim }: Growth, signal: AbortSignal): Promise<Carved> {
    const { ledger } = this.#northbound;
    for (;;) {
      const known = ledger.blocks();
      const block = nextBlock(this.#pool, known, namespace, range);
      if (block !== undefined) return { block, known };
      const idle = reclaim ? idleBlock(ledger, range, Date.now() - this.#reclaimAfterMs) : undefined;
      if (idle === undefined) throw this.#exhausted(namespace, range);
      await this.#takeBack(idle, ledger.row(idle), signal);
    }
  }

  /** `row`: the block's row as it was found idle. Somebody may use it again meanwhile; it then stays. */
  async #takeBack(block: Block, row: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    const existing = await readTopology(this.#northbound, block.namespace, signal);
    if (!(await this.#northbound.commit(takeBack(block, row, existing), signal))) return;
    this.#log.warn({ namespace: block.namespace, subnets: block.subnets.map(formatCidr) }, "idle block taken back");
  }

  #exhausted(namespace: string, range: Range): StatusError {
    const cidrs = this.#pool.clusterCidrs.map(formatCidr).join(", ");
    const where = range.start === undefined && range.end === undefined ? "" : " in the requested range";
    const whom = namespace === "" ? "the nodes" : `namespace ${namespace}`;
    return new StatusError(
      status.RESOURCE_EXHAUSTED,
      `${whom} has no free address${where}, and ${cidrs} has no block left to grow by; widen the range or clusterCIDR`,
    );
  }
}
