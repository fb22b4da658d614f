import { absent, exists, mutate, type Operation, OVN_Northbound } from "@k8shost/agent/ovsdb";
import { HELD, ledgerKey } from "./block.js";
import { formatHolder, formatTombstone, type Holder, holderKey } from "./holder.js";
import type { Allocation, Candidate } from "./ledger.js";

const { DHCP_Options } = OVN_Northbound.tables;

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
    absent(DHCP_Options, [["external_ids", "includes", { [key]: HELD }]]),
    mutate(DHCP_Options, block.uuid, [
      ...(tombstone === undefined ? [] : [["external_ids", "delete", { [address]: tombstone }] as const]),
      ["external_ids", "insert", { ...entry, [key]: HELD }],
    ]),
    exists(DHCP_Options, [
      ["_uuid", "==", block.uuid],
      ["external_ids", "includes", entry],
    ]),
  ];
}

/**
 * Gives an address back and leaves a tombstone with the time, so that it is reused last. Pure. The transaction fails
 * (WaitTimedOut) and writes nothing when the address is not this holder's any more.
 */
export function release({ block, index, holder, text }: Allocation, time: Date): readonly Operation[] {
  const address = ledgerKey(block, index);
  return [
    exists(DHCP_Options, [
      ["_uuid", "==", block.uuid],
      ["external_ids", "includes", { [address]: text }],
    ]),
    mutate(DHCP_Options, block.uuid, [
      ["external_ids", "delete", { [address]: text, [holderKey(holder)]: HELD }],
      ["external_ids", "insert", { [address]: formatTombstone(time) }],
    ]),
  ];
}
