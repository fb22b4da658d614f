import { type Operation, OVN_Northbound, OvsdbClient, WaitTimedOut } from "@k8shost/agent/ovsdb";
import { startServer } from "@k8shost/agent/ovsdb/testing/server";
import { type Test, test } from "tap";
import type { Block } from "./block.js";
import { nextBlock, type PoolConfig } from "./carve-plan.js";
import { type Cidr, parseCidr } from "./cidr.js";
import type { Holder } from "./holder.js";
import { type Allocation, Ledger } from "./ledger.js";
import { addBlock, claim, release } from "./ledger-plan.js";
import { audit } from "./testing/audit.js";

// Every transaction of the ledger against a database that has moved on since its server looked: it must write nothing.

const cidr = (text: string): Cidr => parseCidr(text) ?? { family: 4, base: 0n, prefix: 32 };
const pool: PoolConfig = { clusterCidrs: [cidr("10.0.0.0/24")], blockPrefix: { 4: 28, 6: 64 } };
const pod = (containerId: string): Holder => ({
  kind: "pod",
  containerId,
  ifName: "eth0",
  nodeName: "n",
  podName: "p",
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the test's own set-up failed");
  return value;
}

async function setUp(t: Test) {
  const database = await startServer({ schema: "nb" });
  t.teardown(() => database.stop());
  const client = new OvsdbClient({
    name: "test",
    remotes: [database.remote],
    database: OVN_Northbound,
    monitor: { Address_Set: { columns: ["name", "external_ids"] } },
  });
  t.teardown(() => client.close());
  await client.start();
  const ledger = new Ledger();
  client.table("Address_Set").onChange(({ new: row }) => row && ledger.apply(row._uuid, row.external_ids));
  /** True when committed, false when a guard refused. */
  const commit = async (operations: readonly Operation[]): Promise<boolean> => {
    try {
      await client.transact(operations);
      return true;
    } catch (error) {
      if (error instanceof WaitTimedOut) return false;
      throw error;
    }
  };
  const grow = async (namespace: string, known = ledger.blocks(), from = pool) => {
    const block = nextBlock(from, known, namespace);
    return block !== undefined && (await commit(addBlock(block, known, new Date())));
  };
  const block = (): Block => must(ledger.blocksOf("web")[0]);
  const place = (index: number, tombstone?: string) => ({ block: block(), index, tombstone });
  const held = (id: string): Allocation => must(ledger.holding(`pod/${id}/eth0`));
  t.ok(await grow("web"));
  return { ledger, commit, grow, place, held, audit: () => audit(database.remote) };
}

test("a claim: of an address that is taken, by a holder that has one, with a tombstone that is not there any more", async (t) => {
  const { commit, place, ledger, held, audit } = await setUp(t);
  t.ok(await commit(claim(place(2), pod("a"))));
  t.notOk(await commit(claim(place(2), pod("b"))));
  t.notOk(await commit(claim(place(3), pod("a"))));
  t.ok(await commit(release(held("a"), new Date(0))));
  t.notOk(await commit(claim(place(2), pod("b"))), "it looked never used to who has not seen the tombstone");
  t.notOk(await commit(claim(place(2, "freed 1999-01-01T00:00:00.000Z"), pod("b"))));
  const slot = ledger.slot(place(2));
  t.ok(await commit(claim(place(2, slot?.text), pod("b"))));
  t.strictSame((await audit()).problems, []);
});

test("a claim by a holder that has an address in another block", async (t) => {
  const { commit, place, grow, ledger, audit } = await setUp(t);
  t.ok(await grow("other"));
  t.ok(await commit(claim(place(2), pod("a"))));
  const other = must(ledger.blocksOf("other")[0]);
  t.notOk(await commit(claim({ block: other, index: 2, tombstone: undefined }, pod("a"))));
  t.equal((await audit()).held.size, 1);
});

test("a release: twice, and of an address that the same holder exchanged for another", async (t) => {
  const { commit, place, held, ledger, audit } = await setUp(t);
  await commit(claim(place(2), pod("a")));
  const stale = held("a");
  t.ok(await commit(release(stale, new Date())));
  t.notOk(await commit(release(stale, new Date())));
  t.ok(await commit(claim(place(3), pod("a"))));
  t.notOk(await commit(release(stale, new Date())), "its key is that of the new address now");
  t.ok(await commit(claim(place(2, ledger.slot(place(2))?.text), pod("b"))));
  t.notOk(await commit(release(stale, new Date())));
  const { problems, held: holders } = await audit();
  t.strictSame([problems, [...holders.values()].sort()], [[], ["10.0.0.2", "10.0.0.3"]]);
});

test("a block: decided without knowing of one that another server added, whatever its size", async (t) => {
  const { grow, ledger, audit } = await setUp(t);
  const known = ledger.blocks();
  t.ok(await grow("web"));
  t.notOk(await grow("other", known), "the same subnet");
  const coarser: PoolConfig = { ...pool, blockPrefix: { 4: 26, 6: 64 } };
  t.notOk(await grow("other", [], coarser), "another size, another name, the same addresses");
  t.ok(await grow("other", ledger.blocks(), coarser));
  t.strictSame([...(await audit()).subnets].sort(), ["10.0.0.0/28", "10.0.0.16/28", "10.0.0.64/26"]);
});

test("claims and releases of one server in one group commit: each has its own outcome", async (t) => {
  const { commit, place, held, audit } = await setUp(t);
  await commit(claim(place(2), pod("a")));
  const claims = [
    [3, "b"],
    [3, "c"],
    [4, "b"],
    [4, "d"],
    [5, "e"],
  ] as const;
  const [released, ...granted] = await Promise.all([
    commit(release(held("a"), new Date())),
    ...claims.map(([index, id]) => commit(claim(place(index), pod(id)))),
  ]);
  t.ok(released);
  const told = claims.filter((_, i) => granted[i]).map(([index, id]) => [`pod/${id}/eth0`, `10.0.0.${String(index)}`]);
  const { problems, held: holders } = await audit();
  t.strictSame([...holders].sort(), told.sort(), "what it was told is what the ledger has");
  t.ok(told.length >= 2 && told.length <= 3);
  t.strictSame(problems, []);
});
