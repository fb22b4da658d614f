import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bed } from "./bed.js";
import type { Central } from "./central.js";
import { netnsPath, run } from "./command.js";
import type { BedNode } from "./node.js";
import type { BedPrismnet } from "./prismnet.js";
import { describeProcess, processesIn } from "./process-table.js";
import { netnsOf } from "./removal.js";

/** Everything in a bed that an attachment could leave behind, one line each: "KIND: WHAT". */
export type Inventory = ReadonlySet<string>;

/** Kinds of lines, in the order in which people look. */
export const INVENTORY_KINDS = [
  "network namespace",
  "link",
  "address",
  "route",
  "nftables rule",
  "OVS row",
  "northbound row",
  "address set member",
  "allocated address",
  "process",
  "mount",
  "file",
] as const;

/** How many lines of a kind there are. */
export function countKind(inventory: Inventory, kind: (typeof INVENTORY_KINDS)[number]): number {
  return [...inventory].filter((line) => line.startsWith(`${kind}: `)).length;
}

/** Tables of the northbound database that OVN's own daemons keep. */
const NOT_OURS = new Set(["NB_Global", "Connection", "SSL"]);

/**
 * Looks at links, addresses, routes and nftables rules of every node, ports and interfaces of its OVS, rows of the
 * northbound database (members of address sets one by one), network namespaces, processes, mounts and files; with
 * `prismnet` also at the addresses that it has given out.
 */
export async function takeInventory(
  central: Central,
  nodes: readonly BedNode[],
  prismnet?: BedPrismnet,
): Promise<Inventory> {
  const { bed } = central;
  const parts = await Promise.all([
    northboundRows(central),
    ...(prismnet === undefined ? [] : [allocations(prismnet)]),
    ...nodes.map((node) => nodeNetwork(node)),
    ...nodes.map((node) => ovsRows(node)),
  ]);
  return new Set([...parts.flat(), ...namespacesAndProcesses(bed), ...mounts(bed), ...files(bed)]);
}

/** What is there now and was not before, sorted. */
export function leftBehind(before: Inventory, after: Inventory): string[] {
  return [...after].filter((line) => !before.has(line)).sort();
}

/**
 * Looks until nothing is left behind or `timeoutMs` is over, and returns what is: kernel and OVS delete in the
 * background. Lines for which `expected` says true do not count.
 */
export async function leftAfterSettling(
  before: Inventory,
  look: () => Promise<Inventory>,
  options: { timeoutMs?: number; expected?: (line: string) => boolean } = {},
): Promise<string[]> {
  const deadline = performance.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    const left = leftBehind(before, await look()).filter((line) => options.expected?.(line) !== true);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(100);
  }
}

async function nodeNetwork(node: BedNode): Promise<string[]> {
  const links = JSON.parse(await node.run(["ip", "-j", "address"])) as {
    ifname: string;
    addr_info: { local: string; prefixlen: number; scope: string }[];
  }[];
  const routes = await Promise.all(
    ["-4", "-6"].map((family) => node.run(["ip", family, "route", "show", "table", "all"])),
  );
  // The kernel's own come and go with the link and the address that they belong to.
  const added = lines(routes.join("\n")).filter((route) => !route.includes("proto kernel"));
  const rules = await node.run(["nft", "--stateless", "list", "ruleset"]);
  return [
    ...links.map(({ ifname }) => `link: ${ifname} on ${node.name}`),
    ...links.flatMap(({ ifname, addr_info: addresses }) =>
      addresses
        .filter(({ scope }) => scope !== "link")
        .map(({ local, prefixlen }) => `address: ${local}/${prefixlen} of ${ifname} on ${node.name}`),
    ),
    ...added.map((route) => `route: ${route} on ${node.name}`),
    ...lines(rules).map((rule) => `nftables rule: ${rule} on ${node.name}`),
  ];
}

async function ovsRows(node: BedNode): Promise<string[]> {
  const tables = await dump(`unix:${node.ovsSocket}`, "Open_vSwitch");
  const kinds = new Set(["Bridge", "Port", "Interface", "QoS", "Queue", "Mirror"]);
  return tables
    .filter(({ caption }) => kinds.has(caption))
    .map((table) => withoutNoopQueueing(table))
    .flatMap((table) => rowNames(table).map((name) => `OVS row: ${table.caption} ${name} on ${node.name}`));
}

/** ovn-controller keeps a QoS row of type linux-noop for itself, and makes it when it first thinks of it. */
function withoutNoopQueueing(table: DumpedTable): DumpedTable {
  if (table.caption !== "QoS") return table;
  const type = table.headings.indexOf("type");
  return { ...table, data: table.data.filter((row) => row[type] !== "linux-noop") };
}

async function northboundRows(central: Central): Promise<string[]> {
  const leader = await central.nb.leader();
  const tables = await dump(leader.remote, "OVN_Northbound");
  return tables
    .filter(({ caption }) => !NOT_OURS.has(caption))
    .flatMap((table) => [
      ...rowNames(table).map((name) => `northbound row: ${table.caption} ${name}`),
      ...(table.caption === "Address_Set" ? addressSetMembers(table) : []),
    ]);
}

/** A table as `ovsdb-client --format=json dump` prints it. */
interface DumpedTable {
  /** "NAME table" in the output; NAME here. */
  readonly caption: string;
  readonly headings: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

async function dump(remote: string, database: string): Promise<DumpedTable[]> {
  const output = await run(["ovsdb-client", "--format=json", "dump", remote, database]);
  return lines(output).map((line) => {
    const table = JSON.parse(line) as DumpedTable;
    return { ...table, caption: table.caption.replace(/ table$/, "") };
  });
}

/** Rows by name, or by UUID where the table has none. */
function rowNames({ headings, data }: DumpedTable): string[] {
  const column = Math.max(headings.indexOf("name"), 0);
  const uuid = headings.indexOf("_uuid");
  return data.map((row) => {
    const name = row[column];
    return typeof name === "string" && name !== "" ? name : String((row[uuid] as readonly unknown[])[1]);
  });
}

function addressSetMembers({ headings, data }: DumpedTable): string[] {
  return data.flatMap((row) => {
    const name = String(row[headings.indexOf("name")]);
    return setOf(row[headings.indexOf("addresses")]).map(
      (member) => `address set member: ${String(member)} of ${name}`,
    );
  });
}

/** An OVSDB set: ["set", […]], or its only element bare (RFC 7047, section 5.1). */
function setOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value[0] === "set") return value[1] as readonly unknown[];
  return value === undefined ? [] : [value];
}

async function allocations(prismnet: BedPrismnet): Promise<string[]> {
  const all = await prismnet.allocations();
  return all.flatMap(({ ipAddresses, namespace, podName, nodeName }) =>
    ipAddresses.map((address) => `allocated address: ${address} of ${namespace}/${podName} on ${nodeName}`),
  );
}

/** The bed's own processes by name, so that a restarted one is the same; all others by ID and command line. */
function namespacesAndProcesses(bed: Bed): string[] {
  const namespaces = netnsOf(bed.id);
  const known = new Map(bed.processes.map(({ pid, name }) => [pid, name]));
  return [
    ...namespaces.map((name) => `network namespace: ${netnsPath(name)}`),
    ...processesIn(namespaces).map((pid) => `process: ${known.get(pid) ?? describeProcess(pid)}`),
  ];
}

function mounts(bed: Bed): string[] {
  const ours = lines(readFileSync("/proc/self/mountinfo", "utf8")).filter((line) => line.includes(bed.directory));
  return ours.map((line) => `mount: ${line.split(" ")[4] ?? line}`);
}

function files(bed: Bed): string[] {
  const entries = readdirSync(bed.directory, { recursive: true, encoding: "utf8" });
  return entries.filter((entry) => !entry.startsWith("log")).map((entry) => `file: ${bed.path(entry)}`);
}

function lines(text: string): string[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}
