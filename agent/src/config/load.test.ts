import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type Test, test } from "tap";
import { AgentError } from "../errors.js";
import { loadConfig } from "./load.js";
import { configReference, configUsage } from "./reference.js";

const REQUIRED = ["--northbound.remotes", "tcp:nb:6641", "--prismnet.endpoint", "prismnet:5000"];

/** A file with `text`; its name is `FILE` in what `problems` returns. */
function file(t: Test, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "k8shost-config-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "agent.yaml"), text);
  return join(directory, "agent.yaml");
}

function load(argv: readonly string[]) {
  return loadConfig(argv, { defaultFile: "/nonexistent/agent.yaml" });
}

/** The whole error text, or "" when the configuration is accepted. */
function problems(argv: readonly string[]): string {
  try {
    load(argv);
    return "";
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== "INVALID_CONFIG") throw error;
    const at = argv.indexOf("--config");
    return at === -1 ? error.message : error.message.replaceAll(argv[at + 1] ?? "", "FILE");
  }
}

test("the required keys alone are enough", (t) => {
  const { config, file: read } = load(REQUIRED);
  t.equal(read, undefined);
  t.equal(config.nodeName, hostname().toLowerCase());
  t.strictSame(config.northbound, { remotes: ["tcp:nb:6641"], tls: {}, leaderOnly: true });
  t.strictSame(config.deadlines, { add: 30_000, del: 30_000, check: 10_000, gc: 60_000 });
  t.strictSame(config.network.clusterCIDR, ["10.244.0.0/16"]);
  t.strictSame(config.network.egress, { enabled: true, masquerade: true });
  t.strictSame(config.southbound.remotes, []);
  t.end();
});

test("flags lie over the file, the file over the defaults", (t) => {
  const path = file(
    t,
    `
northbound: { remotes: [ "tcp:a:6641", "unix:/run/nb.sock" ], leaderOnly: false }
prismnet: { endpoint: "[2001:db8::1]:5000" }
network:
  mtu: 1400
  clusterCIDR: 10.1.0.0/16, fd00:10::/48
  egress: # nothing below
deadlines: { add: 1.5s, del: 2m }
log: { level: debug, pretty: true }
metrics:
`,
  );
  const { config, file: read } = load([
    ...["--config", path, "--network.mtu=9000", "--log.level", "warn", "--no-log.pretty", "--metrics.listen", "off"],
    ...[
      "--network.service-cidr",
      "10.96.0.0/12",
      "--network.service-cidr",
      "fd00:20::/108",
      "--northbound.leader-only",
    ],
  ]);
  t.equal(read, path);
  t.strictSame(config.northbound.remotes, ["tcp:a:6641", "unix:/run/nb.sock"]);
  t.equal(config.northbound.leaderOnly, true);
  t.equal(config.network.mtu, 9000);
  t.strictSame(config.network.clusterCIDR, ["10.1.0.0/16", "fd00:10::/48"]);
  t.strictSame(config.network.serviceCIDR, ["10.96.0.0/12", "fd00:20::/108"]);
  t.strictSame(config.network.egress, { enabled: true, masquerade: true });
  t.match(config.deadlines, { add: 1_500, del: 120_000 });
  t.strictSame(config.log, { level: "warn", pretty: false });
  t.equal(config.metrics.listen, "off");
  t.end();
});

test("JSON is read too", (t) => {
  const json = JSON.stringify({ northbound: { remotes: ["tcp:a:1"] }, prismnet: { endpoint: "unix:/run/p.sock" } });
  t.equal(load(["--config", file(t, json)]).config.prismnet.endpoint, "unix:/run/p.sock");
  t.end();
});

test("every problem is told at once, with its place and its remedy", (t) => {
  const path = file(
    t,
    `nodename: worker-1
northbound:
  remotes: tcp:a:6641,tcp:b
ovn:
  northbound: tcp:x:1
  encapType: geneve
prismnetEndpoint: a:5000
mtu: 1400
network:
  mtu: 100
  clusterCIDR: [10.244.1.0/16]
deadlines: 30s
`,
  );
  t.equal(
    problems(["--config", path, "--log.levle", "debug", "--network.encap-type", "gre", "stray"]),
    `the configuration has 12 problems:
  --log.levle: unknown flag; did you mean --log.level?
  stray: unexpected argument; every setting is a flag, such as --node-name stray
  FILE:3: northbound.remotes[1]: expected unix:/PATH, tcp:HOST:PORT or ssl:HOST:PORT; got "tcp:b"
  prismnet.endpoint: missing; set it in FILE or with --prismnet.endpoint (HOST:PORT or unix:/PATH)
  FILE:11: network.clusterCIDR[0]: expected a network such as "10.244.0.0/16" with all host bits zero; got "10.244.1.0/16"
  FILE:10: network.mtu: expected 0, or 576 to 65535; got 100
  --network.encap-type: expected one of geneve, vxlan; got "gre"
  FILE:12: deadlines: expected a section of keys; got "30s"
  FILE:1: nodename: unknown key; did you mean nodeName?
  FILE:4: ovn: unknown key; did you mean northbound.remotes, network.encapType?
  FILE:7: prismnetEndpoint: unknown key; did you mean prismnet.endpoint?
  FILE:8: mtu: unknown key; did you mean network.mtu?`,
  );
  t.end();
});

test("one problem, told in whole", (t) => {
  const cases: readonly (readonly [argv: readonly string[], problem: string])[] = [
    [["--network.mtu"], "--network.mtu: needs a value: 0, or 576 to 65535"],
    [["--network.mtu", "1e3"], '--network.mtu: expected 0, or 576 to 65535; got "1e3"'],
    [["--log.pretty=perhaps"], '--log.pretty: expected true or false; got "perhaps"'],
    [["--node-name", "Worker_1"], '--node-name: expected a lower-case DNS name; got "Worker_1"'],
    [["--socket", "agent.sock"], '--socket: expected an absolute path; got "agent.sock"'],
    [["--deadlines.add", "0s"], '--deadlines.add: expected a duration such as "500ms", "30s" or "2m"; got "0s"'],
    [["--deadlines.add", "30"], '--deadlines.add: expected a duration such as "500ms", "30s" or "2m"; got "30"'],
    [["--no-northbound.remotes"], "--no-northbound.remotes: unknown flag; did you mean --northbound.remotes?"],
    [["--northbound.remotes", ""], "--northbound.remotes: empty: name at least one remote"],
    [["--northbound.remotes", "ssl:a:6641"], "northbound.tls.ca: missing: an ssl: remote is trusted by it"],
    [["--prismnet.tls.cert", "/c.pem"], "prismnet.tls.key: missing: cert and key go together"],
    [
      ["--prismnet.token-file", "/token"],
      "prismnet.tls.ca: missing: a token never travels without TLS to another machine",
    ],
    [
      ["--network.service-cidr", "10.244.128.0/20"],
      "--network.service-cidr: overlaps network.clusterCIDR: pods and Services need networks of their own",
    ],
    [
      ["--network.cluster-cidr", "10.0.0.0/16,10.1.0.0/16", "--network.service-cidr", "10.96.0.0/12"],
      "--network.cluster-cidr: two IPv4 networks: give one per address family",
    ],
  ];
  for (const [argv, problem] of cases) {
    const base = argv[0] === "--northbound.remotes" ? REQUIRED.slice(2) : REQUIRED;
    t.equal(problems([...base, ...argv]), `the configuration has a problem:\n  ${problem}`, argv.join(" "));
  }
  t.end();
});

test("a file that cannot be read says so, and nothing else", (t) => {
  t.equal(
    problems(["--config", "/nonexistent/x.yaml"]),
    "the configuration has a problem:\n  FILE: cannot be read (ENOENT); create it, or name another one with --config",
  );
  t.match(problems([...REQUIRED, "--config", tmpdir()]), /FILE: cannot be read \(EISDIR\)/);
  t.match(problems([...REQUIRED, "--config", file(t, "a: [1\nb: 2\n")]), /a problem:\n {2}FILE:2: /);
  t.match(problems([...REQUIRED, "--config", file(t, "socket: /a\nsocket: /b\n")]), /FILE:2: Map keys must be unique/);
  t.match(problems([...REQUIRED, "--config", file(t, "- a\n- b\n")]), /FILE:1: expected keys with values/);
  t.end();
});

test("hostile files", (t) => {
  t.match(
    problems([...REQUIRED, "--config", file(t, "__proto__: { socket: /evil }\n")]),
    /FILE:1: __proto__: unknown key/,
  );
  t.match(problems([...REQUIRED, "--config", file(t, "network: { constructor: { mtu: 1400 } }\n")]), /unknown key/);
  t.match(
    problems([...REQUIRED, "--config", file(t, 'socket: "/a\\0b"\n')]),
    /FILE:1: socket: expected an absolute path/,
  );
  const bomb = [
    "a: &a [x,x]",
    ...Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : "a"},*${i ? `b${i - 1}` : "a"}]`),
  ];
  t.match(problems([...REQUIRED, "--config", file(t, bomb.join("\n"))]), /FILE:1: .*alias/i);
  t.end();
});

test("CONFIG.md is what the schema says", (t) => {
  const written = readFileSync(new URL("../../CONFIG.md", import.meta.url), "utf8");
  t.equal(written, configReference(), "run: node agent/dist/config/write-reference.js");
  t.match(configUsage(), /^ {2}--network\.cluster-cidr +Networks of the pods.* \[10\.244\.0\.0\/16\]$/m);
  t.end();
});
