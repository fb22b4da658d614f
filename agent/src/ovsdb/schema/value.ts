import type { Integer } from "./types.js";

/** Column values as TypeScript sees them, whatever the column. */

export type Atom = Integer | string | boolean;
/** What a replica holds. */
export type ColumnValue = Atom | undefined | readonly Atom[] | ReadonlyMap<Atom, Atom>;
/** Equal as OVSDB sees it: sets and maps have no order. */
export function sameValue(a: ColumnValue, b: ColumnValue): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Map) return b instanceof Map && sameMap(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && sameSet(a as readonly Atom[], b as readonly Atom[]);
  return a === b;
}

function sameMap(a: ReadonlyMap<Atom, Atom>, b: ReadonlyMap<Atom, Atom>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value || !b.has(key)) return false;
  return true;
}

function sameSet(a: readonly Atom[], b: readonly Atom[]): boolean {
  if (a.length !== b.length) return false;
  if (a.every((atom, i) => atom === b[i])) return true;
  const atoms = new Set(b);
  return a.every((atom) => atoms.has(atom));
}
