import type { Uuid } from "@k8shost/agent/ovsdb";
import { type Block, capacity, FIRST_INDEX, indexOf, isMark, lastIndex, ledgerKey, parseBlock } from "./block.js";
import { type Address, parseAddress } from "./cidr.js";
import { type Holder, holderKey, parseHolder, parseTombstone } from "./holder.js";
import { type Range, span } from "./range.js";

/** What the ledger says of one address. Absent: it was never used. */
export type Slot =
  | { readonly state: "held"; readonly text: string; readonly holder: Holder | undefined }
  | { readonly state: "freed"; readonly text: string; readonly since: number };

/** One address of one block. */
export interface Place {
  readonly block: Block;
  readonly index: number;
}

/** An address that can be claimed, and the tombstone that the claim has to replace, if any. */
export interface Candidate extends Place {
  readonly tombstone: string | undefined;
}

export interface Allocation extends Place {
  readonly holder: Holder;
  /** The ledger's text for it: what a release must still find there. */
  readonly text: string;
}

interface BlockState {
  readonly block: Block;
  readonly slots: (Slot | undefined)[];
  /** The row's external_ids as they were last seen. */
  row: ReadonlyMap<string, string>;
  /** No address below it was never used. */
  cursor: number;
  held: number;
}

interface Pool {
  /** By sequence. */
  readonly blocks: BlockState[];
  /** Freed addresses, least recently freed first. */
  freed: Map<string, Place>;
  /** A block joined with tombstones of its own: `freed` is in no order until it is sorted by their times. */
  unsorted: boolean;
}

/**
 * The ledger rows as an index in memory. The rows are the truth, and the database's updates are all that changes it:
 * claims and releases of this server come back as updates like those of any other. Pure.
 *
 * An update costs its row's size, never the ledger's; looking up a holder or the next free address costs neither.
 */
export class Ledger {
  readonly #blocks = new Map<Uuid, BlockState>();
  readonly #pools = new Map<string, Pool>();
  readonly #holders = new Map<string, Allocation>();

  /** The row `uuid` is now as given. @returns false when it claims to be a block and is not a sound one. */
  apply(uuid: Uuid, externalIds: ReadonlyMap<string, string>): boolean {
    const known = this.#blocks.get(uuid);
    const block = parseBlock(uuid, externalIds);
    if (block === undefined) {
      this.remove(uuid);
      return false;
    }
    const state = known ?? this.#join(block);
    const before = state.row;
    state.row = externalIds;
    for (const key of before.keys()) if (!externalIds.has(key)) this.#set(state, key, undefined);
    for (const [key, text] of externalIds) if (before.get(key) !== text) this.#set(state, key, text);
    return true;
  }

  /** The row `uuid` is gone. */
  remove(uuid: Uuid): void {
    const state = this.#blocks.get(uuid);
    if (state === undefined) return;
    for (const key of state.row.keys()) this.#set(state, key, undefined);
    this.#blocks.delete(uuid);
    const pool = this.#pool(state.block.namespace);
    pool.blocks.splice(pool.blocks.indexOf(state), 1);
    if (pool.blocks.length === 0) this.#pools.delete(state.block.namespace);
  }

  /** The allocation of a holder. */
  holding(key: string): Allocation | undefined {
    return this.#holders.get(key);
  }

  /** Every allocation. */
  allocations(): Iterable<Allocation> {
    return this.#holders.values();
  }

  /** Every block of the cluster. */
  blocks(): Block[] {
    return [...this.#blocks.values()].map((state) => state.block);
  }

  /** Blocks of a namespace, oldest first; empty when it has none. */
  blocksOf(namespace: string): Block[] {
    return (this.#pools.get(namespace)?.blocks ?? []).map((state) => state.block);
  }

  /** The row's external_ids; empty when the block is gone. */
  row({ uuid }: Block): ReadonlyMap<string, string> {
    return this.#blocks.get(uuid)?.row ?? new Map<string, string>();
  }

  /** Since when nobody holds an address of a block, in milliseconds since the epoch; undefined when somebody does. */
  idleSince(block: Block): number | undefined {
    const state = this.#blocks.get(block.uuid);
    if (state === undefined || state.held > 0) return undefined;
    return state.slots.reduce(
      (latest, slot) => (slot?.state === "freed" ? Math.max(latest, slot.since) : latest),
      block.createdMs,
    );
  }

  slot({ block, index }: Place): Slot | undefined {
    return this.#blocks.get(block.uuid)?.slots[index];
  }

  /** Place of an address in the blocks of a namespace. */
  locate(namespace: string, address: Address): Place | undefined {
    for (const block of this.blocksOf(namespace)) {
      const index = indexOf(block, address);
      if (index !== undefined) return { block, index };
    }
    return undefined;
  }

  /** Addresses of a namespace that nobody holds. */
  free(namespace: string): number {
    const blocks = this.#pools.get(namespace)?.blocks ?? [];
    return blocks.reduce((sum, state) => sum + capacity(state.block) - state.held, 0);
  }

  /** Claimable addresses in the order in which they are to be used: never used ones, then the least recently freed. */
  *candidates(namespace: string, range: Range = {}): Generator<Candidate, void> {
    const pool = this.#pools.get(namespace);
    if (pool === undefined) return;
    for (const state of pool.blocks) {
      while (state.slots[state.cursor] !== undefined) state.cursor += 1;
      const { first, last } = span(state.block, range);
      for (let index = Math.max(first, state.cursor); index <= last; index += 1) {
        if (state.slots[index] === undefined) yield { block: state.block, index, tombstone: undefined };
      }
    }
    if (pool.unsorted) this.#sort(pool);
    for (const place of pool.freed.values()) {
      const { first, last } = span(place.block, range);
      const slot = this.slot(place);
      if (place.index >= first && place.index <= last && slot?.state === "freed")
        yield { ...place, tombstone: slot.text };
    }
  }

  #pool(namespace: string): Pool {
    const pool = this.#pools.get(namespace) ?? { blocks: [], freed: new Map<string, Place>(), unsorted: false };
    this.#pools.set(namespace, pool);
    return pool;
  }

  #join(block: Block): BlockState {
    const slots = Array.from<Slot | undefined>({ length: block.size });
    const state = { block, slots, row: new Map<string, string>(), cursor: FIRST_INDEX, held: 0 };
    const pool = this.#pool(block.namespace);
    this.#blocks.set(block.uuid, state);
    pool.blocks.push(state);
    pool.blocks.sort((a, b) => a.block.sequence - b.block.sequence);
    pool.unsorted = true;
    return state;
  }

  #set(state: BlockState, key: string, text: string | undefined): void {
    if (isMark(key)) return;
    const address = parseAddress(key);
    if (address?.family !== state.block.subnets[0].family) return;
    const index = indexOf(state.block, address);
    if (index === undefined || index < FIRST_INDEX || index > lastIndex(state.block)) return;
    this.#setSlot(state, index, text);
  }

  #setSlot(state: BlockState, index: number, text: string | undefined): void {
    const { freed } = this.#pool(state.block.namespace);
    const place = { block: state.block, index };
    const before = state.slots[index];
    const key = ledgerKey(state.block, index);
    if (before?.state === "held") {
      state.held -= 1;
      this.#forget(place, before.holder);
    }
    freed.delete(key);
    const slot = text === undefined ? undefined : parseSlot(text);
    state.slots[index] = slot;
    if (slot === undefined) state.cursor = Math.min(state.cursor, Math.max(index, FIRST_INDEX));
    else if (slot.state === "freed") freed.set(key, place);
    else {
      state.held += 1;
      if (slot.holder !== undefined) {
        this.#holders.set(holderKey(slot.holder), { ...place, holder: slot.holder, text: slot.text });
      }
    }
  }

  /** A holder may already have moved to another address when the update of its old one arrives. */
  #forget(place: Place, holder: Holder | undefined): void {
    if (holder === undefined) return;
    const current = this.#holders.get(holderKey(holder));
    if (current?.block.uuid === place.block.uuid && current.index === place.index) {
      this.#holders.delete(holderKey(holder));
    }
  }

  #sort(pool: Pool): void {
    const since = (place: Place) => {
      const slot = this.slot(place);
      return slot?.state === "freed" ? slot.since : 0;
    };
    pool.freed = new Map([...pool.freed].sort(([, a], [, b]) => since(a) - since(b)));
    pool.unsorted = false;
  }
}

function parseSlot(text: string): Slot {
  const since = parseTombstone(text);
  return since === undefined ? { state: "held", text, holder: parseHolder(text) } : { state: "freed", text, since };
}
