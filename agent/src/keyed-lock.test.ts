import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { test } from "tap";
import { KeyedLock } from "./keyed-lock.js";

test("one at a time per key, in the order of the calls, keys apart", async (t) => {
  const lock = new KeyedLock();
  const inside = new Map<string, number>();
  const order = new Map<string, number[]>();
  let most = 0;
  let together = 0;

  const work = (key: string, turnNumber: number) =>
    lock.run(key, async () => {
      const now = (inside.get(key) ?? 0) + 1;
      inside.set(key, now);
      most = Math.max(most, now);
      together = Math.max(together, [...inside.values()].filter((count) => count > 0).length);
      order.set(key, [...(order.get(key) ?? []), turnNumber]);
      for (let i = 0; i < turnNumber % 5; i++) await turn();
      await sleep(turnNumber % 3);
      inside.set(key, now - 1);
    });

  const calls = Array.from({ length: 200 }, (_, call) => ({ key: `container-${call % 8}`, turnNumber: call }));
  await Promise.all(calls.map(({ key, turnNumber }) => work(key, turnNumber)));

  t.equal(most, 1, "nobody entered a key that was held");
  t.equal(together, 8, "all keys were held at the same time");
  for (const [key, numbers] of order) {
    t.strictSame(
      numbers,
      calls.filter((call) => call.key === key).map((call) => call.turnNumber),
      key,
    );
  }
  t.equal(lock.size, 0, "nothing is kept for keys that are free");
});

test("taken synchronously", (t) => {
  const lock = new KeyedLock();
  const release = lock.tryAcquire("a");
  t.type(release, "function");
  t.equal(lock.tryAcquire("a"), undefined);
  t.type(lock.tryAcquire("b"), "function");
  release?.();
  t.type(lock.tryAcquire("a"), "function");
  t.end();
});

test("release passes to the first waiter, and only once", async (t) => {
  const lock = new KeyedLock();
  const first = lock.tryAcquire("a");
  const second = lock.acquire("a");
  const third = lock.acquire("a");
  let thirdEntered = false;
  void third.then(() => (thirdEntered = true));
  first?.();
  t.equal(lock.tryAcquire("a"), undefined, "a newcomer does not overtake who waits");
  first?.();
  const releaseSecond = await second;
  await turn();
  t.equal(thirdEntered, false, "the second release of the first holder did nothing");
  releaseSecond();
  (await third)();
  t.equal(lock.size, 0);
});

test("a waiter that gives up leaves the queue intact", async (t) => {
  const lock = new KeyedLock();
  const release = await lock.acquire("a");
  const controller = new AbortController();
  const impatient = lock.acquire("a", controller.signal);
  const patient = lock.acquire("a");
  const reason = new Error("the caller went away");
  controller.abort(reason);
  await t.rejects(impatient, reason);
  release();
  (await patient)();
  t.equal(lock.size, 0);
  await t.rejects(lock.acquire("a", controller.signal), reason, "aborted before asking");
  t.equal(lock.size, 0);
});

test("an abort after entry changes nothing", async (t) => {
  const lock = new KeyedLock();
  const controller = new AbortController();
  const release = await lock.acquire("a");
  const entered = lock.acquire("a", controller.signal);
  release();
  controller.abort();
  const releaseEntered = await entered;
  t.equal(lock.tryAcquire("a"), undefined);
  releaseEntered();
  t.equal(lock.size, 0);
});

test("work that throws gives the key up", async (t) => {
  const lock = new KeyedLock();
  await t.rejects(
    lock.run("a", () => Promise.reject(new Error("no"))),
    { message: "no" },
  );
  t.equal(await lock.run("a", () => Promise.resolve(7)), 7);
});
