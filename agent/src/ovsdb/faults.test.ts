import { test, type Test } from "tap";
import { OVN_Northbound, OvsdbClient, UnknownOutcome, insert, mutate, select, type ClientEvent } from "./index.js";
import { connect, generous, northboundClient, startNorthbound, type Northbound } from "./testing/northbound.js";
import { type FaultProxy, type Faults, startProxy } from "./testing/proxy.js";

const nb = OVN_Northbound.tables;
const quick = { backoff: { minMs: 5, maxMs: 50 } };

async function proxied(t: Test, options: Partial<Parameters<typeof connect>[2]> = {}) {
  const server = await startNorthbound(t);
  const proxy = await startProxy(server.remote);
  t.teardown(() => proxy.stop());
  const events: ClientEvent[] = [];
  const log = (event: ClientEvent): void => void events.push(event);
  const client = await connect(t, [proxy.remote], { ...quick, log, ...options });
  const errors = (): readonly string[] =>
    events.flatMap((event) => (event.event === "disconnected" ? [event.error.message] : []));
  return { server, proxy, client, events, errors };
}

function count(client: Northbound, name: string): number {
  return client.table("Logical_Switch").index("name").find(name).length;
}

/** The next reply to a transaction is given to `fault` instead of the client; then all is well again. */
function nextReply(proxy: FaultProxy, fault: NonNullable<Faults["fromServer"]>): void {
  proxy.faults = {
    fromServer: (chunk, link) => {
      if (!chunk.includes('"result":[{"uuid"')) {
        link.toClient(chunk);
        return;
      }
      proxy.faults = {};
      fault(chunk, link);
    },
  };
}

test("the reply to a transaction never comes whole: unknown outcome, settled by reading again", async (t) => {
  const { proxy, client } = await proxied(t);
  const faults: Readonly<Record<string, NonNullable<Faults["fromServer"]>>> = {
    "cut off before the reply": (_, link) => link.cut(),
    "cut off in the middle": (chunk, link) => {
      link.toClient(chunk.subarray(0, chunk.length >> 1));
      setTimeout(() => link.cut(), 10);
    },
    "garbage instead": (_, link) => link.toClient("\u0000\u0001garbage"),
    "malformed JSON instead": (_, link) => link.toClient('{"id":1,"result":[}]'),
    "a reply of the wrong shape": (chunk, link) =>
      link.toClient(chunk.toString().replace(/"result":\[\{"uuid".*?\]\}\]/, '"result":{}')),
    "a reply with less than was asked": (chunk, link) =>
      link.toClient(chunk.toString().replace(/"result":\[\{"uuid".*?\]\}\]/, '"result":[]')),
  };
  for (const [name, fault] of Object.entries(faults)) {
    nextReply(proxy, fault);
    const error: unknown = await client
      .transact([insert(nb.Logical_Switch, { name })], generous())
      .catch((reason: unknown) => reason);
    t.match(error, { name: "UnknownOutcome", committed: "unknown" }, name);
    await (error as UnknownOutcome).settled(AbortSignal.timeout(30_000));
    t.equal(count(client, name), 1, "it had been written; whoever reads again knows, and doesn't write twice");
  }
});

test("the request never arrives: unknown outcome, settled as not written", async (t) => {
  const { proxy, client } = await proxied(t);
  proxy.faults = { fromClient: (_, link) => link.cut() };
  const error: unknown = await client
    .transact([insert(nb.Logical_Switch, { name: "lost" })])
    .catch((reason: unknown) => reason);
  t.match(error, { name: "UnknownOutcome", cause: { name: "ConnectionLost" } });
  proxy.faults = {};
  await (error as UnknownOutcome).settled(AbortSignal.timeout(30_000));
  t.equal(count(client, "lost"), 0);
});

test("everybody in a joined transaction learns that its outcome is unknown; who wasn't sent is sent later, once", async (t) => {
  const { proxy, client } = await proxied(t);
  const sent = Promise.withResolvers<void>();
  nextReply(proxy, (_, link) => {
    sent.resolve();
    setTimeout(() => link.cut(), 20);
  });
  const first = Promise.allSettled(
    [0, 1, 2].map((i) => client.transact([insert(nb.Logical_Switch, { name: `first${i}` })])),
  );
  await sent.promise;
  const second = [0, 1, 2].map((i) => client.transact([insert(nb.Logical_Switch, { name: `second${i}` })], generous()));
  t.equal(client.status().transactions.queued, 3);
  for (const result of await first) t.ok(result.status === "rejected" && result.reason instanceof UnknownOutcome);
  await Promise.all(second);
  t.same(
    [0, 1, 2].map((i) => [count(client, `first${i}`), count(client, `second${i}`)]),
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  );
  t.match(client.status().transactions, { unknown: 3, committed: 3 });
});

test("the server dies in the middle of a transaction", async (t) => {
  const { server, client } = await proxied(t);
  await client.transact([insert(nb.Logical_Switch, { name: "before" })]);
  server.signal("SIGSTOP");
  const dying = client.transact([insert(nb.Logical_Switch, { name: "during" })]).catch((reason: unknown) => reason);
  const waiting = client
    .table("Logical_Switch")
    .index("name")
    .waitFor("after", (row) => row, generous());
  await new Promise((resolve) => setTimeout(resolve, 50));
  const unsent = client.transact([insert(nb.Logical_Switch, { name: "after" })], generous());
  await server.kill();
  const error = await dying;
  t.match(error, { name: "UnknownOutcome" });
  t.equal(count(client, "before"), 1, "the replica stays readable");
  t.notOk(client.connected);
  await server.start();
  await (error as UnknownOutcome).settled(AbortSignal.timeout(30_000));
  t.equal(count(client, "during"), 0);
  await unsent;
  await waiting;
  t.equal(count(client, "after"), 1, "waits and unsent transactions outlive the connection");
  t.ok(client.status().reconnects >= 1);
});

test("a server that says nothing any more is found out", async (t) => {
  const { server, client, errors } = await proxied(t, { inactivityProbeMs: 50 });
  server.signal("SIGSTOP");
  const stuck = client.transact([insert(nb.Logical_Switch, { name: "stuck" })]).catch((reason: unknown) => reason);
  t.match(await stuck, { name: "UnknownOutcome", cause: { message: /no answer to a probe/ } });
  server.signal("SIGCONT");
  await client.synced(generous());
  t.match(errors()[0], /no answer to a probe within 50 ms/);
});

test("updates that make no sense are not believed: everything is read again", async (t) => {
  const { proxy, client, errors } = await proxied(t);
  const [{ uuid }] = await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  const changes: unknown[] = [];
  client.onCommit((commit) => changes.push(...commit.keys()));
  const other = "0f0e0d0c-0000-4000-8000-000000000001";
  const bad: readonly unknown[] = [
    { Logical_Switch: { [other]: { modify: { name: "x" } } } },
    { Logical_Switch: { [uuid]: { modify: { name: "half" } }, [other]: { insert: { name: 5 } } } },
    { Logical_Switch: { [uuid]: { nonsense: {} } } },
    { Logical_Switch: { [uuid]: { modify: { ports: ["map", []] } } } },
    { Logical_Switch: 5 },
    [],
    null,
  ];
  for (const [i, updates] of bad.entries()) {
    const transaction = "00000000-0000-0000-0000-000000000000";
    const lost = new Promise<void>((resolve) => client.onConnection((connected) => !connected && resolve()));
    const link = proxy.links()[0];
    link?.toClient(JSON.stringify({ method: "update3", params: ["OVN_Northbound", transaction, updates], id: null }));
    await lost;
    t.equal(client.table("Logical_Switch").get(uuid)?.name, "s", "nothing of a bad message is applied");
    await client.synced(generous());
    t.equal(errors().length, i + 1);
  }
  t.same(changes, [], "and nobody was told of it");
  await client.transact([mutate(nb.Logical_Switch, uuid, [["external_ids", "insert", { still: "works" }]])]);
  const strange = {
    Unmonitored: { [other]: { insert: {} } },
    Logical_Switch: { [uuid]: { modify: { future_column: 5 } } },
  };
  proxy.links()[0]?.toClient(JSON.stringify({ method: "update3", params: ["OVN_Northbound", "x", strange], id: null }));
  await client.request("echo", []);
  t.ok(client.connected, "tables and columns that it doesn't know are no reason");
});

test("a reply of 100 MB: a clear error beyond the limit, an answer within", async (t) => {
  const server = await startNorthbound(t);
  const writer = new OvsdbClient({ name: "writer", remotes: [server.remote], database: OVN_Northbound, monitor: {} });
  t.teardown(() => writer.close());
  await writer.start();
  const text = "x".repeat(1_000_000);
  for (let i = 0; i < 100; i++)
    await writer.transact([insert(nb.Logical_Switch, { name: `big${i}`, external_ids: { text } })]);

  const small = northboundClient(t, [server.remote], quick);
  await t.rejects(small.start(), { name: "FrameTooLarge", message: /67108864 bytes.*maxFrameBytes, or monitor less/ });
  await t.rejects(writer.transact([select(nb.Logical_Switch, [])], generous()), {
    name: "UnknownOutcome",
    cause: { name: "FrameTooLarge" },
  });
  await writer.transact([insert(nb.Logical_Switch, { name: "still works" })], generous());

  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  const large = await connect(t, [server.remote], { ...quick, maxFrameBytes: 200_000_000 });
  clearInterval(timer);
  t.equal(large.table("Logical_Switch").size, 101);
  t.equal(large.table("Logical_Switch").index("name").get("big7")?.external_ids.get("text")?.length, 1_000_000);
  t.ok(ticks >= 3, "others got their turn while it came in");
});

test("a slow network, in small pieces, with pauses", async (t) => {
  const { proxy, client } = await proxied(t);
  const slow = (pass: "toClient" | "toServer"): NonNullable<Faults["fromServer"]> => {
    let last = Promise.resolve();
    return (chunk, link) => {
      for (let at = 0; at < chunk.length; at += 7) {
        last = last.then(async () => {
          link[pass](chunk.subarray(at, at + 7));
          if (at % 70 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        });
      }
    };
  };
  proxy.faults = { fromServer: slow("toClient"), fromClient: slow("toServer") };
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      client.transact([insert(nb.Logical_Switch, { name: `ümläut ${i}` })], generous()),
    ),
  );
  t.equal(client.table("Logical_Switch").size, 20);
  t.equal(client.status().reconnects, 0);
});

test("a hundred cuts at random moments: no lost and no doubled write", async (t) => {
  const { proxy, client } = await proxied(t);
  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  let done = false;
  const worker = async (id: number): Promise<void> => {
    for (let i = 0; !done; i++) {
      const name = `w${id}-${i}`;
      try {
        await client.transact([insert(nb.Logical_Switch, { name })], generous());
        acknowledged.add(name);
      } catch (error) {
        if (!(error instanceof UnknownOutcome)) throw error;
        unknown.add(name);
      }
    }
  };
  const workers = [0, 1, 2, 3, 4].map(worker);
  for (let cut = 0; cut < 100; cut++) {
    await client.synced(generous());
    await new Promise((resolve) => setTimeout(resolve, cut % 4));
    const lost = new Promise<void>((resolve) => client.onConnection((connected) => !connected && resolve()));
    proxy.cutAll();
    await lost;
  }
  done = true;
  await Promise.all(workers);
  await client.synced(generous());
  t.same(
    [...acknowledged].filter((name) => count(client, name) !== 1),
    [],
  );
  t.same(
    [...unknown].filter((name) => count(client, name) > 1),
    [],
  );
  const rows = client.table("Logical_Switch").size;
  t.equal(rows, acknowledged.size + [...unknown].filter((name) => count(client, name) === 1).length);
  t.comment(`${acknowledged.size} acknowledged, ${unknown.size} unknown, ${client.status().reconnects} reconnections`);
});
