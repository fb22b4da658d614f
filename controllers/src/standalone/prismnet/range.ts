import { FIRST_INDEX, lastIndex, type NewBlock } from "./block.js";
import type { Address } from "./cidr.js";

/** Addresses that a caller accepts, both ends included; an absent end is open. Both ends are of one family. Pure. */
export interface Range {
  readonly start?: Address | undefined;
  readonly end?: Address | undefined;
}

/** Indexes of a block that lie in a range and can be given out; empty (`first` > `last`) when there are none. */
export function span(block: NewBlock, { start, end }: Range): { first: number; last: number } {
  const family = (start ?? end)?.family;
  const subnet = block.subnets.find((candidate) => family === undefined || candidate.family === family);
  if (subnet === undefined) return { first: 1, last: 0 };
  const clamp = (address: Address | undefined, otherwise: number) => {
    if (address === undefined) return otherwise;
    const offset = address.value - subnet.base;
    return offset < 0n ? -1 : offset > BigInt(block.size) ? block.size : Number(offset);
  };
  return {
    first: Math.max(FIRST_INDEX, clamp(start, FIRST_INDEX)),
    last: Math.min(lastIndex(block), clamp(end, lastIndex(block))),
  };
}
