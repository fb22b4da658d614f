import { once } from "node:events";
import { test } from "tap";
import { OVN_Northbound, assert, insert } from "./index.js";
import { connect, generous, startNorthbound } from "./testing/northbound.js";
import { startProxy } from "./testing/proxy.js";

const nb = OVN_Northbound.tables;

test("a lock has one owner, the next in line follows", async (t) => {
  const remotes = [(await startNorthbound(t)).remote];
  const [a, b] = [await connect(t, remotes), await connect(t, remotes)];
  const first = a.lock("policy");
  t.equal(a.lock("policy"), first, "one object per name");
  const lost = await first.acquired(generous());
  t.ok(first.owned);
  t.notOk(lost.aborted);
  const second = b.lock("policy");
  const waiting = second.acquired(generous());
  await b.request("echo", []);
  t.notOk(second.owned);
  await a.transact([assert(first), insert(nb.Logical_Switch, { name: "by the owner" })]);
  await t.rejects(b.transact([assert(second), insert(nb.Logical_Switch, { name: "no" })]), {
    name: "NotOwner",
    operation: 0,
  });
  await t.rejects(second.acquired({ signal: AbortSignal.timeout(20) }), { name: "Cancelled", message: /lock policy/ });
  const seen: boolean[] = [];
  first.onChange((owned) => seen.push(owned));
  await first.release();
  t.ok(lost.aborted, "told at once");
  t.notOk(first.owned);
  await waiting;
  await b.transact([assert(second)]);
  t.same(seen, [false]);
  await first.release();
});

test("a stolen lock is known to be lost, and comes back", async (t) => {
  const remotes = [(await startNorthbound(t)).remote];
  const [a, b] = [await connect(t, remotes), await connect(t, remotes)];
  const [mine, theirs] = [a.lock("policy"), b.lock("policy")];
  const lost = await mine.acquired(generous());
  const aborted = once(lost, "abort");
  await theirs.steal();
  t.ok(theirs.owned);
  await aborted;
  t.notOk(mine.owned);
  t.match(lost.reason, { message: /policy was stolen/ });
  await t.rejects(a.transact([assert(mine)]), { name: "NotOwner" });
  await theirs.release();
  await mine.acquired(generous());
  await a.transact([assert(mine)]);
  t.pass("owner again");
});

test("a lock that is released while it is waited for", async (t) => {
  const remotes = [(await startNorthbound(t)).remote];
  const [a, b] = [await connect(t, remotes), await connect(t, remotes)];
  await a.lock("policy").acquired(generous());
  const waiting = b.lock("policy").acquired(generous());
  const rejected = t.rejects(waiting, { message: /was released/ });
  const old = b.lock("policy");
  await old.release();
  await rejected;
  await t.rejects(old.steal(), { message: /was released/ });
  await t.rejects(old.acquired(generous()), { message: /was released/ });
  const again = b.lock("policy");
  t.not(again, old);
  await a.lock("policy").release();
  await again.acquired(generous());
  t.notOk(old.owned);
});

test("a lock is lost with the connection and asked for again", async (t) => {
  const server = await startNorthbound(t);
  const proxy = await startProxy(server.remote);
  t.teardown(() => proxy.stop());
  const client = await connect(t, [proxy.remote]);
  const lock = client.lock("policy");
  const lost = await lock.acquired(generous());
  proxy.faults = { refuse: true };
  const aborted = once(lost, "abort");
  proxy.cutAll();
  await aborted;
  t.notOk(lock.owned);
  await t.rejects(lock.steal(), { name: "ConnectionLost" });
  proxy.faults = {};
  const next = await lock.acquired(generous());
  t.not(next, lost);
  await client.transact([assert(lock)]);
  await client.close();
  t.ok(next.aborted);
});
