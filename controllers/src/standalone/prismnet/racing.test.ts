import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Test, test } from "tap";
import { audit } from "./testing/audit.js";
import { type Client, connect, refusal, startStack, type Stack } from "./testing/stack.js";

const main = fileURLToPath(new URL("main.js", import.meta.url));
/** Small blocks, so that the servers also race for those. */
const pool = { clusterCIDR: "10.0.0.0/20", blockPrefix4: 27 };
const pod = (i: number) => ({
  namespace: `ns-${String(i % 3)}`,
  containerId: `c${String(i)}`,
  podName: "p",
  nodeName: "n",
});
const at = <T>(items: readonly T[], i: number): T => items[i % items.length] as T;

test("three servers race for 500 allocations and 250 releases: nobody shares an address", async (t) => {
  const stack = await startStack(t);
  const servers = await Promise.all([stack.client(pool), stack.client(pool), stack.client(pool)]);
  const given = new Map<number, string>();
  const work = Array.from({ length: 500 }, async (_, i) => {
    const { ipAddress } = await at(servers, i).allocate(pod(i));
    // The same container asks a second server, as an agent does whose first server did not answer in time.
    if (i % 5 === 0)
      t.equal((await at(servers, i + 1).allocate(pod(i))).ipAddress, ipAddress, "same container, same address");
    if (i % 2 === 0) given.set(i, ipAddress.replace(/\/.*/, ""));
    else if (!(await at(servers, i + 2).release(pod(i)))) t.fail(`c${String(i)} was not released`);
  });
  await Promise.all(work);
  const { problems, held } = await audit(stack.remote);
  t.strictSame(problems, []);
  const expected = [...given].map(([i, address]) => [`pod/c${String(i)}/eth0`, address]).sort();
  t.strictSame([...held].sort(), expected, "the ledger holds what the callers were told, and nothing else");
});

test("one container asks three servers at the same moment, again and again: it gets one address", async (t) => {
  const stack = await startStack(t);
  const servers = await Promise.all([stack.client(pool), stack.client(pool), stack.client(pool)]);
  await at(servers, 0).createSwitch("ns-0");
  const wrong: string[] = [];
  for (let i = 0; i < 60; i += 1) {
    const request = { ...pod(0), containerId: `c${String(i)}` };
    const answers = await Promise.all(servers.map((server) => server.allocate(request)));
    const addresses = new Set(answers.map(({ ipAddress }) => ipAddress));
    const fresh = answers.filter(({ existing }) => !existing).length;
    if (addresses.size !== 1 || fresh !== 1)
      wrong.push(`${request.containerId}: ${[...addresses].join()}, ${String(fresh)} fresh`);
  }
  t.strictSame(wrong, []);
  const { problems, held } = await audit(stack.remote);
  t.strictSame([problems, held.size], [[], 60]);
});

test("released on one server, asked for again on another: what the other remembers is not the answer", async (t) => {
  const stack = await startStack(t);
  const [one, two] = await Promise.all([stack.client(pool), stack.client(pool)]);
  const stale: string[] = [];
  for (let i = 0; i < 100; i += 1) {
    const { ipAddress } = await one.allocate(pod(0));
    if (!(await two.release(pod(0)))) stale.push(`${String(i)}: nothing to release`);
    const again = await one.allocate(pod(0));
    if (again.existing || again.ipAddress === ipAddress) stale.push(`${String(i)}: ${ipAddress} again`);
    await one.release(pod(0));
  }
  t.strictSame(stale, []);
});

test("kill -9 of a server amid its calls: no duplicates, and what was not answered can be taken back", async (t) => {
  const stack = await startStack(t);
  const children = await Promise.all([child(t, stack, 1), child(t, stack, 2)]);
  const clients = children.map(({ client }) => client);
  const answered = new Map<number, string>();
  let unanswered = 0;
  const work = Array.from({ length: 300 }, async (_, i) => {
    // Spread over time, so that the server dies with calls in every stage.
    await new Promise((resolve) => setTimeout(resolve, i));
    const result = await at(clients, i)
      .allocate(pod(i))
      .catch(() => undefined);
    if (result === undefined) unanswered += 1;
    else answered.set(i, result.ipAddress.replace(/\/.*/, ""));
    if (i === 150) at(children, 0).process.kill("SIGKILL");
  });
  await Promise.all(work);
  t.ok(unanswered > 0 && answered.size > 100, `${String(answered.size)} answered, ${String(unanswered)} not`);
  const first = await audit(stack.remote);
  t.strictSame(first.problems, []);
  for (const [i, address] of answered) {
    if (first.held.get(`pod/c${String(i)}/eth0`) !== address) t.fail(`c${String(i)} was told ${address}`);
  }
  const survivor = at(clients, 1);
  for (const [i, address] of answered) {
    if (i % 10 === 0)
      t.match(await survivor.allocate(pod(i)), { ipAddress: new RegExp(`^${address}/`), existing: true });
  }
  for (let i = 0; i < 300; i += 1) await survivor.release(pod(i));
  const last = await audit(stack.remote);
  t.strictSame([last.problems, [...last.held]], [[], []], "nothing leaked");
});

test("two servers, one address: exactly one container gets it, the others are told", async (t) => {
  const stack = await startStack(t);
  const tiny = { clusterCIDR: "10.0.0.0/28", blockPrefix4: 28 };
  const servers = await Promise.all([stack.client(tiny), stack.client(tiny)]);
  const request = (i: number) => ({ ...pod(0), containerId: `c${String(i)}` });
  const results = await Promise.all(Array.from({ length: 30 }, (_, i) => refusal(at(servers, i).allocate(request(i)))));
  t.equal(results.filter((result) => result === "OK").length, 13, "13 addresses are in the block");
  t.equal(results.filter((result) => result.startsWith("8 RESOURCE_EXHAUSTED")).length, 17);
  t.strictSame((await audit(stack.remote)).problems, []);
});

async function child(
  t: Test,
  stack: Stack,
  n: number,
): Promise<{ process: ChildProcess; client: Omit<Client, "server"> }> {
  const listen = `unix:${stack.directory}/child-${String(n)}.sock`;
  const flags = [
    "--northbound.remotes",
    stack.remote,
    "--cluster-cidr",
    pool.clusterCIDR,
    "--block-prefix4",
    String(pool.blockPrefix4),
  ];
  const server = spawn(process.execPath, [main, "--listen", listen, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  });
  for await (const line of server.stdout) if (String(line).includes('"msg":"ready"')) break;
  return { process: server, client: connect(t, listen) };
}
