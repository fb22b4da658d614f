import { test } from "tap";
import { OVN_Northbound, OvsdbClient, exists, insert, mutate, select, update, uuid, wait } from "./index.js";
import type { InsertOperation, MonitoredRow, OvnNorthbound, Uuid } from "./index.js";

// What the compiler must accept and refuse. `@ts-expect-error` fails the build when there is no error.

const nb = OVN_Northbound.tables;
const id = uuid("0f0e0d0c-0000-4000-8000-000000000001");
const monitor = {
  Logical_Switch: { columns: ["name", "external_ids"] },
  ACL: { columns: ["match"], optional: ["tier", "priority"] },
  Port_Group: {},
} as const;

test("rows have the monitored columns, and no other", (t) => {
  const client = new OvsdbClient({ name: "nb", remotes: ["unix:/x"], database: OVN_Northbound, monitor });
  const row = client.table("Logical_Switch").index("name").get("x");
  const name: string | undefined = row?.name;
  // @ts-expect-error: not monitored
  const ports: unknown = row?.ports;
  // @ts-expect-error: no such table in the monitor
  t.throws(() => client.table("NAT"));
  // @ts-expect-error: not monitored
  client.table("Logical_Switch").index("acls");
  const acl = client.table("ACL").get(id);
  const optional: readonly [number | undefined, number | undefined] = [acl?.tier, acl?.priority];
  const members: readonly Uuid[] | undefined = client.table("Port_Group").get(id)?.ports;
  t.same([name, ports, optional, members], [undefined, undefined, [undefined, undefined], undefined]);
  type Row = MonitoredRow<OvnNorthbound, typeof monitor, "ACL">;
  const example: Row = { _uuid: id, match: "ip4", tier: undefined, priority: undefined };
  t.ok(example);
  t.end();
});

test("writes fit their columns", (t) => {
  const port = insert(nb.Logical_Switch_Port, { name: "p", tag: undefined, external_ids: { a: "b" } });
  insert(nb.Logical_Switch_Port, {
    external_ids: new Map([["a", "b"]]),
    dhcpv4_options: id,
    mirror_rules: [id, port.ref],
  });
  insert(nb.ACL, { action: "pass of a newer schema", tier: 1 });
  // @ts-expect-error: no such column
  insert(nb.Logical_Switch_Port, { nonsense: 1 });
  // @ts-expect-error: a string, not a number
  insert(nb.Logical_Switch_Port, { name: 5 });
  // @ts-expect-error: any text is not a UUID
  update(nb.Logical_Switch_Port, id, { dhcpv4_options: "text" });
  // @ts-expect-error: only what may be absent can be undefined
  update(nb.Logical_Switch_Port, id, { name: undefined });
  // @ts-expect-error: the server chooses it
  update(nb.Logical_Switch_Port, id, { _uuid: id });
  mutate(nb.Logical_Switch, id, [
    ["ports", "insert", [port.ref]],
    ["external_ids", "delete", ["key"]],
  ]);
  mutate(nb.Logical_Switch_Port, id, [["tag", "insert", [5]]]);
  mutate(nb.NB_Global, [], [["nb_cfg", "+=", 1]]);
  // @ts-expect-error: a set takes a list
  mutate(nb.Logical_Switch, id, [["ports", "insert", port.ref]]);
  // @ts-expect-error: text has no arithmetic
  mutate(nb.Logical_Switch, id, [["name", "+=", 1]]);
  // @ts-expect-error: conditions compare with the column's type
  exists(nb.Logical_Switch, [["name", "==", 5]]);
  wait(nb.Logical_Switch, id, { columns: ["name"], until: "==", rows: [{ name: "x" }], timeoutMs: 0 });
  // @ts-expect-error: not among the columns
  wait(nb.Logical_Switch, id, { columns: ["name"], until: "==", rows: [{ ports: [] }], timeoutMs: 0 });
  t.end();
});

test("results have the type of their operation", async (t) => {
  const client = new OvsdbClient({ name: "nb", remotes: ["unix:/x"], database: OVN_Northbound, monitor: {} });
  await client.close();
  const call = async (): Promise<readonly [Uuid, number, string | undefined]> => {
    const results = await client.transact([
      insert(nb.Logical_Switch, {}),
      mutate(nb.Logical_Switch, id, []),
      select(nb.Logical_Switch, [], ["name"]),
    ]);
    // @ts-expect-error: not selected
    t.comment(results[2].rows[0]?.ports);
    return [results[0].uuid, results[1].count, results[2].rows[0]?.name];
  };
  await t.rejects(call(), { name: "ClientClosed" });
  const list: InsertOperation[] = [insert(nb.Logical_Switch, {})];
  const uuids = async (): Promise<readonly Uuid[]> => (await client.transact(list)).map((result) => result.uuid);
  await t.rejects(uuids(), { name: "ClientClosed" });
});
