import { status } from "@grpc/grpc-js";
import { KeyedLock } from "@k8shost/agent/keyed-lock";
import type { Logger } from "pino";
import { StatusError } from "../status-error.js";
import { type Block, capacity, FIRST_INDEX, hostAddresses, indexOf, lastIndex, ledgerKey } from "./block.js";
import { type Address, formatAddress, formatCidr } from "./cidr.js";
import { type Holder, holderKey } from "./holder.js";
import type { Allocation, Candidate, Place } from "./ledger.js";
import { claim, release, stillHeld } from "./ledger-plan.js";
import type { Networks } from "./networks.js";
import { type Northbound, pause } from "./northbound.js";
import type { Wish } from "./request.js";

/** A namespace grows when less than this part of its newest block's size is free. */
const LOW_WATER = 0.1;
/** How many candidates a server draws from after it lost one to another server. */
const DRAW = 64;
const GROW_AHEAD_DEADLINE_MS = 30_000;
/** How long growing ahead is not tried again after it failed. */
const GROW_AHEAD_PAUSE_MS = 30_000;

export interface Granted extends Place {
  /** An earlier call made the allocation. */
  readonly existing: boolean;
}

/** Gives addresses out and takes them back. All it knows is the ledger. */
export class Allocator {
  readonly #northbound: Northbound;
  readonly #networks: Networks;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  /** Addresses that this server is claiming: not yet in the ledger. */
  readonly #claiming = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #growing = new Map<string, Promise<void>>();
  #growAheadAfter = 0;

  constructor(northbound: Northbound, networks: Networks, log: Logger) {
    this.#northbound = northbound;
    this.#networks = networks;
    this.#log = log;
  }

  /**
   * The holder's address: the one it has, or a new one.
   * @throws StatusError RESOURCE_EXHAUSTED, FAILED_PRECONDITION (static address), UNAVAILABLE (database away).
   */
  async allocate(wish: Wish, signal: AbortSignal): Promise<Granted> {
    const key = holderKey(wish.holder);
    const granted = await this.#locks.run(key, () => this.#allocate(key, wish, signal), signal);
    if (!granted.existing) this.#growAhead(granted.block);
    return granted;
  }

  /**
   * Takes the address of a holder back. False when it has none.
   * @throws StatusError FAILED_PRECONDITION when it holds one in another than the given namespace.
   */
  async release(key: string, namespace: string, signal: AbortSignal): Promise<boolean> {
    return await this.#locks.run(key, () => this.#release(key, namespace, signal), signal);
  }

  /** Allocations of a node, or all for "". */
  async list(nodeName: string, signal: AbortSignal): Promise<Allocation[]> {
    await this.#northbound.refresh(signal);
    const all = [...this.#northbound.ledger.allocations()].filter(({ holder }) => holder.kind !== "egress");
    return nodeName === "" ? all : all.filter(({ holder }) => "nodeName" in holder && holder.nodeName === nodeName);
  }

  /** Ends what runs in the background. */
  async close(): Promise<void> {
    this.#stopping.abort(new StatusError(status.UNAVAILABLE, "the server is shutting down"));
    await Promise.all(this.#growing.values());
  }

  async #allocate(key: string, wish: Wish, signal: AbortSignal): Promise<Granted> {
    const { ledger } = this.#northbound;
    for (let lost = 0; ;) {
      const held = ledger.holding(key);
      if (held !== undefined) {
        if (await this.#northbound.commit([stillHeld(held)], signal)) return existing(held, wish);
        continue;
      }
      await this.#networks.ensure(wish.namespace, wish.range, signal);
      const candidate = this.#choose(wish, lost);
      if (candidate === undefined) {
        const isFull = () => this.#choose(wish, lost) === undefined;
        await this.#networks.grow(wish.namespace, { range: wish.range, reclaim: true }, signal, isFull);
      } else if (await this.#claim(candidate, wish.holder, signal)) {
        return { block: candidate.block, index: candidate.index, existing: false };
      } else {
        await pause(lost, signal);
        lost += 1;
      }
    }
  }

  async #claim(candidate: Candidate, holder: Holder, signal: AbortSignal): Promise<boolean> {
    const place = placeKey(candidate);
    this.#claiming.add(place);
    try {
      return await this.#northbound.commit(claim(candidate, holder), signal);
    } finally {
      this.#claiming.delete(place);
    }
  }

  async #release(key: string, namespace: string, signal: AbortSignal): Promise<boolean> {
    const { ledger } = this.#northbound;
    for (let attempt = 0; ; attempt += 1) {
      // Another server may have made the allocation a moment ago.
      if (ledger.holding(key) === undefined) await this.#northbound.refresh(signal);
      const held = ledger.holding(key);
      if (held === undefined) return false;
      if (namespace !== "" && held.block.namespace !== namespace) {
        throw new StatusError(
          status.FAILED_PRECONDITION,
          `namespace: the container holds ${ledgerKey(held.block, held.index)} in ${held.block.namespace}, not in ${namespace}`,
        );
      }
      if (await this.#northbound.commit(release(held, new Date()), signal)) return true;
      await pause(attempt, signal);
    }
  }

  /** The next address; after `lost` claims one drawn from the next few, since other servers see the same next one. */
  #choose(wish: Wish, lost: number): Candidate | undefined {
    const { ledger } = this.#northbound;
    if (wish.staticAddresses.length > 0) return this.#staticCandidate(wish);
    const drawn: Candidate[] = [];
    for (const candidate of ledger.candidates(wish.namespace, wish.range)) {
      if (this.#claiming.has(placeKey(candidate))) continue;
      if (lost === 0) return candidate;
      if (drawn.push(candidate) === DRAW) break;
    }
    return drawn[Math.floor(Math.random() * drawn.length)];
  }

  /** @throws StatusError FAILED_PRECONDITION when the address cannot be had. */
  #staticCandidate({ namespace, staticAddresses }: Wish): Candidate {
    const { ledger } = this.#northbound;
    const [first, second] = staticAddresses.map((address) => this.#locate(namespace, address));
    if (first === undefined) throw new TypeError("no static address");
    if (second !== undefined && (second.block !== first.block || second.index !== first.index)) {
      const pair = hostAddresses(first.block, first.index).join(" and ");
      throw refused(`the two do not belong together: ${pair} do; ask for one of them`);
    }
    const slot = ledger.slot(first);
    if (slot?.state === "held") {
      throw refused(`${ledgerKey(first.block, first.index)} is held by ${slot.text}`);
    }
    return { ...first, tombstone: slot?.state === "freed" ? slot.text : undefined };
  }

  #locate(namespace: string, address: Address): Place {
    const { ledger } = this.#northbound;
    const text = formatAddress(address);
    const place = ledger.locate(namespace, address);
    if (place === undefined) {
      const owner = ledger.blocks().find((block) => indexOf(block, address) !== undefined);
      const subnets = ledger.blocksOf(namespace).flatMap((block) => block.subnets.map(formatCidr));
      const whose = owner === undefined ? "lies in no subnet" : `belongs to namespace ${owner.namespace}`;
      throw refused(`${text} ${whose}; ${namespace || "the nodes' switch"} has ${subnets.join(", ")}`);
    }
    if (place.index < FIRST_INDEX || place.index > lastIndex(place.block)) {
      throw refused(`${text} is the network's, its gateway's or its broadcast address`);
    }
    return place;
  }

  /** Starts to add a block before the namespace is full, so that no call has to wait for it. */
  #growAhead({ namespace }: Block): void {
    const { ledger } = this.#northbound;
    const newest = ledger.blocksOf(namespace).at(-1);
    const isLow = () => {
      const block = ledger.blocksOf(namespace).at(-1);
      return block !== undefined && ledger.free(namespace) < capacity(block) * LOW_WATER;
    };
    if (newest === undefined || !isLow() || this.#growing.has(namespace) || Date.now() < this.#growAheadAfter) return;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(GROW_AHEAD_DEADLINE_MS)]);
    const growing = this.#networks
      .grow(namespace, { range: {}, reclaim: false }, signal, isLow)
      .catch((error: unknown) => {
        this.#growAheadAfter = Date.now() + GROW_AHEAD_PAUSE_MS;
        if (!this.#stopping.signal.aborted) this.#log.warn({ namespace, err: error }, "cannot grow ahead");
      })
      .finally(() => {
        this.#growing.delete(namespace);
      });
    this.#growing.set(namespace, growing);
  }
}

function placeKey({ block, index }: Place): string {
  return `${block.uuid} ${String(index)}`;
}

/** The allocation that a holder has, when it is what it wishes. */
function existing(held: Allocation, { namespace, staticAddresses }: Wish): Granted {
  const has = hostAddresses(held.block, held.index).join(", ");
  if (held.block.namespace !== namespace) {
    throw new StatusError(
      status.FAILED_PRECONDITION,
      `namespace: the container holds ${has} in ${held.block.namespace}; release it before it asks in ${namespace}`,
    );
  }
  if (staticAddresses.some((address) => indexOf(held.block, address) !== held.index)) {
    throw refused(`the container holds ${has}; release it before it asks for another address`);
  }
  return { block: held.block, index: held.index, existing: true };
}

function refused(problem: string): StatusError {
  return new StatusError(status.FAILED_PRECONDITION, `static_addresses: ${problem}`);
}
