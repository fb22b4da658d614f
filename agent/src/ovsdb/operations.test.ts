import { test, type Test } from "tap";
import {
  OvsdbClient,
  abort,
  absent,
  assert,
  comment,
  commit,
  deleteRows,
  exists,
  insert,
  mutate,
  select,
  update,
  wait,
  type Operation,
  type Uuid,
} from "./index.js";
import { uuid } from "./schema/types.js";
import { sameValue, type ColumnValue } from "./schema/value.js";
import { atoms, atomsSchema, type AtomsTables, type Everything } from "./testing/atoms-schema.js";
import { Random } from "./testing/random.js";
import { startServer } from "./testing/server.js";

const { Everything: everything, Parent: parents, Child: children } = atoms.tables;
const monitor = { Everything: {}, Parent: {}, Child: {} } as const;

async function connected(t: Test): Promise<OvsdbClient<AtomsTables, typeof monitor>> {
  const server = await startServer({ schema: atomsSchema });
  t.teardown(() => server.stop());
  const client = new OvsdbClient({ name: "atoms", remotes: [server.remote], database: atoms, monitor });
  t.teardown(() => client.close());
  await client.start();
  return client;
}

test("every atomic type in every shape goes to a real server and comes back by monitor and by select", async (t) => {
  const client = await connected(t);
  const rows = client.table("Everything");
  const columns = Object.values(everything.columns).filter(({ name }) => !name.startsWith("_"));
  const constrained = { one_or_more: ["x"], at_most_one: { a: "b" }, bounded: 7, colour: "red" };
  const differs = (want: Readonly<Record<string, ColumnValue>>, got: Everything | undefined): readonly string[] => {
    const row = got as unknown as Readonly<Record<string, ColumnValue>> | undefined;
    return Object.keys(want).filter((name) => !sameValue(want[name], row?.[name]));
  };
  const draw = (random: Random): Readonly<Record<string, ColumnValue>> => {
    const free = columns.filter(({ name }) => !(name in constrained));
    return Object.fromEntries(free.map((column) => [column.name, random.value(column)]));
  };
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const values = draw(random);
    const [{ uuid: id }] = await client.transact([insert(everything, { ...values, ...constrained })]);
    t.same(differs(values, rows.get(id)), [], `seed ${seed}: inserted`);
    const next = draw(random);
    await client.transact([update(everything, id, next)]);
    t.same(differs(next, rows.get(id)), [], "updated, by difference");
    const [selected] = await client.transact([select(everything, [["_uuid", "==", id]])]);
    t.same(differs({ ...next, _uuid: id }, selected.rows[0]), [], "selected");
    const where = [
      ["ss", "==", next["ss"] as never],
      ["mss", "==", next["mss"] as never],
    ] as const;
    const [found] = await client.transact([select(everything, where, ["_uuid"])]);
    t.ok(
      found.rows.some((row) => row._uuid === id),
      "found by its values",
    );
  }
});

test("a row of defaults", async (t) => {
  const client = await connected(t);
  const [{ uuid: id }] = await client.transact([insert(everything, { colour: "green", one_or_more: ["x"] })]);
  t.match(client.table("Everything").get(id), { i: 0, r: 0, b: false, s: "", oi: undefined, si: [], colour: "green" });
  t.equal(client.table("Everything").get(id)?.mss.size, 0);
});

test("mutations", async (t) => {
  const client = await connected(t);
  const row = { i: 7, r: 1.5, si: [1, 2], ss: ["a"], mss: { a: "1", b: "2" }, colour: "red" };
  const [{ uuid: id }] = await client.transact([insert(everything, row)]);
  const get = (): Everything | undefined => client.table("Everything").get(id);
  const [counted] = await client.transact([
    mutate(everything, id, [
      ["i", "+=", 5],
      ["i", "-=", 2],
      ["i", "*=", 3],
      ["i", "/=", 4],
      ["i", "%=", 5],
      ["r", "*=", 2],
      ["si", "+=", 10],
      ["ss", "insert", ["b", "c"]],
      ["ss", "delete", ["a"]],
      ["mss", "insert", { a: "not replaced", c: "3" }],
      ["mss", "delete", { b: "another value" }],
      ["oi", "insert", [5]],
    ]),
  ]);
  t.equal(counted.count, 1);
  t.match(get(), { i: 2, r: 3, si: [11, 12], oi: 5 });
  t.same([...(get()?.ss ?? [])].sort(), ["b", "c"]);
  t.same(
    [...(get()?.mss ?? [])],
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ],
  );
  await client.transact([
    mutate(everything, id, [
      ["mss", "delete", ["b", "x"]],
      ["mss", "delete", { a: "1" }],
      ["oi", "delete", [5]],
    ]),
  ]);
  t.same([...(get()?.mss ?? [])], [["c", "3"]]);
  t.equal(get()?.oi, undefined);
  const [nobody] = await client.transact([
    mutate(everything, uuid("00000000-0000-4000-8000-000000000000"), [["i", "+=", 1]]),
  ]);
  t.equal(nobody.count, 0, "success, as the RFC has it");
});

test("conditions", async (t) => {
  const client = await connected(t);
  const colour = "red";
  await client.transact([
    insert(everything, { name: "one", i: 1, ss: ["a", "b"], mss: { k: "v" }, oi: 5, colour }),
    insert(everything, { name: "two", i: 2, ss: ["b"], mss: { k: "v", l: "w" }, colour }),
    insert(everything, { name: "three", i: 3, colour }),
  ]);
  const names = async (
    ...where: Parameters<typeof select<Everything>>[1] extends infer W ? Extract<W, readonly unknown[]> : never
  ): Promise<string[]> => {
    const [result] = await client.transact([select(everything, where, ["name"])]);
    return result.rows.map((row) => row.name).sort();
  };
  t.same(await names(), ["one", "three", "two"]);
  t.same(await names(["i", "<", 2]), ["one"]);
  t.same(await names(["i", "<=", 2]), ["one", "two"]);
  t.same(await names(["i", ">", 2]), ["three"]);
  t.same(await names(["i", ">=", 2], ["i", "!=", 3]), ["two"], "all must hold");
  t.same(await names(["ss", "includes", ["b"]]), ["one", "two"]);
  t.same(await names(["ss", "excludes", ["a"]]), ["three", "two"]);
  t.same(await names(["ss", "==", ["b", "a"]]), ["one"]);
  t.same(await names(["ss", "!=", ["b"]]), ["one", "three"]);
  t.same(await names(["mss", "includes", { k: "v" }]), ["one", "two"]);
  t.same(await names(["mss", "excludes", { l: "w" }]), ["one", "three"]);
  t.same(await names(["oi", "==", 5]), ["one"]);
  t.same(await names(["oi", "==", undefined]), ["three", "two"]);
});

test("named UUIDs, chosen UUIDs, garbage collection, delete, comment, commit", async (t) => {
  const client = await connected(t);
  const child = insert(children, { name: "c" });
  const friend = insert(parents, { name: "friend" });
  const chosen = uuid("11111111-2222-4333-8444-555555555555");
  const parent = insert(parents, { name: "p", children: [child.ref], friend: friend.ref }, { uuid: chosen });
  const orphan = insert(children, { name: "orphan" });
  const [first, second, third] = await client.transact([
    child,
    friend,
    parent,
    orphan,
    comment("a family"),
    commit({ durable: true }),
  ]);
  t.equal(third.uuid, chosen);
  t.same(client.table("Parent").get(chosen), { _uuid: chosen, name: "p", children: [first.uuid], friend: second.uuid });
  t.equal(client.table("Child").size, 1, "a row that is no root and has no reference is collected");
  const [deleted] = await client.transact([deleteRows(parents, [["name", "==", "friend"]])]);
  t.equal(deleted.count, 1);
  t.equal(client.table("Parent").get(chosen)?.friend, undefined, "weak references are cleared");
  await client.transact([mutate(parents, chosen, [["children", "delete", [first.uuid]]])]);
  t.equal(client.table("Child").size, 0);
  t.same(await client.transact([]), [], "nothing to do");
});

test("wait and guards", async (t) => {
  const client = await connected(t);
  const [{ uuid: id }] = await client.transact([insert(parents, { name: "p" })]);
  const missing = uuid("00000000-0000-4000-8000-000000000000");
  await client.transact([exists(parents, id), absent(parents, missing), exists(parents, [["name", "==", "p"]])]);
  await t.rejects(client.transact([absent(parents, id)]), { name: "WaitTimedOut", operation: 0, committed: "no" });
  await t.rejects(client.transact([insert(parents, { name: "q" }), exists(parents, missing)]), {
    name: "WaitTimedOut",
    operation: 1,
  });
  t.equal(client.table("Parent").size, 1, "nothing of it was written");
  const named = (name: string): Operation =>
    wait(parents, id, { columns: ["name"], until: "==", rows: [{ name }], timeoutMs: 0 });
  await client.transact([named("p")]);
  await t.rejects(client.transact([named("other")]), { name: "WaitTimedOut" });
  const later = client.transact([
    wait(parents, id, { columns: ["name"], until: "==", rows: [{ name: "late" }], timeoutMs: undefined }),
  ]);
  await client.transact([update(parents, id, { name: "late" })]);
  t.same(await later, [{}], "a wait without an end, meanwhile others write");
});

test("one error type per error of the RFC", async (t) => {
  const client = await connected(t);
  const [{ uuid: id }] = await client.transact([insert(everything, { i: 2n ** 63n - 1n, r: 1e308, colour: "red" })]);
  const missing = uuid("00000000-0000-4000-8000-000000000000");
  const parent = (name: string): Operation => insert(parents, { name });
  const cases: readonly (readonly [string, readonly Operation[], object])[] = [
    ["ConstraintViolation", [insert(everything, { bounded: 11, colour: "red" })], { operation: 0 }],
    ["ConstraintViolation", [insert(everything, { colour: "blue" })], { operation: 0 }],
    [
      "RequestSyntaxError",
      [insert(everything, { colour: "red", one_or_more: [] })],
      { operation: 0, syntax: '["set",[]]' },
    ],
    ["ConstraintViolation", [parent("same"), parent("same")], { operation: undefined, details: /identical values/ }],
    ["ConstraintViolation", ["a", "b", "c", "d", "e", "f"].map(parent), { operation: undefined }],
    ["ReferentialIntegrityViolation", [insert(parents, { children: [missing] })], { operation: undefined }],
    ["WaitTimedOut", [exists(parents, missing)], { operation: 0 }],
    ["TransactionAborted", [parent("x"), abort()], { operation: 1 }],
    ["NotOwner", [assert("nobodys")], { operation: 0 }],
    ["DomainError", [mutate(everything, id, [["i", "/=", 0]])], { operation: 0 }],
    ["RangeViolation", [mutate(everything, id, [["i", "+=", 1]])], { operation: 0 }],
    ["RangeViolation", [mutate(everything, id, [["r", "*=", 10]])], { operation: 0 }],
    ["DuplicateUuid", [insert(everything, { colour: "red" }, { uuid: id })], { operation: 0 }],
  ];
  for (const [name, operations, fields] of cases) {
    await t.rejects(client.transact(operations), { name, committed: "no", ...fields }, name);
  }
  const twice = insert(parents, { name: "twice" });
  await t.rejects(client.transact([twice, twice]), { name: "DuplicateUuidName", operation: 1 });
  t.equal(client.table("Parent").size, 0, "nothing was written");
  t.equal(client.table("Everything").size, 1);
});

test("requests that the server doesn't know", async (t) => {
  const client = await connected(t);
  await t.rejects(client.request("nonsense", []), { name: "UnknownMethod" });
  await t.rejects(client.request("get_schema", ["Nonsense"]), { name: "UnknownDatabase" });
  t.same(await client.request("list_dbs", []), ["Atoms", "_Server"]);
  t.match(await client.request("get_schema", ["Atoms"]), { name: "Atoms", version: "1.0.0" });
  t.match(await client.request("get_server_id", []), /^[0-9a-f-]{36}$/);
  const later = {
    ...parents,
    columns: { ...parents.columns, tier: { ...children.columns["name"], name: "tier" } },
  } as typeof parents;
  const unknown = insert(later, { name: "p", tier: "x" } as { name: string });
  await t.rejects(
    client.transact([unknown]),
    { name: "RequestSyntaxError", details: /tier/ },
    "a column of another version",
  );
  const foreign = { ...parents, database: "Other" };
  await t.rejects(client.transact([deleteRows(foreign, [])]), { name: "TypeError", message: /Parent is of Other/ });
  const id: Uuid | undefined = (await client.transact([insert(parents, { name: "p" })]))[0].uuid;
  t.ok(client.table("Parent").get(id));
});
