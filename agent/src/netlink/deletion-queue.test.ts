import { test } from "tap";
import { DeletionQueue } from "./deletion-queue.js";

/** Deletions that end when the test says so. */
function recorder() {
  const batches: {
    names: readonly string[];
    end: (undeleted?: Map<string, Error>) => void;
    break: (error: Error) => void;
  }[] = [];
  const run = (names: readonly string[]) =>
    new Promise<Map<string, Error>>((resolve, reject) => {
      batches.push({ names, end: (undeleted = new Map()) => resolve(undeleted), break: reject });
    });
  return { batches, run };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("calls of one turn share a batch, calls during it share the next", async (t) => {
  const { batches, run } = recorder();
  const queue = new DeletionQueue(run, 100);
  const first = [queue.delete(["a"]), queue.delete(["b", "a"])];
  await turn();
  const second = [queue.delete(["c"]), queue.delete(["d"])];
  await turn();
  t.strictSame(
    batches.map(({ names }) => names),
    [["a", "b"]],
  );
  batches[0]?.end();
  await Promise.all(first);
  await turn();
  t.strictSame(
    batches.map(({ names }) => names),
    [
      ["a", "b"],
      ["c", "d"],
    ],
  );
  batches[1]?.end();
  await Promise.all(second);
  await queue.drain();
  const third = queue.delete(["e"]);
  await turn();
  batches[2]?.end();
  await third;
  t.equal(batches.length, 3, "works again after it was empty");
});

test("each caller learns of its own names only", async (t) => {
  const { batches, run } = recorder();
  const queue = new DeletionQueue(run, 100);
  const calls = Promise.allSettled([queue.delete(["a", "b"]), queue.delete(["c"])]);
  await turn();
  batches[0]?.end(new Map([["b", new Error("no b")]]));
  t.match(await calls, [{ status: "rejected", reason: { message: "no b" } }, { status: "fulfilled" }]);
});

test("a broken batch fails its callers, not those behind it", async (t) => {
  const { batches, run } = recorder();
  const queue = new DeletionQueue(run, 100);
  const broken = Promise.allSettled([queue.delete(["a"]), queue.delete(["b"])]);
  await turn();
  const behind = queue.delete(["c"]);
  batches[0]?.break(new Error("thread died"));
  t.match(await broken, [{ reason: { message: "thread died" } }, { reason: { message: "thread died" } }]);
  await turn();
  batches[1]?.end();
  await behind;
});

test("a signal counts until the call's turn", async (t) => {
  const { batches, run } = recorder();
  const queue = new DeletionQueue(run, 100);
  const begun = new AbortController();
  const waiting = new AbortController();
  const first = queue.delete(["a"], begun.signal);
  await turn();
  const second = queue.delete(["b"], waiting.signal);
  begun.abort(new Error("too late"));
  waiting.abort(new Error("in time"));
  batches[0]?.end();
  await t.resolves(first);
  await t.rejects(second, { message: "in time" });
  await t.rejects(queue.delete(["c"], AbortSignal.abort(new Error("before"))), { message: "before" });
  await queue.drain();
  t.equal(batches.length, 1, "nothing else was deleted");
});

test("batches are bounded; a longer list is several", async (t) => {
  const { batches, run } = recorder();
  const queue = new DeletionQueue(run, 3);
  const calls = Promise.allSettled(
    [["a", "b"], ["c"], ["d", "e", "f", "g"], ["h"]].map((names) => queue.delete(names)),
  );
  for (const batch of [0, 1, 2]) {
    while (batches.length <= batch) await turn();
    batches[batch]?.end(batch === 1 ? new Map([["e", new Error("no e")]]) : new Map());
  }
  t.match(await calls, [
    { status: "fulfilled" },
    { status: "fulfilled" },
    { reason: { message: "no e" } },
    { status: "fulfilled" },
  ]);
  t.strictSame(
    batches.map(({ names }) => names),
    [
      ["a", "b", "c"],
      ["d", "e", "f"],
      ["g", "h"],
    ],
    "what stands behind a failure is deleted too",
  );
});
