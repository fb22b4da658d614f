import { startServer } from "@k8shost/agent/ovsdb/testing/server";
import { AllocateIPRequest, NetworkServiceClient } from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import { ChannelCredentials } from "@grpc/grpc-js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

// Usage: node dist/standalone/prismnet/testing/measure.js
// Prints the figures of DESIGN.md: AllocateIP over gRPC, the server in a process of its own, in one namespace.

const main = fileURLToPath(new URL("../main.js", import.meta.url));
const database = await startServer({ schema: "nb" });
const listen = `unix:${database.folder}/prismnet.sock`;
const server = spawn(process.execPath, [main, "--listen", listen, "--northbound.remotes", database.remote], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  for await (const line of server.stdout) if (String(line).includes('"ready"')) break;
  const client = new NetworkServiceClient(listen, ChannelCredentials.createInsecure());
  let containers = 0;
  const allocate = () =>
    new Promise<number>((resolve, reject) => {
      containers += 1;
      const request = { namespace: "web", containerId: `${"0".repeat(56)}${String(containers).padStart(8, "0")}` };
      const names = { podName: `web-${String(containers)}`, nodeName: `worker-${String(containers % 100)}` };
      const start = performance.now();
      client.allocateIp(AllocateIPRequest.create({ ...request, ...names }), (error) => {
        if (error === null) resolve(performance.now() - start);
        else reject(error);
      });
    });
  const serial = async (count: number) => {
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) times.push(await allocate());
    return times;
  };
  const together = async (width: number, rounds: number) => {
    const times: number[] = [];
    for (let i = 0; i < rounds; i += 1) times.push(...(await Promise.all(Array.from({ length: width }, allocate))));
    return times;
  };
  report("warm-up", await serial(200));
  report("one at a time", await serial(500));
  report("50 at once", await together(50, 40));
  while (containers < 10_000) await together(200, 1);
  report(`one at a time, ${String(containers)} held`, await serial(500));
  report(`50 at once, ${String(containers)} held`, await together(50, 40));
  client.close();
} finally {
  server.kill();
  await once(server, "exit");
  await database.stop();
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => `${(sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(2)} ms`;
  console.log(`${what}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`);
}
