import { ProtocolError } from "./errors.js";
import type { AtomicType, BaseType, ColumnSchema } from "./schema/types.js";
import type { Atom, ColumnValue } from "./schema/value.js";

/** Wire to TypeScript: `<value>` of RFC 7047, section 5.1, into the shapes of schema/types.ts. */

const emptySet: readonly Atom[] = Object.freeze([]);
const emptyMap: ReadonlyMap<Atom, Atom> = new Map();
const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** One string object for each map key, however many rows have it: keys repeat, and rows live long. */
const keys = new Map<string, string>();
const keysKept = 10_000;

function shared(key: Atom): Atom {
  if (typeof key !== "string") return key;
  const known = keys.get(key);
  if (known !== undefined) return known;
  if (keys.size < keysKept) keys.set(key, key);
  return key;
}

function defaultAtom(type: AtomicType): Atom {
  if (type === "string") return "";
  if (type === "boolean") return false;
  return type === "uuid" ? zeroUuid : 0;
}

/** The value of a column that an update leaves out because it has its default (ovsdb-server(7), section 4.1.14). */
export function defaultValue(column: ColumnSchema): ColumnValue {
  switch (column.shape) {
    case "scalar":
      return defaultAtom(column.key.type);
    case "optional":
      return undefined;
    case "set":
      return column.min === 0 ? emptySet : [defaultAtom(column.key.type)];
    case "map":
      return column.min === 0 || column.value === undefined
        ? emptyMap
        : new Map([[defaultAtom(column.key.type), defaultAtom(column.value.type)]]);
  }
}

/** Throws a ProtocolError that names the column when `wire` doesn't fit it. */
export function decodeValue(column: ColumnSchema, wire: unknown): ColumnValue {
  if (column.shape === "map") return decodeMap(column, wire);
  // A set of one comes as the bare atom. Sizes are the server's business: its schema may be another version than ours.
  if (Array.isArray(wire) && wire[0] === "set") {
    const atoms: unknown = wire[1];
    if (!Array.isArray(atoms)) throw mismatch(column, wire);
    if (column.shape === "set") {
      return atoms.length === 0 ? emptySet : atoms.map((atom) => decodeAtom(column, column.key, atom));
    }
    if (atoms.length === 0) return defaultValue(column);
    return decodeAtom(column, column.key, atoms[0]);
  }
  const atom = decodeAtom(column, column.key, wire);
  return column.shape === "set" ? [atom] : atom;
}

function decodeMap(column: ColumnSchema, wire: unknown): ReadonlyMap<Atom, Atom> {
  const { key, value } = column;
  const pairs: unknown = Array.isArray(wire) && wire[0] === "map" ? wire[1] : undefined;
  if (!Array.isArray(pairs) || value === undefined) throw mismatch(column, wire);
  if (pairs.length === 0) return emptyMap;
  const map = new Map<Atom, Atom>();
  for (const pair of pairs as readonly unknown[]) {
    if (!Array.isArray(pair)) throw mismatch(column, wire);
    map.set(shared(decodeAtom(column, key, pair[0])), decodeAtom(column, value, pair[1]));
  }
  return map;
}

function decodeAtom(column: ColumnSchema, base: BaseType, wire: unknown): Atom {
  switch (base.type) {
    case "string":
      if (typeof wire === "string") return wire;
      break;
    case "uuid":
      if (Array.isArray(wire) && wire[0] === "uuid" && typeof wire[1] === "string") return wire[1];
      break;
    case "boolean":
      if (typeof wire === "boolean") return wire;
      break;
    case "integer":
      if (typeof wire === "bigint" || Number.isSafeInteger(wire)) return wire as Atom;
      break;
    case "real":
      if (typeof wire === "number") return wire;
      if (typeof wire === "bigint") return Number(wire);
      break;
  }
  throw mismatch(column, wire);
}

function mismatch(column: ColumnSchema, wire: unknown): ProtocolError {
  const text =
    JSON.stringify(wire, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)) ?? "nothing";
  return new ProtocolError(`column ${column.name} (${column.shape} of ${column.key.type}) got ${text.slice(0, 200)}`);
}

/**
 * `old` after a "modify" of update2 or update3, which for sets and maps is a symmetric difference (ovsdb-server(7),
 * section 4.1.14). `replace` is true where the server's own type holds at most one element: there it sends the new value.
 */
export function applyDifference(column: ColumnSchema, old: ColumnValue, wire: unknown, replace: boolean): ColumnValue {
  const difference = decodeValue(column, wire);
  if (replace) return difference;
  if (column.shape === "map")
    return toggleEntries(old as ReadonlyMap<Atom, Atom>, difference as ReadonlyMap<Atom, Atom>);
  if (column.shape === "set") return toggleElements(old as readonly Atom[], difference as readonly Atom[]);
  return difference;
}

function toggleEntries(old: ReadonlyMap<Atom, Atom>, difference: ReadonlyMap<Atom, Atom>): ReadonlyMap<Atom, Atom> {
  const map = new Map(old);
  for (const [key, value] of difference) {
    if (map.has(key) && map.get(key) === value) map.delete(key);
    else map.set(key, value);
  }
  return map.size === 0 ? emptyMap : map;
}

function toggleElements(old: readonly Atom[], difference: readonly Atom[]): readonly Atom[] {
  const toggled = new Set(difference);
  const atoms = old.filter((atom) => !toggled.delete(atom));
  atoms.push(...toggled);
  return atoms.length === 0 ? emptySet : atoms;
}
