import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type GetNodeStatusResponse, NodeStatusService, type Port } from "@k8shost/proto/agent/v1/node_status";
import { type Test, test } from "tap";
import type { CommandContext } from "./command.js";
import { runCli } from "./run.js";
import { BROKEN, node, NOW, PLAIN } from "./testing/node.js";

/** An agent that answers `response`. */
async function serve(t: Test, response: GetNodeStatusResponse | undefined): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "k8shost-cli-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "agent.sock");
  const server = new Server();
  if (response !== undefined) {
    server.addService(NodeStatusService, {
      get: (_: unknown, done: (e: null, r: GetNodeStatusResponse) => void) => done(null, response),
    });
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  t.teardown(() => server.forceShutdown());
  return path;
}

async function cli(argv: readonly string[], changes: Partial<CommandContext> = {}) {
  let out = "";
  let err = "";
  const terminal = { ...PLAIN, write: (text: string) => (out += text), writeError: (text: string) => (err += text) };
  const code = await runCli(argv, { terminal, now: NOW, signal: new AbortController().signal, ...changes });
  return { code, out, err };
}

test("commands read the agent, and their exit code tells", async (t) => {
  const healthy = await serve(t, node());
  const broken = await serve(t, BROKEN);
  t.match(await cli(["status", "--socket", healthy]), { code: 0, out: /^worker-1 is healthy/, err: "" });
  t.match(await cli(["status", "--socket", broken]), { code: 1, out: /^worker-1: 2 problems/, err: "" });
  t.match(await cli(["ports", "--socket", healthy]), { code: 0, out: /^2 pods, all connected\./ });
  t.match(await cli(["ports", "--socket", broken, "-n", "shop"]), { code: 1, out: /FAIL {2}1 pod link-down/ });
  t.match(await cli(["ports", "--socket", broken, "-n", "other"]), {
    code: 0,
    out: "No pods of namespace other on this node.\n",
  });

  const { out } = await cli(["status", "--socket", broken, "--json"]);
  const parsed = JSON.parse(out) as Record<string, unknown>;
  t.match(parsed, { node: "worker-1", startedAtMs: NOW - 280_000_000, problems: [{ severity: "fail" }], swept: false });
  const ports = JSON.parse((await cli(["ports", "--socket", healthy, "--json"])).out) as { ports: Port[] };
  t.equal(ports.ports[1]?.containerId, "web-canary0123456789abcdef012345");
});

test("an agent that does not answer: 3, why, and what to do", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "k8shost-cli-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const missing = join(directory, "missing.sock");
  t.match(await cli(["status", "--socket", missing]), {
    code: 3,
    out: "",
    err: /missing\.sock: there is no such socket.*\nStart it with/s,
  });
  writeFileSync(join(directory, "file"), "");
  t.match(await cli(["ports", "--socket", join(directory, "file")]), {
    code: 3,
    err: /nobody serves this socket|this is no socket/,
  });
  t.match(await cli(["status", "--socket", await serve(t, undefined)]), { code: 3, err: /does not know NodeStatus/ });

  const silent = createServer();
  const path = join(directory, "silent.sock");
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  t.teardown(() => silent.close());
  const sockets = new Set<{ destroy: () => void }>();
  silent.on("connection", (socket) => sockets.add(socket.on("error", () => undefined)));
  const answer = await cli(["status", "--socket", path], { signal: AbortSignal.timeout(300) });
  t.match(answer, { code: 3, err: /does not answer/ });
  for (const socket of sockets) socket.destroy();
});

test("help and wrong arguments", async (t) => {
  t.match(await cli(["--help"]), { code: 0, out: /status .*\n {2}ports .*\n {2}doctor/ });
  t.match(await cli([]), { code: 2, out: /^Usage: k8shost COMMAND/ });
  for (const name of ["status", "ports", "doctor"]) {
    t.match(await cli([name, "--help"]), {
      code: 0,
      out: new RegExp(`^Usage: k8shost ${name} .*Exit code: 0`, "s"),
      err: "",
    });
  }
  t.match(await cli(["stauts"]), { code: 2, err: /no command "stauts"; did you mean status\?/ });
  t.match(await cli(["status", "--jsno"]), { code: 2, err: /Unknown option '--jsno' \(`k8shost status --help`\)\n$/ });
  t.match(await cli(["ports", "shop"]), { code: 2, err: /Unexpected argument 'shop'/ });
  t.match(await cli(["doctor", "--network.mtuu", "1"]), { code: 2, err: /did you mean --network\.mtu\?/ });
});

test("the program itself: no colour in a pipe, exit code, a reader that leaves early", async (t) => {
  const socket = await serve(t, BROKEN);
  const program = fileURLToPath(new URL("./main.js", import.meta.url));
  const run = (command: string): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      execFile("sh", ["-c", command, "sh", process.execPath, program, socket], (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });
  const piped = await run('"$1" "$2" status --socket "$3"');
  t.equal(piped.code, 1);
  t.match(piped.out, /^worker-1: 2 problems/);
  t.notOk(piped.out.includes("\u001b"));
  t.match(piped.out, /web0123456789abcdef0123456789abc/, "identifiers are whole");
  const early = await run('"$1" "$2" status --socket "$3" | true');
  t.equal(early.err, "");
});
