import { connect } from "node:net";
import { once } from "node:events";
import { test, type Test } from "tap";
import type { AgentError } from "./errors.js";
import { Metrics } from "./metrics.js";
import { type MetricsContent, startMetricsServer } from "./metrics-server.js";

function metrics(t: Test): Metrics {
  const made = new Metrics({ version: "0.1.0", node: "worker-1" });
  made.start();
  t.teardown(() => made.stop());
  return made;
}

/** Samples of the metrics whose name begins with `prefix`, without help and buckets. */
async function samples(source: Metrics, prefix: string): Promise<string[]> {
  const text = await source.text();
  return text.split("\n").filter((line) => line.startsWith(prefix) && !/_bucket\{.*le="(?!\+Inf)/.test(line));
}

test("verbs, stages and errors", async (t) => {
  const m = metrics(t);
  m.stage("ADD", "northbound", 0.004);
  m.verb("ADD", 0.03);
  m.verb("ADD", 30, { code: "DEADLINE", stage: "installed" });
  m.verb("ADD", 30, { code: "DEADLINE", stage: "installed" });
  t.strictSame(await samples(m, "k8shost_errors_total"), [
    'k8shost_errors_total{verb="ADD",stage="installed",code="DEADLINE"} 2',
  ]);
  t.strictSame(await samples(m, "k8shost_verb_duration_seconds"), [
    'k8shost_verb_duration_seconds_bucket{le="+Inf",verb="ADD",code="OK"} 1',
    'k8shost_verb_duration_seconds_sum{verb="ADD",code="OK"} 0.03',
    'k8shost_verb_duration_seconds_count{verb="ADD",code="OK"} 1',
    'k8shost_verb_duration_seconds_bucket{le="+Inf",verb="ADD",code="DEADLINE"} 2',
    'k8shost_verb_duration_seconds_sum{verb="ADD",code="DEADLINE"} 60',
    'k8shost_verb_duration_seconds_count{verb="ADD",code="DEADLINE"} 2',
  ]);
  t.match(await m.text(), /k8shost_stage_duration_seconds_bucket\{le="0\.005",verb="ADD",stage="northbound"\} 1\n/);
  t.match(await m.text(), /k8shost_stage_duration_seconds_bucket\{le="0\.0025",verb="ADD",stage="northbound"\} 0\n/);
});

test("sources are read at each scrape, and what is gone is not reported", async (t) => {
  const m = metrics(t);
  const transactions = { committed: 7, failed: 1, unknown: 0, sent: 5 };
  let databases = [{ name: "northbound", connected: true, rows: 12, reconnects: 1, transactions }];
  let ports = new Map([["waiting", 1]]);
  m.observe({ databases: () => databases, ports: () => ports, queuedDels: () => 3 });
  t.strictSame(await samples(m, "k8shost_ovsdb_c"), [
    'k8shost_ovsdb_connected{database="northbound"} 1',
    'k8shost_ovsdb_calls_total{database="northbound",outcome="committed"} 7',
    'k8shost_ovsdb_calls_total{database="northbound",outcome="failed"} 1',
    'k8shost_ovsdb_calls_total{database="northbound",outcome="unknown"} 0',
  ]);
  t.strictSame(await samples(m, "k8shost_pod_ports"), ['k8shost_pod_ports{state="waiting"} 1']);
  t.strictSame(await samples(m, "k8shost_queued_dels"), ["k8shost_queued_dels 3"]);
  ports = new Map([["installed", 2]]);
  databases = [{ ...databases[0]!, connected: false, rows: 0 }];
  t.strictSame(await samples(m, "k8shost_pod_ports"), ['k8shost_pod_ports{state="installed"} 2']);
  t.strictSame(await samples(m, "k8shost_ovsdb_connected"), ['k8shost_ovsdb_connected{database="northbound"} 0']);
  t.strictSame(await samples(m, "k8shost_ovsdb_replica"), ['k8shost_ovsdb_replica_rows{database="northbound"} 0']);
});

test("two instances share nothing", async (t) => {
  const [one, other] = [metrics(t), metrics(t)];
  one.verb("DEL", 1);
  t.strictSame(await samples(other, "k8shost_verb_duration_seconds"), []);
});

test("a blocked event loop shows", async (t) => {
  const m = metrics(t);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const until = performance.now() + 300;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [sample = ""] = await samples(m, 'k8shost_event_loop_delay_seconds{quantile="1"}');
  t.ok(Number(sample.split(" ")[1]) > 0.2, sample);
  t.ok(m.eventLoopP99Us() > 0);
});

function content(changes: Partial<MetricsContent> = {}): MetricsContent {
  return {
    contentType: "text/plain; version=0.0.4",
    text: () => Promise.resolve("k8shost_info 1\n"),
    unhealthy: () => [],
    unready: () => [],
    ...changes,
  };
}

test("endpoint", async (t) => {
  let unready: string[] = [];
  const server = await startMetricsServer("127.0.0.1:0", content({ unready: () => unready }));
  t.teardown(() => server.stop());
  const get = async (path: string, method = "GET"): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`, { method });
    return `${response.status} ${await response.text()}`;
  };
  t.equal(await get("/metrics"), "200 k8shost_info 1\n");
  t.equal(await get("/metrics?name=x"), "200 k8shost_info 1\n");
  t.equal(await get("/healthz"), "200 ok\n");
  t.equal(await get("/readyz"), "200 ok\n");
  t.equal(await get("/readyz", "HEAD"), "200 ");
  unready = ["northbound database: connection refused", "not swept yet"];
  t.equal(await get("/readyz"), "503 northbound database: connection refused\nnot swept yet\n");
  t.equal(await get("/healthz"), "200 ok\n");
  t.equal(await get("/nothing"), "404 /metrics, /healthz or /readyz\n");
  t.equal(await get("/metrics", "POST"), "405 only GET\n");
});

test("endpoint: a source that throws is an answer, not a crash", async (t) => {
  const text = (): Promise<string> => Promise.reject(new Error("a collector failed"));
  const server = await startMetricsServer("[::1]:0", content({ text }));
  t.teardown(() => server.stop());
  const response = await fetch(`http://[::1]:${server.address.port}/metrics`);
  t.equal(response.status, 500);
  t.equal(await response.text(), "a collector failed\n");
});

test("endpoint: an address that is taken; a stop that ends idle connections", async (t) => {
  const server = await startMetricsServer("127.0.0.1:0", content());
  const { port } = server.address;
  await t.rejects(startMetricsServer(`127.0.0.1:${port}`, content()), {
    name: "AgentError",
    message: `metrics.listen: 127.0.0.1:${port} cannot be served; choose another address or set it to off`,
  } satisfies Partial<AgentError>);
  const idle = connect(port, "127.0.0.1");
  await once(idle, "connect");
  idle.resume();
  const ended = once(idle, "close");
  await server.stop();
  await ended;
  await t.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
});
