import { setTimeout as sleep } from "node:timers/promises";
import { test } from "tap";
import { audit } from "./testing/audit.js";
import { refusal, startStack } from "./testing/stack.js";

const pod = (containerId: string) => ({ namespace: "web", containerId, podName: "p", nodeName: "worker-1" });

test("the database away: UNAVAILABLE by the caller's deadline; back: all as before", async (t) => {
  const { client, database, remote } = await startStack(t);
  const prismnet = await client();
  const first = await prismnet.allocate(pod("a"));
  await database.kill();
  const start = performance.now();
  t.match(await refusal(prismnet.allocate(pod("b"), 3_000)), /^14 UNAVAILABLE: northbound database unix:/);
  const queued = ["d", "d", "e"].map((id) => refusal(prismnet.allocate({ ...pod(id), namespace: "new" }, 3_000)));
  for (const result of await Promise.all(queued)) t.match(result, /^14 UNAVAILABLE: northbound database unix:/);
  t.match(await refusal(prismnet.allocate(pod("a"), 3_000)), /^14 UNAVAILABLE/, "nothing is vouched for from memory");
  t.ok(performance.now() - start < 20_000, "the caller's deadline counts, not the server's");
  const patient = prismnet.allocate(pod("c"));
  await sleep(200);
  await database.start();
  t.equal((await patient).ipAddress, "10.244.0.3/24", "a patient caller waits through the outage");
  t.match(await prismnet.allocate(pod("a")), { ...first, existing: true });
  t.strictSame((await audit(remote)).problems, []);
});

test("a database that stalls, then answers: a call that gave up is neither lost nor doubled", async (t) => {
  const { client, database, remote } = await startStack(t);
  const prismnet = await client();
  await prismnet.allocate(pod("a"));
  database.signal("SIGSTOP");
  const impatient = await Promise.all(["b", "c", "d"].map((id) => refusal(prismnet.allocate(pod(id), 500))));
  for (const result of impatient) t.match(result, /^(4 DEADLINE_EXCEEDED|14 UNAVAILABLE)/);
  database.signal("SIGCONT");
  const again = await Promise.all(["b", "c", "d"].map((id) => prismnet.allocate(pod(id))));
  t.equal(new Set(again.map(({ ipAddress }) => ipAddress)).size, 3);
  for (const id of ["b", "c", "d"]) t.ok(await prismnet.release(pod(id)));
  const { problems, held } = await audit(remote);
  t.strictSame([problems, [...held]], [[], [["pod/a/eth0", "10.244.0.2"]]]);
});

test("the database killed amid a burst: every call ends well, and the ledger is what the callers were told", async (t) => {
  const { client, database, remote } = await startStack(t);
  const prismnet = await client();
  await prismnet.createSwitch("web");
  const told = new Map<string, string>();
  const burst = Array.from({ length: 200 }, async (_, i) => {
    await sleep(i);
    const { ipAddress } = await prismnet.allocate(pod(`c${String(i)}`));
    told.set(`pod/c${String(i)}/eth0`, ipAddress.replace(/\/.*/, ""));
  });
  for (let kills = 0; kills < 3; kills += 1) {
    await sleep(40);
    await database.kill();
    await database.start();
  }
  await Promise.all(burst);
  const { problems, held } = await audit(remote);
  t.strictSame(problems, []);
  t.strictSame([...held].sort(), [...told].sort());
});
