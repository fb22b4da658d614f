import { type Uuid, uuid } from "@k8shost/agent/ovsdb";
import { test } from "tap";
import { type Block, blockMarks, blockName, capacity, HELD, ledgerKey, parseBlock } from "./block.js";
import { nextBlock, type PoolConfig, poolUse } from "./carve-plan.js";
import { type Cidr, formatAddress, formatCidr, overlaps, parseAddress, parseCidr } from "./cidr.js";
import { formatHolder, formatTombstone, type Holder, holderKey, parseHolder, parseTombstone } from "./holder.js";
import { Ledger } from "./ledger.js";
import { span } from "./range.js";

const CREATED = new Date("2026-01-01T00:00:00Z");
const id = (n: number): Uuid => uuid(`00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`);
const cidr = (text: string): Cidr => parseCidr(text) ?? { family: 4, base: 0n, prefix: 32 };
const address = (text: string) => parseAddress(text) ?? { family: 4 as const, value: 0n };
const pod = (containerId: string): Holder => ({
  kind: "pod",
  containerId,
  ifName: "eth0",
  nodeName: "n1",
  podName: "p",
});
const dual: PoolConfig = {
  clusterCidrs: [cidr("10.244.0.0/16"), cidr("fd00:10:244::/56")],
  blockPrefix: { 4: 24, 6: 64 },
};
const small: PoolConfig = { clusterCidrs: [cidr("10.0.0.0/26")], blockPrefix: { 4: 28, 6: 64 } };

function held(block: Block, index: number, holder: Holder): [string, string][] {
  return [
    [ledgerKey(block, index), formatHolder(holder)],
    [holderKey(holder), HELD],
  ];
}

function carve(pool: PoolConfig, blocks: readonly Block[], namespace: string, range = {}): Block {
  const block = nextBlock(pool, blocks, namespace, range);
  if (block === undefined) throw new Error("exhausted");
  return { uuid: id(blocks.length + 1), createdMs: CREATED.getTime(), ...block };
}

function keys(ledger: Ledger, namespace: string, range = {}): string[] {
  return [...ledger.candidates(namespace, range)].map(({ block, index }) => ledgerKey(block, index));
}

test("a block survives its marks; what is no sound block is none", (t) => {
  const block = carve(dual, [], "web");
  t.strictSame(parseBlock(block.uuid, blockMarks(block, CREATED)), block);
  t.equal(blockName(block), "prismnet_10.244.0.0_24");
  t.strictSame(block.subnets.map(formatCidr), ["10.244.0.0/24", "fd00:10:244::/64"]);
  const broken: [string, string][] = [
    ["k8shost/owner", "somebody"],
    ["k8shost/subnets", "10.244.0.0"],
    ["k8shost/subnets", "10.244.0.0/24 rubbish"],
    ["k8shost/subnets", "10.244.0.0/29"],
    ["k8shost/size", "x"],
    ["k8shost/size", "3"],
    ["k8shost/sequence", "first"],
    ["k8shost/created", "once"],
  ];
  for (const mark of broken)
    t.equal(parseBlock(block.uuid, new Map([...blockMarks(block, CREATED), mark])), undefined, mark.join("="));
  t.end();
});

test("holders and tombstones survive their text; other text is neither", (t) => {
  const holders: Holder[] = [
    pod("abc"),
    { kind: "pod", containerId: "a.b-c_d", ifName: "net1", nodeName: "", podName: "" },
    { kind: "node", nodeName: "worker-1.example" },
    { kind: "egress" },
  ];
  for (const holder of holders) t.strictSame(parseHolder(formatHolder(holder)), holder);
  for (const text of [
    "",
    "pod",
    "pod a n p",
    "pod a/b n p extra",
    "pod a/b/c n p",
    "node",
    "node a b",
    "egress x",
    "freed",
  ]) {
    t.equal(parseHolder(text), undefined, JSON.stringify(text));
  }
  const time = new Date("2026-01-31T12:00:00.123Z");
  t.equal(parseTombstone(formatTombstone(time)), time.getTime());
  t.equal(parseTombstone("freed yesterday"), undefined);
  t.equal(parseTombstone("pod freed"), undefined);
  t.end();
});

test("blocks: lowest free first, next to whatever size others have, until none is left", (t) => {
  const blocks: Block[] = [];
  for (const namespace of ["a", "b", "a", "c"]) blocks.push(carve(small, blocks, namespace));
  t.strictSame(
    blocks.map((block) => [formatCidr(block.subnets[0]), block.namespace, block.sequence]),
    [
      ["10.0.0.0/28", "a", 0],
      ["10.0.0.16/28", "b", 0],
      ["10.0.0.32/28", "a", 1],
      ["10.0.0.48/28", "c", 0],
    ],
  );
  t.equal(nextBlock(small, blocks, "a"), undefined);
  t.strictSame(poolUse(small, blocks), { total: 4, free: 0 });
  const [, second] = blocks;
  const rest = blocks.filter((block) => block !== second);
  t.equal(formatCidr(carve(small, rest, "d").subnets[0]), "10.0.0.16/28");
  const finer: PoolConfig = { ...small, blockPrefix: { 4: 29, 6: 64 } };
  t.equal(formatCidr(carve(finer, rest, "d").subnets[0]), "10.0.0.16/29", "another block size fits into the gap");
  const coarser: PoolConfig = { clusterCidrs: [cidr("10.0.0.0/24")], blockPrefix: { 4: 26, 6: 64 } };
  t.equal(formatCidr(carve(coarser, blocks, "d").subnets[0]), "10.0.0.64/26", "a larger one goes beside");
  t.end();
});

test("blocks of mixed sizes and families never overlap (property)", (t) => {
  let state = 7;
  const below = (n: number) => (state = (state * 48271) % 2147483647) % n;
  const clashes: string[] = [];
  for (let round = 0; round < 60; round += 1) {
    const blocks: Block[] = [];
    for (let i = 0; i < 40; i += 1) {
      const pool = {
        ...dual,
        clusterCidrs: below(4) === 0 ? ([dual.clusterCidrs[1] ?? dual.clusterCidrs[0]] as const) : dual.clusterCidrs,
      };
      const prefixed: PoolConfig = { ...pool, blockPrefix: { 4: 20 + below(9), 6: 60 + below(9) } };
      const block = nextBlock(prefixed, blocks, `ns${String(below(4))}`);
      if (block !== undefined) blocks.push({ uuid: id(i + 1), createdMs: 0, ...block });
      if (below(3) === 0) blocks.splice(below(blocks.length + 1), 1);
    }
    for (const a of blocks) {
      for (const b of blocks) {
        const clash = a !== b && a.subnets.some((x) => b.subnets.some((y) => overlaps(x, y)));
        if (clash)
          clashes.push(
            `round ${String(round)}: ${a.subnets.map(formatCidr).join()} and ${b.subnets.map(formatCidr).join()}`,
          );
      }
    }
  }
  t.strictSame(clashes, []);
  t.end();
});

test("a range chooses the block, and no block is made that has no address in it", (t) => {
  const at = (start?: string, end?: string) =>
    nextBlock(dual, [], "a", { start: start && address(start), end: end && address(end) } as object)?.subnets.map(
      formatCidr,
    )[0];
  t.equal(at("10.244.7.3"), "10.244.7.0/24");
  t.equal(at("10.244.7.255"), "10.244.8.0/24", "a broadcast address is no reason for a block");
  t.equal(at(undefined, "10.244.0.1"), undefined, "nor is a gateway");
  t.equal(at("fd00:10:244:5::10", "fd00:10:244:5::20"), "10.244.5.0/24", "the family that the range is of decides");
  t.equal(at("fd00:10:244:5:1::"), "10.244.6.0/24", "beyond the addresses that pair with IPv4 ones: the next");
  const block = carve(dual, [], "a");
  t.strictSame(span(block, { start: address("10.244.0.10"), end: address("10.244.0.20") }), { first: 10, last: 20 });
  t.strictSame(span(block, {}), { first: 2, last: 254 });
  t.end();
});

test("a cluster of IPv6 alone: blocks of 256 addresses in /64 subnets", (t) => {
  const pool: PoolConfig = { clusterCidrs: [cidr("fd00::/32")], blockPrefix: { 4: 24, 6: 64 } };
  const first = carve(pool, [], "a");
  const second = carve(pool, [first], "b");
  t.strictSame(
    [first, second].map(({ subnets, size }) => [formatCidr(subnets[0]), size]),
    [
      ["fd00::/64", 256],
      ["fd00:0:0:1::/64", 256],
    ],
  );
  t.equal(formatAddress({ family: 6, value: second.subnets[0].base + 2n }), ledgerKey(second, 2));
  t.end();
});

test("candidates: never used ones first, by block; then the least recently freed; held ones never", (t) => {
  const first = carve(small, [], "a");
  const second = carve(small, [first], "a");
  const ledger = new Ledger();
  const freed = (index: number, minute: number): [string, string] => [
    ledgerKey(first, index),
    formatTombstone(new Date(Date.UTC(2026, 0, 1, 0, minute))),
  ];
  const entries = new Map([
    ...blockMarks(first, CREATED),
    ...held(first, 2, pod("x")),
    freed(3, 9),
    freed(4, 1),
    freed(5, 5),
  ]);
  t.ok(ledger.apply(second.uuid, blockMarks(second, CREATED)));
  t.ok(ledger.apply(first.uuid, entries));
  const order = keys(ledger, "a");
  t.equal(order[0], "10.0.0.6");
  t.strictSame(order.slice(9, 11), ["10.0.0.18", "10.0.0.19"], "then the second block's");
  t.strictSame(order.slice(-3), ["10.0.0.4", "10.0.0.5", "10.0.0.3"], "then by age");
  t.equal(order.length, 2 * capacity(first) - 1);
  t.equal(ledger.free("a"), order.length);
  t.strictSame(keys(ledger, "a", { start: address("10.0.0.3"), end: address("10.0.0.6") }), [
    "10.0.0.6",
    "10.0.0.4",
    "10.0.0.5",
    "10.0.0.3",
  ]);
  t.strictSame(keys(ledger, "b"), []);
  t.end();
});

test("the index follows the rows: claims, releases, moves, foreign text, rows that go", (t) => {
  const block = carve(small, [], "a");
  const ledger = new Ledger();
  const set = (...entries: [string, string][]) =>
    ledger.apply(block.uuid, new Map([...blockMarks(block, CREATED), ...entries]));
  set(...held(block, 2, pod("x")));
  t.equal(ledger.holding("pod/x/eth0")?.index, 2);
  set(...held(block, 3, pod("x")), [ledgerKey(block, 2), formatTombstone(new Date())]);
  t.equal(ledger.holding("pod/x/eth0")?.index, 3, "moved, whichever change comes first");
  t.equal(keys(ledger, "a").at(-1), "10.0.0.2");
  set([ledgerKey(block, 4), "written by hand"], ["10.0.0.1", "x"], ["nonsense", "x"], ["192.0.2.1", "x"]);
  t.equal(ledger.holding("pod/x/eth0"), undefined);
  t.notOk(keys(ledger, "a").includes("10.0.0.4"), "text that we do not know is not overwritten");
  t.equal(ledger.free("a"), capacity(block) - 1, "entries for reserved and foreign addresses do not count");
  t.strictSame([...ledger.allocations()], []);
  t.notOk(ledger.apply(block.uuid, new Map([["k8shost/owner", "prismnet-block"]])), "a row that became unsound");
  t.strictSame(ledger.blocks(), []);
  set();
  t.equal(ledger.free("a"), capacity(block));
  ledger.remove(block.uuid);
  ledger.remove(block.uuid);
  t.strictSame([ledger.blocksOf("a"), keys(ledger, "a")], [[], []]);
  t.end();
});
