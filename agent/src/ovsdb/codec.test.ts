import { test } from "tap";
import { applyDifference, decodeValue, defaultValue } from "./decode.js";
import { encodeOperation, encodeValue } from "./encode.js";
import { InvalidValue, ProtocolError } from "./errors.js";
import { FrameReader } from "./framing.js";
import { OVN_Northbound, Open_vSwitch, deleteRows, insert, mutate, select, uuid } from "./index.js";
import { atom, map, optional, scalar, set } from "./schema/define.js";
import { NamedUuid, type AtomicType, type ColumnSchema, type Uuid } from "./schema/types.js";
import { type Atom, type ColumnValue, sameValue } from "./schema/value.js";
import { Random } from "./testing/random.js";

const types: readonly AtomicType[] = ["integer", "real", "boolean", "string", "uuid"];

function columns(key: AtomicType, value: AtomicType): readonly ColumnSchema[] {
  const shapes = [scalar(atom(key)), optional(atom(key)), set(atom(key)), map(atom(key), atom(value))];
  return shapes.map((definition) => ({ name: "c", ...definition }));
}

/** What a session makes of the value's text. */
function wire(column: ColumnSchema, value: ColumnValue): unknown {
  const [message] = [...new FrameReader(1 << 20).push(Buffer.from(`{"v":${encodeValue("T", column, value)}}`))];
  return (message as { readonly v: unknown }).v;
}

test("every value of every type survives encoding and decoding", (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    for (const key of types) {
      for (const column of columns(key, random.pick(types))) {
        const value = random.value(column);
        const back = decodeValue(column, wire(column, value));
        if (!sameValue(back, value)) t.fail(`seed ${seed}: ${column.shape} of ${key}`, { value, back });
      }
    }
  }
  t.pass("300 seeds");
  t.end();
});

test("the difference that a server sends turns the old value into the new one", (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    for (const key of types) {
      for (const column of columns(key, random.pick(types))) {
        const old = random.value(column);
        const next = random.chance(0.2) ? old : random.variant(column, old);
        const applied = applyDifference(column, old, wire(column, difference(old, next)), column.max === 1);
        if (!sameValue(applied, next)) t.fail(`seed ${seed}: ${column.shape} of ${key}`, { old, next, applied });
      }
    }
  }
  t.pass("300 seeds");
  t.end();
});

/** As ovsdb-server(7), section 4.1.14, defines it. */
function difference(old: ColumnValue, next: ColumnValue): ColumnValue {
  if (Array.isArray(old) && Array.isArray(next)) {
    const [a, b] = [old as readonly Atom[], next as readonly Atom[]];
    return [...a.filter((x) => !b.includes(x)), ...b.filter((x) => !a.includes(x))];
  }
  if (old instanceof Map && next instanceof Map) {
    const [a, b] = [old as ReadonlyMap<Atom, Atom>, next as ReadonlyMap<Atom, Atom>];
    return new Map([
      ...[...a].filter(([key]) => !b.has(key)),
      ...[...b].filter(([key, value]) => a.get(key) !== value),
    ]);
  }
  return next;
}

test("defaults are those of RFC 7047", (t) => {
  const expected: readonly (readonly [AtomicType, Atom])[] = [
    ["integer", 0],
    ["real", 0],
    ["boolean", false],
    ["string", ""],
    ["uuid", "00000000-0000-0000-0000-000000000000"],
  ];
  for (const [type, zero] of expected) {
    const [one, maybe, many, pairs] = columns(type, type);
    t.strictSame(
      [one, maybe, many, pairs].map((column) => defaultValue(column as ColumnSchema)),
      [zero, undefined, [], new Map()],
    );
    t.strictSame(defaultValue({ name: "c", ...set(atom(type), 1, 3) }), [zero]);
    t.strictSame(defaultValue({ name: "c", ...map(atom(type), atom(type), 1) }), new Map([[zero, zero]]));
  }
  t.end();
});

test("sets of one and of none are understood in each form", (t) => {
  const [one, maybe, many] = columns("string", "string") as [ColumnSchema, ColumnSchema, ColumnSchema];
  t.equal(decodeValue(maybe, "x"), "x");
  t.equal(decodeValue(maybe, ["set", ["x"]]), "x");
  t.equal(decodeValue(maybe, ["set", []]), undefined);
  t.equal(decodeValue(one, ["set", ["x"]]), "x");
  t.same(decodeValue(many, "x"), ["x"]);
  t.equal(decodeValue(many, ["set", []]), decodeValue(many, ["set", []]), "empty sets share one object");
  t.end();
});

test("values that don't fit are refused, naming the column", (t) => {
  const nb = OVN_Northbound.tables;
  const noUuid = "x" as Uuid;
  const wrong: readonly (readonly [string, () => unknown])[] = [
    ["name", () => insert(nb.Logical_Switch_Port, { name: 5 as never })],
    ["name", () => insert(nb.Logical_Switch_Port, { name: "a\0b" })],
    ["name", () => insert(nb.Logical_Switch_Port, { name: "\ud800" })],
    ["tag", () => insert(nb.Logical_Switch_Port, { tag: 1.5 })],
    ["tag", () => insert(nb.Logical_Switch_Port, { tag: 2 ** 60 })],
    ["tag", () => insert(nb.Logical_Switch_Port, { tag: (2n ** 63n) as never })],
    ["up", () => insert(nb.Logical_Switch_Port, { up: "true" as never })],
    ["addresses", () => insert(nb.Logical_Switch_Port, { addresses: "one" as never })],
    ["options", () => insert(nb.Logical_Switch_Port, { options: [["a", "b"]] as never })],
    ["options", () => insert(nb.Logical_Switch_Port, { options: { a: 1 as never } })],
    ["dhcpv4_options", () => insert(nb.Logical_Switch_Port, { dhcpv4_options: "nonsense" as never })],
    ["nonsense", () => insert(nb.Logical_Switch_Port, { nonsense: 1 } as never)],
    ["_uuid", () => deleteRows(nb.Logical_Switch_Port, [["_uuid", "==", noUuid]])],
  ];
  for (const [column, build] of wrong) {
    const encode = (): string => encodeOperation(build() as never);
    t.throws(encode, { name: "InvalidValue", column: `Logical_Switch_Port.${column}`, committed: "no" });
  }
  t.throws(() => encodeValue("T", { name: "r", ...scalar(atom("real")) }, NaN), InvalidValue);
  t.throws(() => encodeValue("T", { name: "r", ...scalar(atom("real")) }, Infinity), InvalidValue);
  t.throws(
    () => encodeValue("T", { name: "r", ...scalar(atom("real")) }, 5e-324),
    InvalidValue,
    "the server would hang up",
  );
  t.end();
});

test("what a server sends is checked against the column", (t) => {
  const [text] = columns("string", "string") as [ColumnSchema];
  const [number] = columns("integer", "string") as [ColumnSchema];
  const pairs = columns("string", "integer")[3] as ColumnSchema;
  const bad: readonly (readonly [ColumnSchema, unknown])[] = [
    [text, 5],
    [text, null],
    [text, undefined],
    [text, ["set"]],
    [text, ["uuid", "x"]],
    [number, 1.5],
    [number, "1"],
    [pairs, ["map", [["a"]]]],
    [pairs, ["map", ["a"]]],
    [pairs, ["map", {}]],
    [pairs, "a"],
    [columns("uuid", "string")[0] as ColumnSchema, "x"],
    [columns("boolean", "string")[0] as ColumnSchema, 0],
    [columns("real", "string")[0] as ColumnSchema, "1"],
  ];
  for (const [column, wire] of bad) t.throws(() => decodeValue(column, wire), ProtocolError, JSON.stringify(wire));
  t.end();
});

test("operations as the RFC writes them", (t) => {
  const nb = OVN_Northbound.tables;
  const id = uuid("0F0E0D0C-0000-4000-8000-000000000001");
  const where = [["_uuid", "==", ["uuid", "0f0e0d0c-0000-4000-8000-000000000001"]]];
  const port = insert(nb.Logical_Switch_Port, { name: "p", external_ids: { b: "c" }, tag: undefined });
  t.ok(port.ref instanceof NamedUuid);
  t.same(JSON.parse(encodeOperation(port)), {
    op: "insert",
    table: "Logical_Switch_Port",
    "uuid-name": port.ref.id,
    row: { name: "p", external_ids: ["map", [["b", "c"]]], tag: ["set", []] },
  });
  const change = mutate(nb.Logical_Switch, id, [
    ["ports", "insert", [port.ref]],
    ["external_ids", "delete", ["a"]],
    ["external_ids", "delete", { a: "b" }],
    ["other_config", "insert", new Map([["x", "y"]])],
  ]);
  t.same(JSON.parse(encodeOperation(change)), {
    op: "mutate",
    table: "Logical_Switch",
    where,
    mutations: [
      ["ports", "insert", ["set", [["named-uuid", port.ref.id]]]],
      ["external_ids", "delete", ["set", ["a"]]],
      ["external_ids", "delete", ["map", [["a", "b"]]]],
      ["other_config", "insert", ["map", [["x", "y"]]]],
    ],
  });
  t.same(JSON.parse(encodeOperation(mutate(nb.NB_Global, [], [["nb_cfg", "+=", 1]]))), {
    op: "mutate",
    table: "NB_Global",
    where: [],
    mutations: [["nb_cfg", "+=", 1]],
  });
  t.same(JSON.parse(encodeOperation(select(Open_vSwitch.tables.Bridge, [["name", "!=", "br-int"]], ["name"]))), {
    op: "select",
    table: "Bridge",
    where: [["name", "!=", "br-int"]],
    columns: ["name"],
  });
  t.notOk(encodeOperation(select(nb.ACL, [])).includes("tier"), "columns of later releases must be asked for by name");
  t.end();
});
