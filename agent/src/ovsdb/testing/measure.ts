import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { OVN_Northbound, OvsdbClient, absent, exists, insert, mutate, type Uuid } from "../index.js";
import { startCluster } from "./cluster.js";
import { startServer } from "./server.js";

// Usage: node dist/ovsdb/testing/measure.js
// Prints the figures of DESIGN.md: transactions per second, and what a replica of 10,000 ports costs.

const nb = OVN_Northbound.tables;
const rows = 10_000;

const [, , remote] = process.argv;
if (remote === undefined) await measure();
else await sync(remote);

async function measure(): Promise<void> {
  const server = await startServer({ schema: "nb" });
  try {
    const writer = new OvsdbClient({ name: "w", remotes: [server.remote], database: OVN_Northbound, monitor: {} });
    await writer.start();
    const [{ uuid }] = await writer.transact([insert(nb.Logical_Switch, { name: "measured" })]);
    await oneByOne(writer, uuid, 2000);
    await concurrent(writer, uuid, 50, 10_000);
    await concurrent(writer, uuid, 50, 10_000, false);
    await fill(writer, uuid);
    await scans(writer, uuid);
    await writer.close();
    // In a process of its own, so that memory is the replica's.
    for (let i = 0; i < 3; i++) {
      await once(fork(fileURLToPath(import.meta.url), [server.remote], { execArgv: ["--expose-gc"] }), "exit");
    }
  } finally {
    await server.stop();
  }
  await clustered();
}

async function clustered(): Promise<void> {
  const cluster = await startCluster("nb", "OVN_Northbound");
  try {
    console.log("a cluster of three:");
    const options = { name: "w", remotes: cluster.remotes, database: OVN_Northbound, monitor: {} };
    const writer = new OvsdbClient({ ...options, monitor: { Logical_Switch: { columns: ["name"] } } });
    await writer.start();
    const [{ uuid }] = await writer.transact([insert(nb.Logical_Switch, { name: "measured" })]);
    await oneByOne(writer, uuid, 500);
    await concurrent(writer, uuid, 50, 5000);
    await concurrent(writer, uuid, 50, 5000, false);
    await writer.close();
  } finally {
    await cluster.stop();
  }
}

/** What a condition on a column costs the server, which has no index for it but that of _uuid. */
async function scans(writer: Writer, uuid: Uuid): Promise<void> {
  const guards = {
    "guard by _uuid": exists(nb.Logical_Switch, uuid),
    "guard by name among the ports": absent(nb.Logical_Switch_Port, [["name", "==", "absent"]]),
  };
  for (const [what, guard] of Object.entries(guards)) {
    const start = performance.now();
    for (let i = 0; i < 200; i++) await writer.transact([guard]);
    console.log(`${what}: ${Math.round(((performance.now() - start) / 200) * 1000)} us`);
  }
}

type Writer = Pick<OvsdbClient<object, Record<never, never>>, "transact" | "status">;

async function oneByOne(writer: Writer, uuid: Uuid, count: number): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    await writer.transact([mutate(nb.Logical_Switch, uuid, [["external_ids", "insert", { key: `${i}` }]])]);
  }
  report("one by one", count, start, cpu);
}

async function concurrent(writer: Writer, uuid: Uuid, callers: number, count: number, group = true): Promise<void> {
  const before = writer.status().transactions.sent;
  const start = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;
  const call = async (caller: number): Promise<void> => {
    while (next++ < count) {
      const value = { [`caller${caller}`]: `${next}` };
      await writer.transact([mutate(nb.Logical_Switch, uuid, [["external_ids", "insert", value]])], { group });
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  report(`${callers} callers${group ? "" : ", not joined"}`, count, start, cpu);
  console.log(`  ${writer.status().transactions.sent - before} transactions on the wire`);
}

function report(what: string, count: number, start: number, cpu: NodeJS.CpuUsage): void {
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const perCall = Math.round((used.user + used.system) / count);
  console.log(`${what}: ${Math.round(count / seconds)} transactions/s, ${perCall} us of our CPU each`);
}

async function fill(writer: Writer, uuid: Uuid): Promise<void> {
  const add = (i: number): Promise<unknown> => {
    const port = insert(nb.Logical_Switch_Port, {
      name: `pod-${i}-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`,
      addresses: [`0a:58:0a:80:${i >> 8}:${i & 255} 10.128.${i >> 8}.${i & 255}`],
      port_security: [`0a:58:0a:80:${i >> 8}:${i & 255} 10.128.${i >> 8}.${i & 255}`],
      options: {
        "requested-chassis": `node-${i % 100}`,
        "iface-id-ver": `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
      },
      external_ids: {
        "k8shost-owner": "pod",
        "k8shost-container": `c${i}`,
        "k8shost-node": `node-${i % 100}`,
        pod: `ns/pod-${i}`,
      },
    });
    return writer.transact([port, mutate(nb.Logical_Switch, uuid, [["ports", "insert", [port.ref]]])]);
  };
  for (let i = 0; i < rows; i += 500) await Promise.all(Array.from({ length: 500 }, (_, k) => add(i + k)));
}

async function sync(remote: string): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const client = new OvsdbClient({
    name: "reader",
    remotes: [remote],
    database: OVN_Northbound,
    monitor: {
      Logical_Switch_Port: { columns: ["name", "addresses", "port_security", "options", "up", "external_ids"] },
    },
  });
  const start = performance.now();
  await client.start();
  const ms = Math.round(performance.now() - start);
  const peak = process.memoryUsage();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const mb = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MB`;
  console.log(
    `sync of ${client.status().rows} ports: ${ms} ms, RSS ${mb(before.rss)} -> ${mb(peak.rss)} -> ${mb(after.rss)}, heap ${mb(before.heapUsed)} -> ${mb(after.heapUsed)}`,
  );
  await client.close();
}
