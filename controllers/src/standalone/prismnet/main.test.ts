import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { startServer } from "@k8shost/agent/ovsdb/testing/server";
import { type Test, test } from "tap";
import { connect, refusal, startStack } from "./testing/stack.js";

const main = fileURLToPath(new URL("main.js", import.meta.url));

function start(
  t: Test,
  ...args: string[]
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

/** Everything that a process said, and how it ended. */
async function finish(child: ReturnType<typeof start>) {
  const exit = once(child, "exit");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as [number | null];
  return { code, stdout, stderr };
}

async function until(child: ReturnType<typeof start>, message: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  let rest = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
    if (lines.some((line) => line["msg"] === message)) return lines;
  }
  throw new Error(`ended without "${message}"`);
}

test("a configuration file, flags above it, ready, serving, SIGTERM", async (t) => {
  const stack = await startStack(t);
  const file = join(stack.directory, "prismnet.yaml");
  const listen = `unix:${stack.directory}/main.sock`;
  await writeFile(file, `listen: ${listen}\nclusterCIDR: 10.9.0.0/16\nnorthbound:\n  remotes: unix:/nowhere\n`);
  const child = start(t, "--config", file, "--northbound.remotes", stack.remote);
  const lines = await until(child, "ready");
  t.match(lines.at(-1), { service: "prismnet", msg: "ready", listen });
  const client = connect(t, listen);
  t.equal((await client.allocate({ namespace: "web", containerId: "a" })).ipAddress, "10.9.0.2/24");
  client.close();
  child.kill("SIGTERM");
  t.equal((await finish(child)).code, 0);
});

test("it listens and ends while the database is away", async (t) => {
  const stack = await startStack(t);
  const child = start(
    t,
    "--listen",
    `unix:${stack.directory}/main.sock`,
    "--northbound.remotes",
    `unix:${stack.directory}/nowhere`,
  );
  await until(child, "listening");
  child.kill("SIGINT");
  const { code, stdout } = await finish(child);
  t.equal(code, 0);
  t.notMatch(stdout, /"msg":"ready"/);
});

test("a database whose schema has not what we need ends it with the reason", async (t) => {
  const stack = await startStack(t);
  const tables = { Address_Set: { columns: { name: { type: "string" } } } };
  const ancient = await startServer({
    schema: { name: "OVN_Northbound", version: "0.1.0", tables } as { name: string },
  });
  t.teardown(() => ancient.stop());
  const child = start(t, "--listen", `unix:${stack.directory}/main.sock`, "--northbound.remotes", ancient.remote);
  const { code, stdout } = await finish(child);
  t.equal(code, 1);
  t.match(stdout, /"level":60.*Address_Set\.external_ids/);
});

test("a server without a northbound database: the log says so, and so do the answers", async (t) => {
  const stack = await startStack(t);
  const other = await startServer({ schema: "vswitch" });
  t.teardown(() => other.stop());
  const listen = `unix:${stack.directory}/main.sock`;
  const child = start(t, "--listen", listen, "--northbound.remotes", other.remote);
  const before = await until(child, "listening");
  const client = connect(t, listen);
  t.match(
    await refusal(client.allocate({ namespace: "web", containerId: "a" }, 2_000)),
    /^14 UNAVAILABLE: northbound database .*OVN_Northbound/,
  );
  client.close();
  child.kill("SIGTERM");
  const { code, stdout } = await finish(child);
  t.equal(code, 0);
  const warning = /"level":40.*it serves no database OVN_Northbound/;
  t.match(before.map((line) => JSON.stringify(line)).join("\n") + stdout, warning);
});

test("bad configurations: exit code 2, every problem with its key", async (t) => {
  const bad: [string[], RegExp][] = [
    [["--listn", "x"], /--listn: unknown flag; did you mean --listen\?/],
    [["--cluster-cidr", "10.244.0.7/16"], /--cluster-cidr.*expected .*host bits zero.*10\.244\.0\.7\/16/],
    [
      ["--cluster-cidr", "10.0.0.0/16,10.1.0.0/16"],
      /clusterCIDR.*: two IPv4 networks: give one per address family|--cluster-cidr.*: two IPv4 networks/,
    ],
    [["--cluster-cidr", "10.0.0.0/26"], /smaller than one block: widen it to a \/24 or raise blockPrefix4/],
    [["--block-prefix4", "31"], /--block-prefix4: expected 20 to 28; got 31/],
    [["--listen", "0.0.0.0:5000"], /--listen: other machines can reach it: set tls.cert and tls.key/],
    [["--tls.cert", "/x"], /tls.key: missing: cert and key go together/],
    [["--tls.client-ca", "/x"], /tls.cert: missing/],
    [["--dns-servers", "resolver"], /--dns-servers\[0\]: expected an IP address; got "resolver"/],
    [["--northbound.remotes", "nb:6641"], /--northbound.remotes.*expected unix:/],
    [["--config", "/nonexistent/file.yaml"], /\/nonexistent\/file.yaml: cannot be read/],
  ];
  const results = await Promise.all(bad.map(async ([args]) => await finish(start(t, ...args))));
  results.forEach(({ code, stderr }, i) => {
    t.equal(code, 2);
    t.match(stderr, bad[i]?.[1]);
  });
});

test("--help names every key", async (t) => {
  const { code, stdout } = await finish(start(t, "--help"));
  t.equal(code, 0);
  for (const flag of [
    "config",
    "listen",
    "tls.client-ca",
    "token-file",
    "northbound.remotes",
    "cluster-cidr",
    "block-prefix4",
  ]) {
    t.match(stdout, new RegExp(`^  --${flag.replace(".", "\\.")} +[A-Z]`, "m"));
  }
});
