import type { Uuid } from "@k8shost/agent/ovsdb";
import {
  addressAt,
  type Address,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  parseCidr,
  size as subnetSize,
} from "./cidr.js";

/**
 * A block: the subnet that a namespace got from the cluster CIDR, or one of them, and the row that is its ledger. Pure.
 *
 * The row is an Address_Set without addresses that no match names. Of all tables of OVN 23.03 it is the one whose
 * external_ids may change without northd computing anything anew (DESIGN.md has the measurement), and its names are
 * unique by schema. external_ids hold the marks below, and besides them
 *
 *     10.244.1.7            pod 4f1c…/eth0 worker-1 web-0      the address is held
 *     10.244.1.8            freed 2026-01-31T12:00:00.000Z     it was, and is reused last
 *     pod/4f1c…/eth0        held                               the holder has an address in this block
 *
 * An address without an entry was never used. In dual stack one entry stands for the address of the same index in both
 * subnets.
 */
export interface Block {
  /** Row in Address_Set. */
  readonly uuid: Uuid;
  /** Kubernetes namespace; empty for the nodes' own switch. */
  readonly namespace: string;
  /** Position among the blocks of its namespace, from 0. */
  readonly sequence: number;
  /** Addresses in it, the reserved ones included. Indexes of addresses run from 0 to size - 1. */
  readonly size: number;
  /** IPv4 first; never empty. */
  readonly subnets: readonly [Cidr, ...Cidr[]];
  /** When it was made, in milliseconds since the epoch. */
  readonly createdMs: number;
}

/** A block that is not in the ledger yet. */
export type NewBlock = Omit<Block, "uuid" | "createdMs">;

export const OWNER_MARK = "k8shost/owner";
export const BLOCK_OWNER = "prismnet-block";
const NAMESPACE_MARK = "k8shost/namespace";
const SEQUENCE_MARK = "k8shost/sequence";
const SIZE_MARK = "k8shost/size";
const SUBNETS_MARK = "k8shost/subnets";
const CREATED_MARK = "k8shost/created";
const MARK_PREFIX = "k8shost/";

/** Value of a holder's key. Constant, so that one `includes` condition finds the key in any row. */
export const HELD = "held";

/** Network, gateway and broadcast address. (IPv6 has no broadcast; the pairing of indexes takes it there too.) */
export const RESERVED = 3;
export const GATEWAY_INDEX = 1;
export const FIRST_INDEX = 2;

export function lastIndex(block: Pick<Block, "size">): number {
  return block.size - 2;
}

/** Addresses of a block that can be given out. */
export function capacity(block: Pick<Block, "size">): number {
  return block.size - RESERVED;
}

/** Unique name of a block's row, made of letters, digits, dots and underscores as OVN wants it. */
export function blockName({ subnets: [first] }: Pick<Block, "subnets">): string {
  return `prismnet_${formatCidr(first).replace(/[:/]/g, "_")}`;
}

/** The block's marks, for the row that is to hold it from now on. */
export function blockMarks(block: NewBlock, now: Date): Map<string, string> {
  return new Map([
    [OWNER_MARK, BLOCK_OWNER],
    [NAMESPACE_MARK, block.namespace],
    [SEQUENCE_MARK, String(block.sequence)],
    [SIZE_MARK, String(block.size)],
    [SUBNETS_MARK, block.subnets.map(formatCidr).join(" ")],
    [CREATED_MARK, now.toISOString()],
  ]);
}

/** The block of a row; undefined when its marks do not make one. */
export function parseBlock(uuid: Uuid, externalIds: ReadonlyMap<string, string>): Block | undefined {
  if (externalIds.get(OWNER_MARK) !== BLOCK_OWNER) return undefined;
  const namespace = externalIds.get(NAMESPACE_MARK);
  const sequence = Number(externalIds.get(SEQUENCE_MARK));
  const size = Number(externalIds.get(SIZE_MARK));
  const createdMs = Date.parse(externalIds.get(CREATED_MARK) ?? "");
  if (namespace === undefined || ![sequence, size, createdMs].every(Number.isInteger)) return undefined;
  const texts = (externalIds.get(SUBNETS_MARK) ?? "").split(" ");
  const [first, ...others] = texts.flatMap((text) => parseCidr(text) ?? []);
  if (first === undefined || others.length !== texts.length - 1) return undefined;
  const subnets: [Cidr, ...Cidr[]] = [first, ...others];
  if (size <= RESERVED || subnets.some((subnet) => BigInt(size) > subnetSize(subnet))) return undefined;
  return { uuid, namespace, sequence, size, subnets, createdMs };
}

/** True for entries that describe the block; the others are addresses and holders' keys. */
export function isMark(key: string): boolean {
  return key.startsWith(MARK_PREFIX);
}

/** The key of an address in the ledger: the address of the block's first family. */
export function ledgerKey(block: Block, index: number): string {
  return formatAddress(addressAt(block.subnets[0], index));
}

/** Index of an address of either family in a block; undefined when it is not one of the block's `size` addresses. */
export function indexOf(block: Block, address: Address): number | undefined {
  const subnet = block.subnets.find((candidate) => contains(candidate, address));
  const offset = subnet === undefined ? -1n : address.value - subnet.base;
  return offset >= 0n && offset < BigInt(block.size) ? Number(offset) : undefined;
}

/** An address of every family, IPv4 first, as "10.244.1.7/24". */
export function hostAddresses({ subnets }: Pick<Block, "subnets">, index: number): string[] {
  return subnets.map((subnet) => `${formatAddress(addressAt(subnet, index))}/${String(subnet.prefix)}`);
}

/** The router's addresses in a block, as "10.244.1.1/24". */
export function gateways(block: Pick<Block, "subnets">): string[] {
  return hostAddresses(block, GATEWAY_INDEX);
}
