import type { AtomicType, ColumnSchema } from "../schema/types.js";
import type { Atom, ColumnValue } from "../schema/value.js";

/** Values of columns from a seed, with the awkward ones among them. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761;
  }

  /** In [0, 1); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<V>(values: readonly V[]): V {
    return values[this.below(values.length)] as V;
  }

  atom(type: AtomicType): Atom {
    switch (type) {
      case "boolean":
        return this.chance(0.5);
      case "integer":
        return this.chance(0.5)
          ? this.below(1000) - 500
          : this.pick<Atom>([0, -1, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n]);
      case "real":
        return this.chance(0.5)
          ? this.below(1000) / 8
          : this.pick([0, -1.5, 1e300, 2.3e-308, 0.1, 123456789012345e6, -1e-7]);
      case "uuid":
        return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replaceAll("x", () => this.below(16).toString(16));
      case "string": {
        const pieces = [
          "",
          "a",
          '"',
          "\\",
          "\n",
          "\u2028",
          "ä",
          "🎉",
          "[",
          "}",
          "\u0001",
          "uuid",
          "set",
          "\u007f",
          "１",
        ];
        return Array.from({ length: this.below(6) }, () => this.pick(pieces)).join("");
      }
    }
  }

  value(column: ColumnSchema): ColumnValue {
    const { key, value } = column;
    switch (column.shape) {
      case "scalar":
        return this.atom(key.type);
      case "optional":
        return this.chance(0.3) ? undefined : this.atom(key.type);
      case "set":
        return [...new Set(Array.from({ length: this.below(6) }, () => this.atom(key.type)))];
      case "map":
        return new Map(
          Array.from({ length: this.below(6) }, () => [this.atom(key.type), this.atom(value?.type ?? "string")]),
        );
    }
  }

  /** A value that has something in common with `old`. */
  variant(column: ColumnSchema, old: ColumnValue): ColumnValue {
    const fresh = this.value(column);
    if (Array.isArray(old) && Array.isArray(fresh)) {
      return [
        ...new Set<Atom>([...(old as readonly Atom[]).filter(() => this.chance(0.5)), ...(fresh as readonly Atom[])]),
      ];
    }
    if (old instanceof Map && fresh instanceof Map) {
      return new Map<Atom, Atom>(
        [...(old as ReadonlyMap<Atom, Atom>), ...(fresh as ReadonlyMap<Atom, Atom>)].filter(() => this.chance(0.7)),
      );
    }
    return fresh;
  }
}
