import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { type Test, test } from "tap";
import { lockFile } from "./file-lock.js";
import { parseEntry, type QueuedDel, QueuedDels } from "./queued-dels.js";

const FOREVER = new AbortController().signal;

function directory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), "k8shost-queue-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

/** Writes an entry as the executable does. */
function enqueue(queue: string, containerId: string, ifName = "eth0"): string {
  const name = `${containerId}:${ifName}.json`;
  const pod = { namespace: "shop", name: `pod-${containerId}`, uid: "u1" };
  const entry = { version: 1, attachment: { containerId, ifName }, pod, netns: "/run/netns/x", network: "prismnet" };
  writeFileSync(join(queue, "incoming"), `${JSON.stringify(entry)}\n`);
  renameSync(join(queue, "incoming"), join(queue, name));
  return name;
}

function queuedDels(t: Test, path: string, del: (entry: QueuedDel, signal: AbortSignal) => Promise<void>): QueuedDels {
  const queue = new QueuedDels({
    directory: path,
    del,
    log: pino({ level: "silent" }),
    retry: { firstMs: 10, lastMs: 50 },
  });
  t.teardown(() => queue.stop());
  return queue;
}

/** Holds flock(2) on a file from another process. */
async function lockedElsewhere(t: Test, path: string): Promise<() => Promise<void>> {
  const child = spawn("flock", ["--exclusive", path, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return async () => {
    const exited = once(child, "exit");
    child.stdin.end();
    await exited;
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

test("flock keeps out other processes and other callers", async (t) => {
  const path = join(directory(t), "lock");
  const unlockElsewhere = await lockedElsewhere(t, path);
  const controller = new AbortController();
  const impatient = lockFile(path, controller.signal);
  const reason = new Error("gave up");
  controller.abort(reason);
  await t.rejects(impatient, reason);

  let held = false;
  const patient = lockFile(path, FOREVER).then((unlock) => {
    held = true;
    return unlock;
  });
  await sleep(50);
  t.equal(held, false);
  await unlockElsewhere();
  const unlock = await patient;
  const other = lockFile(path, FOREVER);
  await sleep(50);
  await unlock();
  await (
    await other
  )();

  symlinkSync(path, `${path}-link`);
  await t.rejects(lockFile(`${path}-link`, FOREVER), { code: "ELOOP" }, "no symbolic link is followed");
});

test("entries are carried out and removed; failed ones stay", async (t) => {
  const path = directory(t);
  enqueue(path, "c1");
  enqueue(path, "c2", "net1");
  enqueue(path, "c3");
  const done: QueuedDel[] = [];
  const queue = queuedDels(t, path, (entry) => {
    if (entry.key.containerId === "c3") return Promise.reject(new Error("northbound is away"));
    done.push(entry);
    return Promise.resolve();
  });
  t.equal(await queue.replay(FOREVER), 1);
  t.equal(queue.waiting, 1);
  t.strictSame(
    done.map(({ key }) => key),
    [
      { containerId: "c1", ifName: "eth0" },
      { containerId: "c2", ifName: "net1" },
    ],
  );
  t.strictSame(done[0]?.pod, { namespace: "shop", name: "pod-c1", uid: "u1" });
  t.strictSame(readdirSync(path).sort(), ["c3:eth0.json", "lock"]);
});

test("what is no entry is left alone and told", async (t) => {
  const path = directory(t);
  const bad = {
    "c1:eth0.json": "{",
    "c2:eth0.json": '{"version":2}',
    // Its name promises another attachment.
    "c4:eth0.json": JSON.stringify({
      version: 1,
      attachment: { containerId: "c9", ifName: "eth0" },
      pod: { namespace: "", name: "", uid: "" },
      netns: "",
    }),
  };
  for (const [name, text] of Object.entries(bad)) writeFileSync(join(path, name), text);
  writeFileSync(join(path, "incoming"), "half");
  const queue = queuedDels(t, path, () => Promise.reject(new Error("must not be called")));
  t.equal(await queue.replay(FOREVER), 0);
  t.strictSame(
    queue.unreadable,
    Object.keys(bad).map((name) => join(path, name)),
  );
  t.strictSame(readdirSync(path).sort(), [...Object.keys(bad), "incoming", "lock"]);
});

test("names of interfaces are escaped byte by byte", (t) => {
  const text = (ifName: string) =>
    JSON.stringify({
      version: 1,
      attachment: { containerId: "c", ifName },
      pod: { namespace: "", name: "", uid: "" },
      netns: "",
    });
  t.equal(parseEntry("c:a%40b.json", text("a@b"))?.key.ifName, "a@b");
  t.equal(parseEntry("c:%C3%A9.json", text("é"))?.key.ifName, "é");
  t.equal(parseEntry("c:%25.json", text("%"))?.key.ifName, "%");
  t.equal(parseEntry("c:a@b.json", text("a@b")), undefined);
  t.end();
});

test("an entry is acted upon below the lock, and not at all when an ADD has settled it", async (t) => {
  const path = directory(t);
  const name = enqueue(path, "c1");
  const calls: string[] = [];
  const queue = queuedDels(t, path, async ({ key }) => {
    calls.push(key.containerId);
    const elsewhere = lockFile(join(path, "lock"), AbortSignal.timeout(50));
    await t.rejects(elsewhere, { name: "TimeoutError" }, "the lock is held during the DEL");
  });
  const unlock = await lockFile(join(path, "lock"), FOREVER);
  const replayed = queue.replay(FOREVER);
  await until(() => queue.waiting === 1);
  await sleep(30);
  t.strictSame(calls, [], "waits for who holds the lock");
  rmSync(join(path, name));
  await unlock();
  t.equal(await replayed, 0);
  t.strictSame(calls, []);

  enqueue(path, "c2");
  t.equal(await queue.replay(FOREVER), 0);
  t.strictSame(calls, ["c2"]);
});

test("started, it goes on until all is done, and sees what comes later", async (t) => {
  const path = join(directory(t), "made", "below");
  let away = true;
  const done: string[] = [];
  const queue = queuedDels(t, path, ({ key }) => {
    if (away) return Promise.reject(new Error("away"));
    done.push(key.containerId);
    return Promise.resolve();
  });
  let listened = false;
  await queue.whileLocked(() => Promise.resolve((listened = true)), FOREVER);
  t.equal(listened, true);
  enqueue(path, "c1");
  await queue.start();
  await until(() => queue.waiting === 1);
  away = false;
  await until(() => done.length === 1);
  enqueue(path, "c2");
  await until(() => done.length === 2);
  await until(() => queue.waiting === 0);
  t.strictSame(done, ["c1", "c2"]);
  t.strictSame(readdirSync(path), ["lock"]);
});

test("a stop ends a DEL under way and keeps its entry", async (t) => {
  const path = directory(t);
  enqueue(path, "c1");
  let begun = false;
  const queue = queuedDels(t, path, (_, signal) => {
    begun = true;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  });
  await queue.start();
  await until(() => begun);
  await queue.stop();
  t.strictSame(readdirSync(path).sort(), ["c1:eth0.json", "lock"]);
  t.equal(queue.waiting, 1);
});

test("DELs and the agent's start race: none is lost", async (t) => {
  const path = directory(t);
  let listening = false;
  const answered = new Set<string>();
  // What cni/src/verbs.ts does, with a variable in place of the socket.
  const executable = async (containerId: string): Promise<void> => {
    await sleep(Math.random() * 20);
    if (listening) return void answered.add(containerId);
    const unlock = await lockFile(join(path, "lock"), FOREVER);
    try {
      if (listening) answered.add(containerId);
      else enqueue(path, containerId);
    } finally {
      await unlock();
    }
  };
  const queue = queuedDels(t, path, ({ key }) => Promise.resolve(void answered.add(key.containerId)));
  const calls = Array.from({ length: 40 }, (_, n) => executable(`c${n}`));
  await sleep(10);
  await queue.whileLocked(() => Promise.resolve((listening = true)), FOREVER);
  t.equal(await queue.replay(FOREVER), 0);
  await Promise.all(calls);
  t.equal(answered.size, 40);
  t.strictSame(readdirSync(path), ["lock"]);
});
