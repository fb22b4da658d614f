import { test } from "tap";
import { OVN_Northbound, deleteRows, insert, mutate, update, uuid, type RowChange } from "./index.js";
import { connect, generous, startNorthbound } from "./testing/northbound.js";

const nb = OVN_Northbound.tables;

test("rows, indexes and changes follow the database", async (t) => {
  const server = await startNorthbound(t);
  const [client, other] = [await connect(t, [server.remote]), await connect(t, [server.remote])];
  const switches = client.table("Logical_Switch");
  const ports = client.table("Logical_Switch_Port");
  const byOwner = ports.index("external_ids", "owner");
  const changes: RowChange<{ readonly name: string }>[] = [];
  const unsubscribe = ports.onChange((change) => changes.push(change));
  const commits: string[][] = [];
  client.onCommit((commit) => commits.push([...commit.keys()].sort()));

  const port = insert(nb.Logical_Switch_Port, { name: "p1", external_ids: { owner: "a" }, tag: 5 });
  const sw = insert(nb.Logical_Switch, { name: "s", ports: [port.ref] });
  const [made, madeSwitch] = await client.transact([port, sw]);
  t.same(commits, [["Logical_Switch", "Logical_Switch_Port"]], "one commit, whole");
  t.same(changes.splice(0), [{ old: undefined, new: ports.get(made.uuid) }]);
  t.match(ports.get(made.uuid), { _uuid: made.uuid, name: "p1", tag: 5, up: undefined });
  t.equal(switches.index("ports").get(made.uuid)?.name, "s", "by the element of a set");
  t.equal(byOwner.get("a")?._uuid, made.uuid, "by a key of a map");
  t.equal(ports.index("name").get("p1")?._uuid, made.uuid, "an index made later");
  t.equal(ports.index("tag").get(5)?._uuid, made.uuid);

  const before = ports.get(made.uuid);
  await other.transact([
    update(nb.Logical_Switch_Port, made.uuid, { name: "p2", tag: undefined, external_ids: { owner: "b" } }),
  ]);
  const renamed = await ports.index("name").waitFor("p2", (row) => row, generous());
  t.match([before?.name, renamed.name, renamed.tag], ["p1", "p2", undefined], "the old row object is untouched");
  t.same(changes.splice(0), [{ old: before, new: renamed }]);
  t.same([byOwner.find("a"), byOwner.find("b")], [[], [renamed]]);
  t.same(ports.index("tag").find(5), []);

  unsubscribe();
  await client.transact([deleteRows(nb.Logical_Switch, madeSwitch.uuid)]);
  t.same([switches.size, ports.size, [...ports.rows()], byOwner.find("b")], [0, 0, [], []]);
  t.same(changes, [], "not called after unsubscribing");
});

test("an index with many rows under one key", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const ports = client.table("Logical_Switch_Port");
  const byNode = ports.index("external_ids", "node");
  const inserts = Array.from({ length: 300 }, (_, i) =>
    insert(nb.Logical_Switch_Port, { name: `p${i}`, external_ids: { node: "n" } }),
  );
  await client.transact([...inserts, insert(nb.Logical_Switch, { name: "s", ports: inserts.map(({ ref }) => ref) })]);
  t.equal(byNode.find("n").length, 300);
  t.equal(new Set(byNode.find("n").map((row) => row.name)).size, 300);
  await client.transact([
    mutate(nb.Logical_Switch_Port, [["name", "!=", "p7"]], [["external_ids", "delete", ["node"]]]),
  ]);
  t.same(
    byNode.find("n").map((row) => row.name),
    ["p7"],
  );
});

test("waits", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const ports = client.table("Logical_Switch_Port");
  const [made] = await client.transact(
    [insert(nb.Logical_Switch_Port, { name: "p" }), insert(nb.Logical_Switch, { name: "s" })].reverse(),
  );
  t.ok(made);
  const inserted = insert(nb.Logical_Switch_Port, { name: "p" });
  await client.transact([
    inserted,
    mutate(nb.Logical_Switch, [["name", "==", "s"]], [["ports", "insert", [inserted.ref]]]),
  ]);
  const row = ports.index("name").get("p");
  t.ok(row);
  const id = row?._uuid ?? uuid("");

  let asked = 0;
  const up = ports.index("name").waitFor(
    "p",
    (port) => {
      asked += 1;
      return port?.up === true && port.name;
    },
    generous(),
  );
  const anywhere = client.waitFor((db) => db.table("Logical_Switch_Port").get(id)?.up, generous());
  const gone = ports.waitFor(id, (port) => port === undefined, generous());
  for (let i = 0; i < 10; i++)
    await client.transact([update(nb.Logical_Switch, [["name", "==", "s"]], { external_ids: { i: `${i}` } })]);
  t.equal(asked, 1, "changes of other rows don't ask");
  await client.transact([update(nb.Logical_Switch_Port, id, { up: true })]);
  t.equal(await up, "p");
  t.equal(await anywhere, true);
  await client.transact([update(nb.Logical_Switch, [["name", "==", "s"]], { ports: [] })]);
  t.equal(await gone, true);
  t.equal(await client.waitFor(() => "at once", generous()), "at once");

  const controller = new AbortController();
  const cancelled = ports.index("name").waitFor("never", () => undefined, { signal: controller.signal });
  controller.abort(new Error("deadline"));
  await t.rejects(cancelled, {
    name: "Cancelled",
    message: /Logical_Switch_Port.name = never/,
    cause: { message: "deadline" },
  });
  await t.rejects(
    client.waitFor(() => false, { signal: AbortSignal.abort() }),
    { name: "Cancelled" },
  );
  const failing = client.waitFor((db) => {
    if (db.table("Logical_Switch").index("name").get("boom")) throw new Error("boom");
    return false;
  }, generous());
  const failed = t.rejects(failing, { message: "boom" });
  await client.transact([insert(nb.Logical_Switch, { name: "boom" })]);
  await failed;
});

test("hundreds of waits are each asked about their own row", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const names = Array.from({ length: 300 }, (_, i) => `p${i}`);
  let asked = 0;
  const waits = names.map((name) =>
    client
      .table("Logical_Switch_Port")
      .index("name")
      .waitFor(
        name,
        (row) => {
          asked += 1;
          return row?.up;
        },
        generous(),
      ),
  );
  const inserts = names.map((name) => insert(nb.Logical_Switch_Port, { name }));
  await client.transact([...inserts, insert(nb.Logical_Switch, { name: "s", ports: inserts.map(({ ref }) => ref) })]);
  await Promise.all(
    names.map((name) => client.transact([update(nb.Logical_Switch_Port, [["name", "==", name]], { up: true })])),
  );
  await Promise.all(waits);
  t.equal(asked, 900, "at once, at the insert, at the update");
});
