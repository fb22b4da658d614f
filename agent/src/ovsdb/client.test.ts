import { test } from "tap";
import { OVN_Northbound, OvsdbClient, absent, exists, insert, mutate } from "./index.js";
import { startServer } from "./testing/server.js";

const nb = OVN_Northbound.tables;

test("a client", async (t) => {
  const server = await startServer({ schema: "nb" });
  t.teardown(() => server.stop());
  const client = new OvsdbClient({
    name: "northbound",
    remotes: [server.remote],
    database: OVN_Northbound,
    monitor: { Logical_Switch: { columns: ["name", "ports"] }, Logical_Switch_Port: { columns: ["name"] } },
    log: (e) => console.log(e),
  });
  await client.start();
  const sw = insert(nb.Logical_Switch, { name: "s" });
  const [r] = await client.transact([sw]);
  t.equal(client.table("Logical_Switch").get(r.uuid)?.name, "s");
  const all = await Promise.allSettled(
    Array.from({ length: 100 }, async (_, i) => {
      const port = insert(nb.Logical_Switch_Port, { name: `p${i % 90}` });
      return client.transact([
        exists(nb.Logical_Switch, r.uuid),
        port,
        mutate(nb.Logical_Switch, r.uuid, [["ports", "insert", [port.ref]]]),
      ]);
    }),
  );
  t.equal(all.filter((x) => x.status === "fulfilled").length, 90);
  t.equal(client.table("Logical_Switch_Port").size, 90);
  console.log(all.find((x) => x.status === "rejected")?.reason, client.status());
  await client.transact([absent(nb.Logical_Switch, r.uuid)]).catch((e) => console.log(e));
  await client.close();
});
