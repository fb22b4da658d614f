import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChannelCredentials } from "@grpc/grpc-js";
import { makeCertificates } from "@k8shost/agent/ovsdb/testing/certificates";
import { test } from "tap";
import { formatEndpoint } from "../endpoint.js";
import { connect, refusal, startStack } from "./testing/stack.js";

const pod = (containerId: string) => ({ namespace: "web", containerId, podName: "p", nodeName: "n" });
const TOKEN = "3a94c1bb8b3a4d1f9a0e";

interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

async function load({ certFile, keyFile }: { certFile: string; keyFile: string }): Promise<Pair> {
  return { cert: await readFile(certFile), key: await readFile(keyFile) };
}

/** Certificates of an authority, and a client's that another authority signed. */
async function certificates(directory: string) {
  const stranger = join(directory, "stranger");
  await mkdir(stranger);
  const [ours, theirs] = await Promise.all([makeCertificates(directory), makeCertificates(stranger)]);
  return {
    files: ours,
    server: { cert: ours.server.certFile, key: ours.server.keyFile },
    roots: await readFile(ours.caFile),
    client: await load(ours.client),
    impostor: await load(theirs.client),
  };
}

test("TLS: the server proves who it is; plaintext gets nothing", async (t) => {
  const stack = await startStack(t);
  const { server, roots } = await certificates(stack.directory);
  const { endpoint } = await stack.serve({ listen: "127.0.0.1:0", tls: { cert: server.cert, key: server.key } });
  const target = formatEndpoint(endpoint);
  const trusting = connect(t, target, { credentials: ChannelCredentials.createSsl(roots) });
  t.equal((await trusting.allocate(pod("a"))).ipAddress, "10.244.0.2/24");
  const doubting = connect(t, target, { credentials: ChannelCredentials.createSsl() });
  t.match(await refusal(doubting.allocate(pod("b"))), /^14 UNAVAILABLE/);
  t.match(await refusal(connect(t, target).allocate(pod("b"))), /^14 UNAVAILABLE/);
});

test("mutual TLS: only clients of the client CA", async (t) => {
  const stack = await startStack(t);
  const { files, server, client, impostor, roots } = await certificates(stack.directory);
  const tls = { cert: server.cert, key: server.key, clientCA: files.caFile };
  const { endpoint } = await stack.serve({ listen: "127.0.0.1:0", tls });
  const as = (pair?: Pair) =>
    connect(t, formatEndpoint(endpoint), {
      credentials: ChannelCredentials.createSsl(roots, pair?.key ?? null, pair?.cert ?? null),
    });
  t.equal((await as(client).allocate(pod("a"))).ipAddress, "10.244.0.2/24");
  t.match(await refusal(as().allocate(pod("b"))), /^14 UNAVAILABLE/);
  t.match(await refusal(as(impostor).allocate(pod("b"))), /^14 UNAVAILABLE/);
});

test("tokens: one of the file's, and nothing else", async (t) => {
  const stack = await startStack(t);
  const tokenFile = join(stack.directory, "tokens");
  await writeFile(tokenFile, `${TOKEN}\n\n  another-token-of-the-file  \n`);
  const { endpoint } = await stack.serve({ tokenFile });
  const bearing = (authorization?: string) =>
    connect(t, formatEndpoint(endpoint), authorization === undefined ? {} : { metadata: { authorization } });
  t.equal((await bearing(`Bearer ${TOKEN}`).allocate(pod("a"))).ipAddress, "10.244.0.2/24");
  t.equal((await bearing("bearer another-token-of-the-file").allocate(pod("b"))).ipAddress, "10.244.0.3/24");
  const bad = [
    undefined,
    "",
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN}x`,
    "Bearer",
    "Bearer  ",
    `Bearer ${TOKEN} x`,
  ];
  for (const authorization of bad) {
    t.match(
      await refusal(bearing(authorization).allocate(pod("c"))),
      /^16 UNAUTHENTICATED: authorization: a valid bearer token/,
      String(authorization),
    );
  }
  t.match(await refusal(bearing().list()), /^16 UNAUTHENTICATED/, "every method");
});

test("token and TLS together: both are needed", async (t) => {
  const stack = await startStack(t);
  const { server, roots } = await certificates(stack.directory);
  const tokenFile = join(stack.directory, "tokens");
  await writeFile(tokenFile, TOKEN);
  const { endpoint } = await stack.serve({
    listen: "127.0.0.1:0",
    tls: { cert: server.cert, key: server.key },
    tokenFile,
  });
  const credentials = ChannelCredentials.createSsl(roots);
  const metadata = { authorization: `Bearer ${TOKEN}` };
  t.ok(await connect(t, formatEndpoint(endpoint), { credentials, metadata }).allocate(pod("a")));
  t.match(await refusal(connect(t, formatEndpoint(endpoint), { credentials }).allocate(pod("a"))), /^16/);
  t.match(await refusal(connect(t, formatEndpoint(endpoint), { metadata }).allocate(pod("a"))), /^14/);
});

test("mutual TLS towards the northbound database", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "k8shost-prismnet-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const { files } = await certificates(directory);
  const port = await freePort();
  const own = [
    `--private-key=${files.server.keyFile}`,
    `--certificate=${files.server.certFile}`,
    `--ca-cert=${files.caFile}`,
  ];
  const stack = await startStack(t, { args: [`--remote=pssl:${String(port)}:127.0.0.1`, ...own] });
  const tls = { ca: files.caFile, cert: files.client.certFile, key: files.client.keyFile };
  const remotes = `ssl:127.0.0.1:${String(port)}`;
  const prismnet = await stack.client({ northbound: { remotes, tls } });
  t.equal((await prismnet.allocate(pod("a"))).ipAddress, "10.244.0.2/24");
  await t.rejects(stack.serve({ northbound: { remotes, tls: {} } }), {
    message: /northbound.*tls.*ca|an ssl: remote is trusted by it/s,
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("what cannot be served says which key is to blame", async (t) => {
  const stack = await startStack(t);
  const tokenFile = join(stack.directory, "tokens");
  const missing = join(stack.directory, "missing");
  await t.rejects(stack.serve({ tokenFile: missing }), { message: `tokenFile: cannot read ${missing}` });
  await writeFile(tokenFile, "short\n");
  await t.rejects(stack.serve({ tokenFile }), { message: /^tokenFile: .* at least 16 characters/ });
  await writeFile(tokenFile, "\n\n");
  await t.rejects(stack.serve({ tokenFile }), { message: /^tokenFile: / });
  await t.rejects(stack.serve({ tls: { cert: missing, key: missing } }), {
    message: `tls.cert: cannot read ${missing}`,
  });
  await t.rejects(stack.serve({ listen: `unix:${stack.directory}/no/such/folder` }), { message: /^listen: / });
});

test("a unix socket: for its owner alone; a dead server's is replaced, a living one's is not", async (t) => {
  const stack = await startStack(t);
  const socket = join(stack.directory, "prismnet.sock");
  const first = await stack.serve({ listen: `unix:${socket}` });
  t.equal((await stat(socket)).mode & 0o777, 0o600);
  await t.rejects(stack.serve({ listen: `unix:${socket}` }), {
    message: `listen: another process serves ${socket}; stop it first`,
  });
  await first.close();
  await t.rejects(stat(socket), { code: "ENOENT" });
  await writeFile(socket, "");
  await chmod(socket, 0o644);
  const second = await stack.serve({ listen: `unix:${socket}` });
  t.ok(await connect(t, formatEndpoint(second.endpoint)).allocate(pod("a")));
});

test("hostile requests over the wire: an error that names the field, and nothing is written", async (t) => {
  const stack = await startStack(t);
  const prismnet = await stack.client();
  const cases: [Parameters<typeof prismnet.allocate>[0], RegExp][] = [
    [{ ...pod("a"), namespace: "a\0b" }, /^3 INVALID_ARGUMENT: namespace: /],
    [{ ...pod("a"), namespace: "../kube-system" }, /^3 INVALID_ARGUMENT: namespace: /],
    [{ ...pod("../../etc/passwd") }, /^3 INVALID_ARGUMENT: container_id: /],
    [{ ...pod("a"), podName: "x".repeat(500_000) }, /^3 INVALID_ARGUMENT: pod_name: has 500000 characters/],
    [{ ...pod("a"), podName: "x".repeat(2_000_000) }, /^8 RESOURCE_EXHAUSTED: Received message larger than max/],
    [{ ...pod("a"), nodeName: "n\nk8shost/owner" }, /^3 INVALID_ARGUMENT: node_name: /],
    [{ ...pod("a"), ifName: "eth0 held" }, /^3 INVALID_ARGUMENT: if_name: /],
    [
      { ...pod("a"), staticAddresses: Array<string>(10_000).fill("10.244.0.5") },
      /^3 INVALID_ARGUMENT: static_addresses: at most one/,
    ],
    [{}, /^3 INVALID_ARGUMENT: namespace: is empty/],
  ];
  for (const [request, expected] of cases) t.match(await refusal(prismnet.allocate(request)), expected);
  t.match(await refusal(prismnet.createSwitch("A/B")), /^3 INVALID_ARGUMENT: namespace: /);
  t.match(await refusal(prismnet.release({ namespace: "web" })), /^3 INVALID_ARGUMENT: container_id: is empty/);
  t.match(await refusal(prismnet.list("n n")), /^3 INVALID_ARGUMENT: node_name: /);
  t.strictSame(await prismnet.list(), []);
  t.ok(await prismnet.allocate(pod("a")), "and it serves on");
});
