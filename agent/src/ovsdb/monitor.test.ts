import { test, type Test } from "tap";
import { OVN_Northbound, OvsdbClient, deleteRows, insert, mutate, update } from "./index.js";
import { connect, generous, startNorthbound } from "./testing/northbound.js";
import { startProxy } from "./testing/proxy.js";

const nb = OVN_Northbound.tables;

/** A server that doesn't know some methods yet, as older releases. */
async function olderServer(t: Test, ...unknown: readonly string[]) {
  const server = await startNorthbound(t);
  const methods: string[] = [];
  const proxy = await startProxy(server.remote, {
    fromClient: (chunk, link) => {
      let text = chunk.toString();
      for (const [, method] of text.matchAll(/"method":"(monitor\w*)","params":\["OVN/g)) methods.push(method ?? "");
      for (const method of unknown) text = text.replaceAll(`"method":"${method}"`, `"method":"x_${method}"`);
      link.toServer(text);
    },
  });
  t.teardown(() => proxy.stop());
  return { server, proxy, methods };
}

const cases = [
  { unknown: [], methods: ["monitor_cond_since"] },
  { unknown: ["monitor_cond_since"], methods: ["monitor_cond_since", "monitor_cond"] },
  { unknown: ["monitor_cond_since", "monitor_cond"], methods: ["monitor_cond_since", "monitor_cond", "monitor"] },
] as const;

for (const { unknown, methods: expected } of cases) {
  test(`a server whose best is ${expected.at(-1)}`, async (t) => {
    const { server, proxy, methods } = await olderServer(t, ...unknown);
    const writer = await connect(t, [server.remote]);
    const reader = new OvsdbClient({
      name: "reader",
      remotes: [proxy.remote],
      database: OVN_Northbound,
      monitor: {
        Logical_Switch: {
          columns: ["name", "ports"],
          anyOf: [
            ["external_ids", "includes", { node: "n" }],
            ["name", "==", "by name"],
          ],
        },
        Logical_Switch_Port: { columns: ["name", "up", "tag"], anyOf: [["tag", "==", 7]] },
        ACL: { anyOf: [["priority", ">", 100]] },
      },
      backoff: { minMs: 5, maxMs: 50 },
    });
    t.teardown(() => reader.close());
    const rows = ["by label", "unseen", "by name"].map((name) => {
      return insert(nb.Logical_Switch, { name, external_ids: name === "by label" ? { node: "n" } : {} });
    });
    await writer.transact(rows);
    await reader.start();
    t.same(methods, expected);
    const switches = reader.table("Logical_Switch");
    const names = (): string[] => [...switches.rows()].map((row) => row.name).sort();
    t.same(names(), ["by label", "by name"]);
    const [first] = switches.rows();
    t.same(Object.keys(first ?? {}).sort(), ["_uuid", "name", "ports"], "no more columns than were asked for");

    const seven = insert(nb.Logical_Switch_Port, { name: "p7", tag: 7 });
    const eight = insert(nb.Logical_Switch_Port, { name: "p8", tag: 8 });
    const acls = [50, 150].map((priority) =>
      insert(nb.ACL, { priority, match: "ip", action: "drop", direction: "to-lport" }),
    );
    const attach = mutate(
      nb.Logical_Switch,
      [["name", "==", "by label"]],
      [
        ["ports", "insert", [seven.ref, eight.ref]],
        ["acls", "insert", acls.map(({ ref }) => ref)],
      ],
    );
    await writer.transact([seven, eight, ...acls, attach]);
    await reader
      .table("Logical_Switch_Port")
      .index("name")
      .waitFor("p7", (row) => row, generous());
    t.equal(reader.table("Logical_Switch_Port").size, 1);
    t.same(
      [...reader.table("ACL").rows()].map((row) => row.priority),
      [150],
    );
    t.equal(switches.index("name").get("by label")?.ports.length, 2);

    await writer.transact([
      update(nb.Logical_Switch, [["name", "==", "unseen"]], { external_ids: { node: "n" } }),
      update(nb.Logical_Switch, [["name", "==", "by name"]], { name: "by another" }),
      update(nb.Logical_Switch_Port, [["name", "==", "p8"]], { tag: 7, up: true }),
      update(nb.Logical_Switch_Port, [["name", "==", "p7"]], { tag: undefined }),
    ]);
    const ports = reader.table("Logical_Switch_Port");
    await ports.index("name").waitFor("p8", (row) => row?.up, generous());
    t.same(names(), ["by label", "unseen"], "rows come and go as they begin and cease to match");
    t.equal(ports.index("name").get("p7"), undefined);

    const kept = switches.index("name").get("unseen");
    proxy.cutAll();
    await writer.transact([deleteRows(nb.Logical_Switch, [["name", "==", "by label"]])]);
    await reader.waitFor(() => names().length === 1, generous());
    t.equal(switches.index("name").get("unseen"), kept, "what stayed the same keeps its object");
    t.same([ports.size, reader.table("ACL").size], [0, 0]);

    await reader.setConditions("Logical_Switch", [["name", "!=", "unseen"]], generous());
    t.same(names(), ["by another"]);
    await writer.transact([insert(nb.Logical_Switch, { name: "later" })]);
    await switches.index("name").waitFor("later", (row) => row, generous());
    t.same(names(), ["by another", "later"]);
    t.same(
      new Set(methods),
      new Set(unknown.length === 2 ? [...expected, "monitor_cancel"] : [...expected, "monitor_cond_change"]),
    );
  });
}

test("a monitor that the server cancels is made anew", async (t) => {
  const { server, proxy } = await olderServer(t);
  const client = await connect(t, [proxy.remote], { backoff: { minMs: 5, maxMs: 50 } });
  await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  // Converting a database cancels its monitors (ovsdb-server(7), section 4.1.7).
  const schema = await client.request("get_schema", ["OVN_Northbound"]);
  const lost = new Promise<void>((resolve) => client.onConnection((connected) => !connected && resolve()));
  const admin = new OvsdbClient({ name: "admin", remotes: [server.remote], database: OVN_Northbound, monitor: {} });
  t.teardown(() => admin.close());
  await admin.start();
  await admin.request("convert", ["OVN_Northbound", schema]);
  await lost;
  t.match(client.status().error, /cancelled the monitor/);
  await client.transact([insert(nb.Logical_Switch, { name: "after" })], generous());
  t.equal(client.table("Logical_Switch").size, 2);
});
