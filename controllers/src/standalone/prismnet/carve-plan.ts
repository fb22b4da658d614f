import type { Block, NewBlock } from "./block.js";
import { type Address, type Cidr, overlaps, size, subnetAt, subnetCount, width } from "./cidr.js";
import { type Range, span } from "./range.js";

/** What blocks are carved from. */
export interface PoolConfig {
  /** At most one per family, IPv4 first; never empty. */
  readonly clusterCidrs: readonly [Cidr, ...Cidr[]];
  /** Prefix length of a block's subnet, by family. */
  readonly blockPrefix: { readonly 4: number; readonly 6: number };
}

/** Addresses of a block in a cluster without IPv4, where a subnet alone would make the ledger's rows endless. */
const BLOCK_SIZE_6 = 256n;

/** How many blocks the cluster CIDRs hold. */
function poolSize({ clusterCidrs, blockPrefix }: PoolConfig): bigint {
  const counts = clusterCidrs.map((cidr) => subnetCount(cidr, blockPrefix[cidr.family]));
  return counts.reduce((least, count) => (count < least ? count : least));
}

/** How many blocks there is room for, and how many could be carved still. */
export function poolUse(pool: PoolConfig, blocks: readonly Block[]): { total: number; free: number } {
  const whole = numbersIn(pool, {});
  const left = [...gaps(whole, takenNumbers(pool, blocks))];
  return {
    total: Number(poolSize(pool)),
    free: left.reduce((sum, gap) => sum + Number(gap.last - gap.first + 1n), 0),
  };
}

/**
 * The next block of a namespace: the lowest free part of the cluster CIDR with an address in `range`. Undefined when none
 * is left. Free is what no block overlaps, whatever size blocks had when they were made.
 */
export function nextBlock(
  pool: PoolConfig,
  blocks: readonly Block[],
  namespace: string,
  range: Range = {},
): NewBlock | undefined {
  const own = blocks.filter((block) => block.namespace === namespace);
  const sequence = own.reduce((next, block) => Math.max(next, block.sequence + 1), 0);
  for (const gap of gaps(numbersIn(pool, range), takenNumbers(pool, blocks))) {
    for (let number = gap.first; number <= gap.last; number += 1n) {
      const block = { namespace, sequence, ...cut(pool, number) };
      const usable = span(block, range);
      if (usable.first <= usable.last) return block;
    }
  }
  return undefined;
}

function cut({ clusterCidrs, blockPrefix }: PoolConfig, number: bigint): Pick<Block, "subnets" | "size"> {
  const [first, ...others] = clusterCidrs;
  const at = (cidr: Cidr) => subnetAt(cidr, blockPrefix[cidr.family], number);
  const subnets: [Cidr, ...Cidr[]] = [at(first), ...others.map(at)];
  const smallest = subnets.map(size).reduce((least, count) => (count < least ? count : least));
  const limit = first.family === 4 || smallest < BLOCK_SIZE_6 ? smallest : BLOCK_SIZE_6;
  return { subnets, size: Number(limit) };
}

interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** What `taken` leaves of `whole`, in ascending order. */
function* gaps(whole: Interval, taken: readonly Interval[]): Generator<Interval, void> {
  let next = whole.first;
  for (const { first, last } of taken.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    if (first > next) yield { first: next, last: first - 1n < whole.last ? first - 1n : whole.last };
    if (last >= next) next = last + 1n;
  }
  if (next <= whole.last) yield { first: next, last: whole.last };
}

/** Numbers of blocks that existing ones overlap. */
function takenNumbers(pool: PoolConfig, blocks: readonly Block[]): Interval[] {
  return pool.clusterCidrs.flatMap((cidr) =>
    blocks.flatMap((block) =>
      block.subnets
        .filter((subnet) => overlaps(subnet, cidr))
        .map((subnet) => ({
          first: numberOf(pool, cidr, subnet.base),
          last: numberOf(pool, cidr, subnet.base + size(subnet) - 1n),
        })),
    ),
  );
}

function numbersIn(pool: PoolConfig, { start, end }: Range): Interval {
  const all = { first: 0n, last: poolSize(pool) - 1n };
  const cidr = pool.clusterCidrs.find((candidate) => candidate.family === (start ?? end)?.family);
  if (cidr === undefined) return all;
  const number = (address: Address) => numberOf(pool, cidr, address.value);
  const first = start === undefined ? all.first : number(start);
  const last = end === undefined ? all.last : number(end);
  return { first: first < 0n ? 0n : first, last: last < all.last ? last : all.last };
}

/** Number of the block that an address would lie in; negative below the cluster CIDR. */
function numberOf({ blockPrefix }: PoolConfig, cidr: Cidr, value: bigint): bigint {
  return (value - cidr.base) >> BigInt(width(cidr.family) - blockPrefix[cidr.family]);
}
