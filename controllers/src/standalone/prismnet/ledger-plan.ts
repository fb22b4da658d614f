import { absent, deleteRows, exists, insert, mutate, type Operation, OVN_Northbound, wait } from "@k8shost/agent/ovsdb";
import { type Block, BLOCK_OWNER, blockMarks, blockName, HELD, ledgerKey, type NewBlock, OWNER_MARK } from "./block.js";
import { addressAt, formatAddress } from "./cidr.js";
import { EGRESS, formatHolder, formatTombstone, type Holder, holderKey } from "./holder.js";
import type { Allocation, Candidate } from "./ledger.js";
import { EGRESS_INDEX } from "./topology.js";

const { Address_Set } = OVN_Northbound.tables;

/**
 * Claims an address. Pure. The transaction fails (WaitTimedOut) and writes nothing when
 * - the holder has an address already, in whichever block, or
 * - somebody took the address: inserting into a map never replaces a value, so the last guard finds another's entry.
 */
export function claim({ block, index, tombstone }: Candidate, holder: Holder): readonly Operation[] {
  const address = ledgerKey(block, index);
  const key = holderKey(holder);
  const entry = { [address]: formatHolder(holder) };
  return [
    absent(Address_Set, [["external_ids", "includes", { [key]: HELD }]]),
    mutate(Address_Set, block.uuid, [
      ...(tombstone === undefined ? [] : [["external_ids", "delete", { [address]: tombstone }] as const]),
      ["external_ids", "insert", { ...entry, [key]: HELD }],
    ]),
    exists(Address_Set, [
      ["_uuid", "==", block.uuid],
      ["external_ids", "includes", entry],
    ]),
  ];
}

/**
 * Guard: the transaction fails (WaitTimedOut) and writes nothing when the address is not this holder's any more: what
 * another server did a moment ago need not have reached this one.
 */
export function stillHeld({ block, index, text }: Allocation): Operation {
  return exists(Address_Set, [
    ["_uuid", "==", block.uuid],
    ["external_ids", "includes", { [ledgerKey(block, index)]: text }],
  ]);
}

/** Gives an address back and leaves a tombstone with the time, so that it is reused last. Guarded by `stillHeld`. Pure. */
export function release(allocation: Allocation, time: Date): readonly Operation[] {
  const { block, index, holder, text } = allocation;
  const address = ledgerKey(block, index);
  return [
    stillHeld(allocation),
    mutate(Address_Set, block.uuid, [
      ["external_ids", "delete", { [address]: text, [holderKey(holder)]: HELD }],
      ["external_ids", "insert", { [address]: formatTombstone(time) }],
    ]),
  ];
}

/**
 * Adds a block to the ledger. The transaction fails (WaitTimedOut) and writes nothing unless the blocks are exactly the
 * `known` ones: where a new one fits was decided from them. The first block of the nodes' switch gets the egress port's
 * entry at once.
 */
export function addBlock(block: NewBlock, known: readonly Block[], now: Date): readonly Operation[] {
  const entries = blockMarks(block, now);
  if (block.namespace === "" && block.sequence === 0) {
    entries.set(formatAddress(addressAt(block.subnets[0], EGRESS_INDEX)), formatHolder(EGRESS));
    entries.set(holderKey(EGRESS), HELD);
  }
  return [
    wait(Address_Set, [["external_ids", "includes", { [OWNER_MARK]: BLOCK_OWNER }]], {
      columns: ["name"],
      until: "==",
      rows: known.map((other) => ({ name: blockName(other) })),
      timeoutMs: 0,
    }),
    insert(Address_Set, { name: blockName(block), external_ids: entries }),
  ];
}

/** Guards: the transaction fails (WaitTimedOut) and writes nothing when one of the blocks was taken back meanwhile. */
export function stillThere(blocks: readonly Block[]): readonly Operation[] {
  return blocks.map(({ uuid }) => exists(Address_Set, [["_uuid", "==", uuid]]));
}

/**
 * Takes a block out of the ledger. The transaction fails (WaitTimedOut) and writes nothing unless its row is exactly as
 * in `row`: nobody holds an address of it, and nobody has since it was decided to be idle.
 */
export function removeBlock({ uuid }: Block, row: ReadonlyMap<string, string>): readonly Operation[] {
  const condition = { columns: ["external_ids"], until: "==", rows: [{ external_ids: row }], timeoutMs: 0 } as const;
  return [wait(Address_Set, uuid, condition), deleteRows(Address_Set, uuid)];
}
