import { setTimeout as sleep } from "node:timers/promises";
import { test } from "tap";
import {
  OVN_Northbound,
  type UnknownOutcome,
  abort,
  absent,
  assert,
  deleteRows,
  exists,
  insert,
  mutate,
  select,
  update,
  wait,
  type Operation,
} from "./index.js";
import { connect, generous, northboundClient, startNorthbound, type Northbound } from "./testing/northbound.js";
import { startProxy } from "./testing/proxy.js";

const nb = OVN_Northbound.tables;

/** Calls that are made while another transaction is under way, so that they have to share one. */
function concurrently<V>(count: number, call: (i: number) => Promise<V>): Promise<PromiseSettledResult<V>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, i) => call(i)));
}

function names(client: Northbound): readonly string[] {
  return [...client.table("Logical_Switch").rows()].map((row) => row.name).sort();
}

function rejections(results: readonly PromiseSettledResult<unknown>[]): readonly (readonly [number, unknown])[] {
  return results.flatMap((result, i) => (result.status === "rejected" ? [[i, result.reason as unknown] as const] : []));
}

test("concurrent callers share transactions, each gets its own results", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const [{ uuid: sw }] = await client.transact([insert(nb.Logical_Switch, { name: "s" })]);
  const sentBefore = client.status().transactions.sent;
  const results = await Promise.all(
    Array.from({ length: 250 }, (_, i) => {
      const port = insert(nb.Logical_Switch_Port, { name: `p${i}` });
      const filler = Array.from({ length: i % 3 }, () => exists(nb.Logical_Switch, sw));
      return client.transact([...filler, port, mutate(nb.Logical_Switch, sw, [["ports", "insert", [port.ref]]])]);
    }),
  );
  t.equal(client.status().transactions.sent - sentBefore, 3, "at most 100 callers each");
  for (const [i, result] of results.entries()) {
    const inserted = result[i % 3];
    const uuid = inserted !== undefined && "uuid" in inserted ? inserted.uuid : undefined;
    if (uuid === undefined || client.table("Logical_Switch_Port").get(uuid)?.name !== `p${i}`)
      t.fail(`caller ${i} got another's result`);
  }
  t.equal(client.table("Logical_Switch").get(sw)?.ports.length, 250);
});

test("an idle client sends at once, a busy one collects", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const first = client.transact([insert(nb.Logical_Switch, { name: "first" })]);
  await Promise.resolve();
  await sleep(0);
  const rest = concurrently(20, (i) => client.transact([insert(nb.Logical_Switch, { name: `s${i}` })]));
  await first;
  t.same(rejections(await rest), []);
  t.ok(client.status().transactions.sent <= 3);
  t.equal(names(client).length, 21);
  await concurrently(5, () => client.transact([exists(nb.Logical_Switch, [])], { group: false }));
  t.ok(client.status().transactions.sent >= 7, "those who want to stay alone do");
});

test("the failure of one is not the failure of others", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  await client.transact([insert(nb.Logical_Switch, { name: "taken" })]);
  const results = await concurrently(60, (i) => {
    const add = insert(nb.Logical_Switch, { name: `s${i}` });
    const failing: Readonly<Record<number, readonly Operation[]>> = {
      7: [add, absent(nb.Logical_Switch, [["name", "==", "taken"]])],
      20: [add, assert("nobodys")],
      33: [add, insert(nb.Logical_Switch_Port, { tag: 5000 })],
      34: [add, insert(nb.Logical_Switch, { qos_rules: ["00000000-0000-4000-8000-000000000001" as never] })],
      50: [add, abort()],
      51: [add, mutate(nb.NB_Global, [], [["nb_cfg", "/=", 0]]), insert(nb.Logical_Switch, { nonsense: 1 } as never)],
    };
    return client.transact(failing[i] ?? [add]);
  });
  t.match(rejections(results), [
    [7, { name: "WaitTimedOut", operation: 1, committed: "no" }],
    [20, { name: "NotOwner", operation: 1 }],
    [33, { name: "ConstraintViolation", operation: 1 }],
    [34, { name: "ReferentialIntegrityViolation", operation: undefined }],
    [50, { name: "TransactionAborted", operation: 1 }],
    [51, { name: "InvalidValue", column: "Logical_Switch.nonsense" }],
  ]);
  const expected = Array.from({ length: 60 }, (_, i) => i).filter((i) => ![7, 20, 33, 34, 50, 51].includes(i));
  t.same(names(client), ["taken", ...expected.map((i) => `s${i}`)].sort(), "each of the others exactly once");
  t.match(client.status().transactions, { committed: 55, failed: 5, unknown: 0, queued: 0 });
});

test("callers that contradict each other are served as if one came after the other", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const results = await concurrently(40, () => {
    return client.transact([
      absent(nb.Logical_Switch, [["name", "==", "only"]]),
      insert(nb.Logical_Switch, { name: "only" }),
    ]);
  });
  t.equal(results.filter(({ status }) => status === "fulfilled").length, 1, "one of them won");
  t.ok(rejections(results).every(([, error]) => (error as Error).name === "WaitTimedOut"));
  t.same(names(client), ["only"]);
  const ports = await concurrently(40, (i) => {
    const port = insert(nb.Logical_Switch_Port, { name: `p${i % 4}` });
    return client.transact([port, mutate(nb.Logical_Switch, [], [["ports", "insert", [port.ref]]])]);
  });
  t.equal(ports.filter(({ status }) => status === "fulfilled").length, 4, "the unique index, found violated at commit");
  t.ok(rejections(ports).every(([, error]) => (error as Error).name === "ConstraintViolation"));
  t.equal(client.table("Logical_Switch_Port").size, 4);
});

test("a caller that waits holds up nobody", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const row = { columns: ["name"], until: "==", rows: [{ name: "late" }] } as const;
  const where = [["name", "==", "late"]] as const;
  const patient = client.transact([wait(nb.Logical_Switch, where, { ...row, timeoutMs: undefined })]);
  const impatient = client.transact([wait(nb.Logical_Switch, where, { ...row, timeoutMs: 30 })]);
  const others = await concurrently(10, (i) => client.transact([insert(nb.Logical_Switch, { name: `s${i}` })]));
  t.same(rejections(others), []);
  await t.rejects(impatient, { name: "WaitTimedOut", operation: 0 });
  await client.transact([insert(nb.Logical_Switch, { name: "late" })]);
  t.same(await patient, [{}]);
});

test("reads see what the callers before them wrote, and only that", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const [first, , third] = await Promise.all([
    client.transact([select(nb.Logical_Switch, [], ["name"])]),
    client.transact([insert(nb.Logical_Switch, { name: "s" })]),
    client.transact([select(nb.Logical_Switch, [], ["name"])]),
  ]);
  t.same(first, [{ rows: [] }]);
  t.same(third, [{ rows: [{ name: "s" }] }]);
  t.equal(client.status().transactions.sent, 1);
});

test("a signal that fires before sending: nothing is written", async (t) => {
  const server = await startNorthbound(t);
  const client = northboundClient(t, [server.remote]);
  const controller = new AbortController();
  const queued = client.transact([insert(nb.Logical_Switch, { name: "cancelled" })], { signal: controller.signal });
  const kept = client.transact([insert(nb.Logical_Switch, { name: "kept" })], generous());
  t.equal(client.status().transactions.queued, 2, "not connected yet");
  controller.abort(new Error("deadline"));
  await t.rejects(queued, { name: "Cancelled", committed: "no", cause: { message: "deadline" } });
  await client.start();
  await kept;
  t.same(names(client), ["kept"]);
  const already = client.transact([insert(nb.Logical_Switch, { name: "x" })], { signal: AbortSignal.abort() });
  await t.rejects(already, { name: "Cancelled" });
  t.same(names(client), ["kept"]);
});

test("a signal that fires after sending: the outcome is unknown, and can be awaited", async (t) => {
  const server = await startNorthbound(t);
  const proxy = await startProxy(server.remote);
  t.teardown(() => proxy.stop());
  const client = await connect(t, [proxy.remote]);
  const controller = new AbortController();
  const held: (() => void)[] = [];
  const sent = Promise.withResolvers<void>();
  proxy.faults = {
    fromClient: (chunk, link) => {
      held.push(() => link.toServer(chunk));
      sent.resolve();
    },
  };
  const leaving = client.transact([insert(nb.Logical_Switch, { name: "leaving" })], { signal: controller.signal });
  const staying = client.transact([insert(nb.Logical_Switch, { name: "staying" })]);
  await sent.promise;
  controller.abort(new Error("the caller went away"));
  const error: unknown = await leaving.catch((reason: unknown) => reason);
  t.match(error, { name: "UnknownOutcome", committed: "unknown", cause: { message: "the caller went away" } });
  t.ok(client.connected, "the connection is fine");
  const unknown = error as UnknownOutcome;
  await t.rejects(unknown.settled(AbortSignal.timeout(20)), { name: "Cancelled" });
  proxy.faults = {};
  const settled = unknown.settled();
  for (const release of held) release();
  await settled;
  t.ok(names(client).includes("leaving"), "here it was written after all");
  await staying;
  t.match(client.status().transactions, { committed: 1, unknown: 1 });
});

test("a caller that leaves while its transaction waits on the server takes it back", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const controller = new AbortController();
  const named = (name: string) =>
    wait(nb.Logical_Switch, [["name", "==", name]], {
      columns: ["name"],
      until: "==",
      rows: [{ name }],
      timeoutMs: undefined,
    });
  const waiting = client.transact([named("later"), insert(nb.Logical_Switch, { name: "unwanted" })], {
    signal: controller.signal,
  });
  await client.request("echo", []);
  controller.abort();
  const error: unknown = await waiting.catch((reason: unknown) => reason);
  t.match(error, { name: "UnknownOutcome" });
  await (error as UnknownOutcome).settled(AbortSignal.timeout(30_000));
  await client.transact([insert(nb.Logical_Switch, { name: "later" })]);
  await client.request("echo", []);
  t.same(names(client), ["later"], "what it waited for has come true, and nothing came of it");
});

test("a caller that has gone is not tried again after its group was refused", async (t) => {
  const server = await startNorthbound(t);
  const proxy = await startProxy(server.remote);
  t.teardown(() => proxy.stop());
  const client = await connect(t, [proxy.remote]);
  const controller = new AbortController();
  const held: (() => void)[] = [];
  const sent = Promise.withResolvers<void>();
  proxy.faults = {
    fromClient: (chunk, link) => {
      held.push(() => link.toServer(chunk));
      sent.resolve();
    },
  };
  const gone = client.transact([insert(nb.Logical_Switch, { name: "gone" })], { signal: controller.signal });
  const failing = t.rejects(client.transact([assert("nobodys")]), { name: "NotOwner" });
  const stays = client.transact([insert(nb.Logical_Switch, { name: "stays" })]);
  await sent.promise;
  controller.abort();
  const error: unknown = await gone.catch((reason: unknown) => reason);
  proxy.faults = {};
  for (const release of held) release();
  await (error as UnknownOutcome).settled();
  await failing;
  await stays;
  t.same(names(client), ["stays"]);
});

test("where a row must exist, count 0 is not enough: guard it", async (t) => {
  const client = await connect(t, [(await startNorthbound(t)).remote]);
  const where = [["name", "==", "absent"]] as const;
  const change = update(nb.Logical_Switch, where, { external_ids: { a: "b" } });
  t.same(await client.transact([change, deleteRows(nb.Logical_Switch, where)]), [{ count: 0 }, { count: 0 }]);
  await t.rejects(client.transact([exists(nb.Logical_Switch, where), change]), { name: "WaitTimedOut", operation: 0 });
});
