import { test } from "tap";
import {
  OVN_Northbound,
  UnknownOutcome,
  absent,
  deleteRows,
  insert,
  mutate,
  select,
  update,
  type ClientEvent,
} from "./index.js";
import { startCluster } from "./testing/cluster.js";
import { connect, generous, northboundClient, type Northbound } from "./testing/northbound.js";
import { startProxy } from "./testing/proxy.js";

const nb = OVN_Northbound.tables;
const quick = { backoff: { minMs: 20, maxMs: 500 } };

function names(client: Northbound): readonly string[] {
  return [...client.table("Logical_Switch").rows()].map((row) => row.name).sort();
}

test("a client of the leader finds it and follows it", async (t) => {
  const cluster = await startCluster("nb", "OVN_Northbound");
  t.teardown(() => cluster.stop());
  const leader = await cluster.leader();
  const client = await connect(t, cluster.remotes, quick);
  t.match(client.status(), { role: "leader", remote: cluster.remotes[leader] });
  const followers = cluster.remotes.filter((_, i) => i !== leader);
  const reader = await connect(t, followers, { ...quick, leaderOnly: false });
  t.equal(reader.status().role, "follower");
  await reader.transact([insert(nb.Logical_Switch, { name: "through a follower" })]);
  await client
    .table("Logical_Switch")
    .index("name")
    .waitFor("through a follower", (row) => row, generous());

  const skipped = Promise.withResolvers<ClientEvent>();
  const log = (event: ClientEvent): void => {
    if (event.event === "skipped") skipped.resolve(event);
  };
  const stranded = northboundClient(t, followers, { ...quick, log });
  const start = t.rejects(stranded.start(), { name: "ClientClosed" });
  t.match(await skipped.promise, { reason: /not the cluster's leader/ });
  t.notOk(stranded.connected);
  await stranded.close();
  await start;

  // It sleeps through an election and wakes up as a follower, with its connections intact.
  cluster.pause(leader);
  const next = await cluster.leader();
  t.not(next, leader);
  const left = new Promise<void>((resolve) => client.onConnection((connected) => !connected && resolve()));
  cluster.resume(leader);
  await left;
  await client.transact([insert(nb.Logical_Switch, { name: "after the election" })], generous());
  await reader
    .table("Logical_Switch")
    .index("name")
    .waitFor("after the election", (row) => row, generous());
  await client.synced(generous());
  t.match(client.status(), { role: "leader", reconnects: 1 });
  t.not(client.status().remote, cluster.remotes[leader]);
});

test("the leader is killed under load: no acknowledged write is lost, none is doubled", async (t) => {
  const cluster = await startCluster("nb", "OVN_Northbound");
  t.teardown(() => cluster.stop());
  const client = await connect(t, cluster.remotes, quick);
  const [{ uuid: counter }] = await client.transact([insert(nb.NB_Global, { name: "counter" })]);
  const outcome = { acknowledged: new Set<string>(), unknown: new Set<string>(), increments: 0, maybe: 0 };

  // Without a guard and without a retry: the row is there once if acknowledged, once or not at all if unknown.
  const careless = async (name: string): Promise<void> => {
    const increment = mutate(nb.NB_Global, counter, [["nb_cfg", "+=", 1]]);
    try {
      await client.transact([insert(nb.Logical_Switch, { name }), increment], generous());
      outcome.acknowledged.add(name);
      outcome.increments += 1;
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      outcome.unknown.add(name);
      outcome.maybe += 1;
      await error.settled(AbortSignal.timeout(30_000));
    }
  };
  // As the agent does it: settle, read again, retry under a guard.
  const careful = async (name: string): Promise<void> => {
    const index = client.table("Logical_Switch").index("name");
    while (index.get(name) === undefined) {
      try {
        await client.transact(
          [absent(nb.Logical_Switch, [["name", "==", name]]), insert(nb.Logical_Switch, { name })],
          generous(),
        );
      } catch (error) {
        if (error instanceof UnknownOutcome) await error.settled(AbortSignal.timeout(30_000));
        else if (!(error instanceof Error && error.name === "WaitTimedOut")) throw error;
      }
    }
  };
  let stop = false;
  let written = 0;
  const worker = async (id: number, write: (name: string) => Promise<void>): Promise<void> => {
    for (let i = 0; !stop; i++) {
      await write(`${write.name}-${id}-${i}`);
      written += 1;
    }
  };
  const workers = Array.from({ length: 16 }, (_, id) => worker(id, id % 2 === 0 ? careless : careful));
  for (let kill = 0; kill < 2; kill++) {
    const target = written + 200;
    await client.waitFor(() => written >= target, generous());
    const leader = await cluster.leader();
    await cluster.kill(leader);
    const before = written;
    await client.waitFor(() => written > before + 100, generous());
    await cluster.start(leader);
  }
  stop = true;
  await Promise.all(workers);

  const witness = await connect(t, cluster.remotes, quick);
  const seen = new Map<string, number>();
  for (const name of names(witness)) seen.set(name, (seen.get(name) ?? 0) + 1);
  t.same(
    [...seen].filter(([, count]) => count > 1),
    [],
    "none doubled",
  );
  t.same(
    [...outcome.acknowledged].filter((name) => !seen.has(name)),
    [],
    "none lost",
  );
  t.same(names(client), names(witness), "the replica is what the database is");
  const found = [...outcome.unknown].filter((name) => seen.has(name)).length;
  const [counted] = await witness.transact([select(nb.NB_Global, counter, ["nb_cfg"])]);
  t.equal(counted.rows[0]?.nb_cfg, outcome.increments + found, "each transaction took effect whole, and once");
  t.ok(client.status().reconnects >= 2);
  t.comment(`${outcome.increments} acknowledged, ${outcome.maybe} unknown of which ${found} had been written`);
});

test("a reconnection reads only what changed meanwhile", async (t) => {
  const cluster = await startCluster("nb", "OVN_Northbound");
  t.teardown(() => cluster.stop());
  const proxy = await startProxy(cluster.remotes[0] ?? "");
  t.teardown(() => proxy.stop());
  const events: ClientEvent[] = [];
  const client = await connect(t, [proxy.remote], { ...quick, leaderOnly: false, log: (event) => events.push(event) });
  const writer = await connect(t, cluster.remotes, quick);
  const rows = Array.from({ length: 50 }, (_, i) => insert(nb.Logical_Switch, { name: `s${i}` }));
  await writer.transact(rows);
  const table = client.table("Logical_Switch");
  // Servers keep no more history than the database is large: what fills it is forgotten with the next change.
  await writer.transact([update(nb.Logical_Switch, [["name", "==", "s0"]], { external_ids: { last: "seen" } })]);
  await client.waitFor(() => table.index("external_ids", "last").get("seen"), generous());
  const kept = table.index("name").get("s7");

  proxy.faults = { refuse: true };
  proxy.cutAll();
  await writer.transact([
    deleteRows(nb.Logical_Switch, [["name", "==", "s1"]]),
    update(nb.Logical_Switch, [["name", "==", "s2"]], { name: "renamed" }),
    insert(nb.Logical_Switch, { name: "new" }),
  ]);
  t.equal(table.size, 50, "the replica stays as it was while disconnected");
  t.ok(table.index("name").get("s1"));
  let bytes = 0;
  proxy.faults = {
    fromServer: (chunk, link) => {
      if (!chunk.includes('"tables"')) bytes += chunk.length;
      link.toClient(chunk);
    },
  };
  await table.index("name").waitFor("new", (row) => row, generous());
  t.same(names(client), names(writer));
  t.equal(table.index("name").get("s7"), kept, "rows that didn't change keep their object");
  t.match(
    events.filter(({ event }) => event === "synced"),
    [{ resumed: false }, { resumed: true, rows: 50 }],
  );
  t.ok(bytes < 4000, `${bytes} bytes`);

  proxy.faults = { refuse: true };
  proxy.cutAll();
  const changed = client.setConditions("Logical_Switch", [["name", "==", "s7"]]);
  proxy.faults = {};
  await changed;
  t.same(names(client), ["s7"], "with other conditions everything is read again");
  t.match(events.filter(({ event }) => event === "synced").at(-1), { resumed: false });
});
