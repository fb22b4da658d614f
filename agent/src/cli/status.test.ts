import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import {
  type Database,
  type Failure,
  type GetNodeStatusResponse,
  NodeStatusService,
  type Port,
} from "@k8shost/proto/agent/v1/node_status";
import { type Test, test } from "tap";
import type { CommandContext } from "./command.js";
import { portsText } from "./ports.js";
import { problemsOf } from "./problems.js";
import { runCli } from "./run.js";
import { statusText } from "./status-text.js";

const NOW = 1_800_000_000_000;
const PLAIN = { columns: undefined, colour: false };

function database(name: string, changes: Partial<Database> = {}): Database {
  return {
    name,
    remote: name === "northbound" ? "tcp:prismnet-server:6641" : "unix:/var/run/openvswitch/db.sock",
    connected: true,
    roundTripUs: 310,
    silentMs: 1_200,
    rows: 42,
    reconnects: 0n,
    error: "",
    role: name === "northbound" ? "leader" : "standalone",
    schemaVersion: "7.0.0",
    queuedTransactions: 0,
    ...changes,
  };
}

function port(pod: string, changes: Partial<Port> = {}): Port {
  const containerId = `${pod}0123456789abcdef0123456789abcdef`.slice(0, 32);
  return {
    namespace: "shop",
    pod,
    containerId,
    ifName: "eth0",
    addresses: ["10.244.1.5/24"],
    mac: "0a:58:0a:f4:01:05",
    logicalPort: `${pod}-${containerId}`,
    logicalSwitch: "k8s-shop",
    hostLink: "pn0123456789ab",
    ofport: 4,
    state: "installed",
    ...changes,
  };
}

function failure(changes: Partial<Failure> = {}): Failure {
  return {
    atMs: BigInt(NOW - 125_000),
    verb: "ADD",
    stage: "installed",
    code: "DEADLINE",
    message: "installed: ovn-controller did not install the port's flows (look at ovn-controller's log)",
    containerId: "c9",
    namespace: "shop",
    pod: "db-0",
    ...changes,
  };
}

function node(changes: Partial<GetNodeStatusResponse> = {}): GetNodeStatusResponse {
  return {
    node: "worker-1",
    version: "0.1.0",
    startedAtMs: BigInt(NOW - 280_000_000),
    chassis: "worker-1",
    datapath: "netdev",
    mtu: 1442,
    databases: [database("northbound"), database("openvswitch")],
    ports: [port("web"), port("web-canary")],
    failures: [],
    conditions: [],
    warnings: [],
    swept: true,
    managementPort: { link: "prism0", addresses: ["100.64.0.2/16"], ready: true, error: "" },
    queuedDels: 0,
    residentBytes: 83_000_000n,
    eventLoopP99Us: 400,
    ...changes,
  };
}

test("a healthy node", (t) => {
  t.equal(
    statusText(node(), NOW, PLAIN),
    `worker-1 is healthy: 2 pods connected.

Chassis     worker-1
Datapath    userspace (netdev), pod MTU 1442
Node's port prism0 100.64.0.2/16 ready
Agent       0.1.0, up 3d 5h, 83 MB, event loop 0.4 ms late (p99), leftovers swept

DATABASE     STATE      ROLE        ROUND TRIP  SILENT  ROWS  QUEUED  RECONNECTS  REMOTE
northbound   connected  leader         0.31 ms      1s    42       0           0  tcp:prismnet-server:6641
openvswitch  connected  standalone     0.31 ms      1s    42       0           0  unix:/var/run/openvswitch/db.sock

NAMESPACE  POD         ADDRESS        STATE      LINK            LOGICAL PORT                                 CONTAINER
shop       web         10.244.1.5/24  installed  pn0123456789ab  web-web0123456789abcdef0123456789abc         web0123456789abcdef0123456789abc
shop       web-canary  10.244.1.5/24  installed  pn0123456789ab  web-canary-web-canary0123456789abcdef012345  web-canary0123456789abcdef012345
`,
  );
  t.end();
});

const BROKEN = node({
  chassis: "",
  datapath: "",
  mtu: 0,
  swept: false,
  databases: [database("northbound", { connected: false, rows: 0, reconnects: 3n, error: "connect ECONNREFUSED" })],
  conditions: ["the OVN northbound database does not answer (tcp:prismnet-server:6641: connect ECONNREFUSED)"],
  ports: [port("web"), port("db", { state: "link-down" }), port("api", { state: "waiting", addresses: [] })],
  failures: [failure(), failure({ atMs: BigInt(NOW - 3_600_000), pod: "", namespace: "" })],
  managementPort: { link: "prism0", addresses: [], ready: false, error: "no address from PrismNET" },
  queuedDels: 1,
});

test("a broken node: what is wrong comes first, with its remedy", (t) => {
  t.equal(
    statusText(BROKEN, NOW, { columns: 80, colour: false }),
    `worker-1: 2 problems, 4 warnings.
  FAIL  new pods get no network: the OVN northbound database does not answer
        (tcp:prismnet-server:6641: connect ECONNREFUSED)
        fix: \`k8shost doctor\` checks each part and says how to mend it.
  FAIL  1 pod link-down: shop/db
        fix: The pod's end of the veth is down or gone. Look at
             \`ip -n NETNS link\` in its sandbox; when its eth0 is missing, delete
             the pod.
  WARN  1 pod waiting: shop/api
        fix: ovn-controller has not installed its flows. Normal for less than a
             second; else look at ovn-controller's log and at \`ovn-sbctl show\`.
  WARN  the node's own port prism0 is not ready: no address from PrismNET
        fix: Until it is, kubelet's probes, Services and egress do not work for
             the pods of this node. \`k8shost doctor\` looks closer.
  WARN  1 DEL from when the agent was down waits for replay
        fix: The agent replays them by itself as soon as new pods get their
             network; until then their addresses stay taken.
  WARN  1 operation failed in the last 10m, most recently ADD at stage installed
        (DEADLINE)
        fix: Their messages are below, each with what to look at.

Chassis     not known: not registered, or the southbound database cannot be read
Datapath    not known yet
Node's port prism0 not ready
Agent       0.1.0, up 3d 5h, 83 MB, event loop 0.4 ms late (p99), leftovers not swept yet

DATABASE    STATE  ROLE  ROUND TRIP  SILENT  ROWS  QUEUED  RECONNECTS  REMOTE
northbound  down   -              -       -     0       0           3  tcp:prismnet-se…

NAMESPACE  POD  ADDRESS        STATE      LINK            LOGICAL PORT  CONTAINER
shop       db   10.244.1.5/24  link-down  pn0123456789ab  db-db012345…  db012345678…
shop       api  -              waiting    pn0123456789ab  api-api0123…  api01234567…
shop       web  10.244.1.5/24  installed  pn0123456789ab  web-web0123…  web01234567…

Last failures
  2m 5s ago  ADD shop/db-0  stage installed  DEADLINE
        installed: ovn-controller did not install the port's flows (look at
        ovn-controller's log)
  1h ago  ADD c9  stage installed  DEADLINE
        installed: ovn-controller did not install the port's flows (look at
        ovn-controller's log)
`,
  );
  t.end();
});

test("the southbound database and the chassis", (t) => {
  const southbound = database("southbound", { remote: "tcp:sb:6642" });
  const whats = (changes: Partial<GetNodeStatusResponse>) =>
    problemsOf(node(changes), NOW).map(({ severity, what }) => `${severity} ${what}`);
  t.strictSame(whats({ databases: [southbound] }), []);
  t.strictSame(whats({ databases: [southbound], chassis: "" }), [
    "fail ovn-controller has not registered this node in the southbound database: new pods never become ready",
  ]);
  t.strictSame(whats({ databases: [{ ...southbound, connected: false, error: "refused" }], chassis: "" }), [
    "warn the southbound database cannot be read (tcp:sb:6642: refused)",
  ]);
  t.strictSame(whats({ databases: [database("northbound", { silentMs: 20_000 })] }), [
    "warn the northbound database has been silent for 20s (tcp:prismnet-server:6641)",
  ]);
  t.strictSame(whats({ eventLoopP99Us: 240_000, warnings: ["mtu differs"] }), [
    "warn the agent's event loop was 240ms late (99th percentile)",
    "warn mtu differs",
  ]);
  t.end();
});

test("ports: broken ones first, and many of a kind in one line", (t) => {
  const many = Array.from({ length: 5 }, (_, n) => port(`db-${n}`, { state: "no-link", hostLink: "" }));
  t.equal(
    portsText([port("web"), ...many], undefined, PLAIN).split("\n\n")[0],
    `6 pods, 1 connected.
  FAIL  5 pods no-link: shop/db-0, shop/db-1, shop/db-2 and 2 more
        fix: The host's end of the veth or its port on the integration bridge is gone, and the pod
             has no network. Delete the pod so that it is made anew.`,
  );
  t.equal(portsText([], "shop", PLAIN), "No pods of namespace shop on this node.\n");
  t.end();
});

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
  t.notMatch(piped.out, /\u001b/);
  t.match(piped.out, /web0123456789abcdef0123456789abc/, "identifiers are whole");
  const early = await run('"$1" "$2" status --socket "$3" | true');
  t.equal(early.err, "");
});
