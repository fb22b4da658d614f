import { test } from "tap";
import { OVN_Northbound, OvsdbClient, insert, update, uuid, type ClientEvent } from "./index.js";
import { connect, generous, startNorthbound } from "./testing/northbound.js";

const nb = OVN_Northbound.tables;

test("conditional monitoring, changed while it runs", async (t) => {
  const server = await startNorthbound(t);
  const writer = await connect(t, [server.remote]);
  const reader = new OvsdbClient({
    name: "reader",
    remotes: [server.remote],
    database: OVN_Northbound,
    monitor: {
      Logical_Switch: {
        columns: ["name"],
        anyOf: [
          ["name", "==", "a"],
          ["external_ids", "includes", { node: "n" }],
        ],
      },
      Port_Group: { columns: ["name"], anyOf: [] },
    },
  });
  t.teardown(() => reader.close());
  const rows = ["a", "b", "c"].map((name) =>
    insert(nb.Logical_Switch, { name, external_ids: name === "b" ? { node: "n" } : {} }),
  );
  await writer.transact([...rows, insert(nb.Port_Group, { name: "unseen" })]);
  await reader.start();
  const table = reader.table("Logical_Switch");
  const names = (): string[] => [...table.rows()].map((row) => row.name).sort();
  t.same(names(), ["a", "b"], "any of the conditions");
  t.equal(reader.table("Port_Group").size, 0, "no condition, no row");
  await reader.setConditions("Logical_Switch", [["name", "==", "c"]]);
  t.same(names(), ["c"]);
  await writer.transact([update(nb.Logical_Switch, [["name", "==", "c"]], { name: "d" })]);
  await reader.waitFor(() => names().length === 0, generous());
  await reader.setConditions("Logical_Switch", undefined);
  await reader.setConditions("Port_Group", undefined, generous());
  t.same(names(), ["a", "b", "d"]);
  t.equal(reader.table("Port_Group").size, 1);
  await t.rejects(reader.setConditions("Logical_Switch", [["name", "==", 5 as never]]), { name: "InvalidValue" });
  await t.rejects(
    reader.setConditions("Logical_Switch", [["name", "<", "x"]]),
    { name: "RequestSyntaxError" },
    "the server says no",
  );
  t.same(names(), ["a", "b", "d"], "and nothing changed");
});

test("columns that the server lacks", async (t) => {
  const server = await startNorthbound(t);
  const events: ClientEvent[] = [];
  const tolerant = new OvsdbClient({
    name: "nb",
    remotes: [server.remote],
    database: OVN_Northbound,
    monitor: { ACL: { columns: ["match"], optional: ["tier"] }, Logical_Switch: { columns: ["acls"] } },
    log: (event) => events.push(event),
  });
  t.teardown(() => tolerant.close());
  await tolerant.start();
  t.same(tolerant.schema.missing, ["ACL.tier"]);
  t.match(
    events.find(({ event }) => event === "schema"),
    { version: "7.0.0", missing: ["ACL.tier"] },
  );
  t.same(
    [
      tolerant.schema.has("ACL", "tier"),
      tolerant.schema.has("ACL", "match"),
      tolerant.schema.has("ACL"),
      tolerant.schema.has("Nonsense"),
    ],
    [false, true, true, false],
  );
  const acl = insert(nb.ACL, { match: "ip4", action: "allow", direction: "to-lport", priority: 1 });
  const [{ uuid: id }] = await tolerant.transact([acl, insert(nb.Logical_Switch, { acls: [acl.ref] })]);
  t.match(tolerant.table("ACL").get(id), { match: "ip4", tier: undefined });

  const demanding = new OvsdbClient({
    name: "nb",
    remotes: [server.remote],
    database: OVN_Northbound,
    monitor: { ACL: { columns: ["tier", "match"] } },
  });
  await t.rejects(demanding.start(), {
    name: "SchemaMismatch",
    missing: ["ACL.tier"],
    message: /7\.0\.0 lacks ACL\.tier.*optional/,
  });
  await t.rejects(demanding.transact([]), { name: "ClientClosed" });
});

test("mistakes in the options are told at once", (t) => {
  const options = { name: "nb", remotes: ["unix:/x"], database: OVN_Northbound };
  t.throws(() => new OvsdbClient({ ...options, remotes: [], monitor: {} }), { message: /remotes/ });
  t.throws(() => new OvsdbClient({ ...options, monitor: { Nonsense: {} } as never }), {
    message: /OVN_Northbound has no table Nonsense/,
  });
  t.throws(() => new OvsdbClient({ ...options, monitor: { ACL: { columns: ["nonsense"] } } as never }), {
    message: /ACL has no column nonsense/,
  });
  t.throws(() => new OvsdbClient({ ...options, monitor: { ACL: { anyOf: [["match", "==", 5]] } } as never }), {
    name: "InvalidValue",
  });
  const client = new OvsdbClient({ ...options, monitor: {} });
  t.throws(() => client.table("ACL" as never), { message: /table ACL is not monitored/ });
  t.throws(() => client.lock("with-dash"), { name: "InvalidValue" });
  t.end();
});

test("a listener that throws disturbs nobody", async (t) => {
  const events: ClientEvent[] = [];
  const client = await connect(t, [(await startNorthbound(t)).remote], { log: (event) => events.push(event) });
  const boom = (): never => {
    throw new Error("boom");
  };
  client.table("Logical_Switch").onChange(boom);
  client.onCommit(boom);
  let called = 0;
  client.onCommit(() => (called += 1));
  await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  t.equal(called, 1);
  t.equal(events.filter(({ event }) => event === "listener-failed").length, 2);
  t.ok(client.connected);
});

test("a log that throws disturbs nobody either", async (t) => {
  const log = (): never => {
    throw new Error("disk full");
  };
  const client = await connect(t, [(await startNorthbound(t)).remote], { log });
  await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  t.equal(client.table("Logical_Switch").size, 1);
});

test("status tells what an operator asks", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  await t.rejects(client.transact([insert(nb.Logical_Switch_Port, { tag: 5000 })]));
  await client.request("echo", []);
  const status = client.status();
  t.match(status, {
    name: "nb",
    database: "OVN_Northbound",
    connected: true,
    role: "standalone",
    schemaVersion: "7.0.0",
    rows: 1,
    reconnects: 0,
    error: "",
  });
  t.match(status.transactions, { committed: 1, failed: 1, unknown: 0, sent: 2, retried: 0, queued: 0 });
  t.match(status.remote, /^unix:/);
  t.ok(status.roundTripUs > 0);
});

test("closing ends every wait and call", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const ended = [
    client.waitFor(() => false, generous()),
    client
      .table("Logical_Switch")
      .index("name")
      .waitFor("x", () => undefined, generous()),
    client.table("Logical_Switch").waitFor(uuid("00000000-0000-4000-8000-000000000000"), () => undefined, generous()),
  ].map((wait) => t.rejects(wait, { name: "ClientClosed" }));
  await client.close();
  await Promise.all(ended);
  t.notOk(client.connected);
  await t.rejects(client.start(), { name: "ClientClosed" });
  await t.rejects(client.synced(), { name: "ClientClosed" });
  await t.rejects(
    client.waitFor(() => true, generous()),
    { name: "ClientClosed" },
  );
  t.throws(() => client.lock("x"), { name: "ClientClosed" });
  await client.close();
});
