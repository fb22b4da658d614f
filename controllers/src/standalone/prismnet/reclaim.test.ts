import { setTimeout as sleep } from "node:timers/promises";
import { test } from "tap";
import { audit } from "./testing/audit.js";
import { nbctl, refusal, rows, startStack } from "./testing/stack.js";

/** Two blocks of 13 addresses in the whole cluster. */
const tiny = { clusterCIDR: "10.0.0.0/27", blockPrefix4: 28, reclaimAfter: "1ms" };
const pod = (containerId: string, namespace: string) => ({ namespace, containerId, podName: "p", nodeName: "n" });

test("namespaces that are gone: their subnets go to others, the longest idle first, when there is nothing else", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client(tiny);
  for (const namespace of ["a", "b"]) {
    await prismnet.allocate(pod(`${namespace}1`, namespace));
    await prismnet.release(pod(`${namespace}1`, namespace));
    await sleep(5);
  }
  t.equal((await prismnet.allocate(pod("c1", "c"))).ipAddress, "10.0.0.2/28");
  t.strictSame((await audit(remote)).subnets.toSorted(), ["10.0.0.0/28", "10.0.0.16/28"]);
  const ports = await rows(remote, "Logical_Router_Port");
  t.strictSame(ports.map(({ name, networks }) => [name, networks]).sort(), [
    ["rtos-k8s-b", "10.0.0.17/28"],
    ["rtos-k8s-c", "10.0.0.1/28"],
  ]);
  t.match(await nbctl(remote, "ls-list"), /\(k8s-a\)/, "the switch stays");
  t.equal(
    (await prismnet.allocate(pod("a2", "a"))).ipAddress,
    "10.0.0.18/28",
    "and gets a subnet again when it is used again",
  );
  t.match((await rows(remote, "Logical_Switch_Port")).map(({ name }) => name).sort(), ["stor-k8s-a", "stor-k8s-c"]);
  t.match(await refusal(prismnet.allocate(pod("b2", "b"))), /^8 RESOURCE_EXHAUSTED/, "what is in use stays");
  t.strictSame((await audit(remote)).problems, []);
});

test("a namespace that shrank gives back what it grew by, and keeps what it uses", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client(tiny);
  for (let i = 0; i < 14; i += 1) await prismnet.allocate(pod(`a${String(i)}`, "a"));
  for (let i = 1; i < 14; i += 1) await prismnet.release(pod(`a${String(i)}`, "a"));
  await sleep(5);
  t.equal((await prismnet.allocate(pod("b1", "b"))).ipAddress, "10.0.0.18/28");
  const ports = await rows(remote, "Logical_Router_Port");
  t.strictSame(ports.map(({ name, networks }) => [name, networks]).sort(), [
    ["rtos-k8s-a", "10.0.0.1/28"],
    ["rtos-k8s-b", "10.0.0.17/28"],
  ]);
  t.match(await prismnet.allocate(pod("a0", "a")), { ipAddress: "10.0.0.2/28", existing: true });
  t.strictSame((await audit(remote)).problems, []);
});

test("what was used a moment ago is not taken back, nor are the nodes' own subnets", async (t) => {
  const { client } = await startStack(t);
  const prismnet = await client({ ...tiny, reclaimAfter: "1h" });
  await prismnet.allocate(pod("a1", "a"));
  await prismnet.release(pod("a1", "a"));
  await prismnet.allocate({ nodeName: "n" });
  await prismnet.release({ nodeName: "n" });
  t.match(await refusal(prismnet.allocate(pod("c1", "c"))), /^8 RESOURCE_EXHAUSTED/);
  const hasty = await client(tiny);
  t.equal((await hasty.allocate(pod("c1", "c"))).ipAddress, "10.0.0.2/28");
  t.match(await refusal(hasty.allocate(pod("d1", "d"))), /^8 RESOURCE_EXHAUSTED/);
});

test("servers race for idle subnets while their namespaces come back to life", async (t) => {
  const stack = await startStack(t);
  const pool = { clusterCIDR: "10.0.0.0/25", blockPrefix4: 28, reclaimAfter: "1ms" };
  const servers = await Promise.all([stack.client(pool), stack.client(pool), stack.client(pool)]);
  let refused = 0;
  const live = new Map<string, string>();
  // 16 namespaces share 8 subnets: each holds a few addresses for a moment, all the time somebody has to give way.
  const churn = Array.from({ length: 16 }, async (_, n) => {
    for (let round = 0; round < 12; round += 1) {
      const request = pod(`c${String(n)}-${String(round)}`, `ns-${String(n)}`);
      const server = servers[(n + round) % 3] ?? servers[0];
      const result = await server?.allocate(request).catch((error: Error) => error);
      if (result instanceof Error || result === undefined) {
        if (!result?.message.startsWith("8 RESOURCE_EXHAUSTED")) throw result ?? new Error("no server");
        refused += 1;
        await sleep(n);
        continue;
      }
      if (round === 11) live.set(`pod/${request.containerId}/eth0`, result.ipAddress.replace(/\/.*/, ""));
      else await servers[round % 3]?.release(request);
    }
  });
  await Promise.all(churn);
  t.comment(`${String(refused)} refused, ${String(live.size)} live`);
  const { problems, held } = await audit(stack.remote);
  t.strictSame(problems, []);
  t.strictSame([...held].sort(), [...live].sort());
  const ports = await rows(stack.remote, "Logical_Router_Port");
  const gateways = ports.flatMap(({ networks }) => networks as string | string[]);
  t.equal(new Set(gateways).size, gateways.length, "no gateway on two ports");
  const expected = (await audit(stack.remote)).subnets.map((subnet) =>
    subnet.replace(/(\d+)\/28/, (_, last) => `${String(Number(last) + 1)}/28`),
  );
  t.strictSame(gateways.sort(), expected.sort(), "a gateway for each subnet of the ledger, and no other");
});
