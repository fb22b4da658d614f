import { atom, database, map, optional, scalar, set } from "../schema/define.js";
import type { Integer, Uuid } from "../schema/types.js";

/** A schema with a column of every type, and the constraints that RFC 7047 knows. */

export interface Everything {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly i: Integer;
  readonly r: number;
  readonly b: boolean;
  readonly s: string;
  readonly u: Uuid;
  readonly oi: Integer | undefined;
  readonly or: number | undefined;
  readonly ob: boolean | undefined;
  readonly os: string | undefined;
  readonly ou: Uuid | undefined;
  readonly si: readonly Integer[];
  readonly sr: readonly number[];
  readonly sb: readonly boolean[];
  readonly ss: readonly string[];
  readonly su: readonly Uuid[];
  readonly mii: ReadonlyMap<Integer, Integer>;
  readonly mss: ReadonlyMap<string, string>;
  readonly msr: ReadonlyMap<string, number>;
  readonly mub: ReadonlyMap<Uuid, boolean>;
  readonly one_or_more: readonly string[];
  readonly at_most_one: ReadonlyMap<string, string>;
  readonly bounded: number;
  readonly colour: "red" | "green" | (string & {});
}

export interface Parent {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly children: readonly Uuid[];
  readonly friend: Uuid | undefined;
}

export interface Child {
  readonly _uuid: Uuid;
  readonly name: string;
}

export interface AtomsTables {
  readonly Everything: Everything;
  readonly Parent: Parent;
  readonly Child: Child;
}

const types = { i: "integer", r: "real", b: "boolean", s: "string", u: "uuid" } as const;
type Letter = keyof typeof types;
const of = (letter: Letter): ReturnType<typeof atom> => atom(types[letter]);

export const atoms = database<AtomsTables>("Atoms", "1.0.0", {
  Everything: {
    root: true,
    columns: {
      ...{
        name: scalar(of("s")),
        i: scalar(of("i")),
        r: scalar(of("r")),
        b: scalar(of("b")),
        s: scalar(of("s")),
        u: scalar(of("u")),
      },
      ...{
        oi: optional(of("i")),
        or: optional(of("r")),
        ob: optional(of("b")),
        os: optional(of("s")),
        ou: optional(of("u")),
      },
      ...{ si: set(of("i")), sr: set(of("r")), sb: set(of("b")), ss: set(of("s")), su: set(of("u")) },
      ...{
        mii: map(of("i"), of("i")),
        mss: map(of("s"), of("s")),
        msr: map(of("s"), of("r")),
        mub: map(of("u"), of("b")),
      },
      one_or_more: set(of("s"), 1, 3),
      at_most_one: map(of("s"), of("s"), 0, 1),
      bounded: scalar(atom("integer", { min: 0, max: 10 })),
      colour: scalar(atom("string", { enum: ["red", "green"] })),
    },
  },
  Parent: {
    root: true,
    indexes: [["name"]],
    maxRows: 5,
    columns: {
      name: scalar(of("s")),
      children: set(atom("uuid", { refTable: "Child", refType: "strong" })),
      friend: optional(atom("uuid", { refTable: "Parent", refType: "weak" })),
    },
  },
  Child: { columns: { name: scalar(of("s")) } },
});

type Wire = Readonly<Record<string, unknown>>;

function base(letter: Letter): string {
  return types[letter];
}

function many(letter: Letter, min: number, max: number | "unlimited"): Wire {
  return { type: { key: base(letter), min, max } };
}

function pairs(key: Letter, value: Letter, max: number | "unlimited" = "unlimited"): Wire {
  return { type: { key: base(key), value: base(value), min: 0, max } };
}

/** The same for ovsdb-tool. */
export const atomsSchema = {
  name: "Atoms",
  version: "1.0.0",
  tables: {
    Everything: {
      isRoot: true,
      columns: {
        name: { type: "string" },
        ...Object.fromEntries(Object.entries(types).map(([letter, type]) => [letter, { type }])),
        ...Object.fromEntries(Object.keys(types).map((letter) => [`o${letter}`, many(letter as Letter, 0, 1)])),
        ...Object.fromEntries(
          Object.keys(types).map((letter) => [`s${letter}`, many(letter as Letter, 0, "unlimited")]),
        ),
        mii: pairs("i", "i"),
        mss: pairs("s", "s"),
        msr: pairs("s", "r"),
        mub: pairs("u", "b"),
        one_or_more: many("s", 1, 3),
        at_most_one: pairs("s", "s", 1),
        bounded: { type: { key: { type: "integer", minInteger: 0, maxInteger: 10 } } },
        colour: { type: { key: { type: "string", enum: ["set", ["red", "green"]] } } },
      },
    },
    Parent: {
      isRoot: true,
      maxRows: 5,
      indexes: [["name"]],
      columns: {
        name: { type: "string" },
        children: { type: { key: { type: "uuid", refTable: "Child" }, min: 0, max: "unlimited" } },
        friend: { type: { key: { type: "uuid", refTable: "Parent", refType: "weak" }, min: 0, max: 1 } },
      },
    },
    Child: { columns: { name: { type: "string" } } },
  },
};
