import { Counter, Gauge, type Registry } from "prom-client";
import type { LoopDelay } from "./loop-delay.js";

/** What a scrape reads of a database's client; `ClientStatus` of the OVSDB client has all of it. */
export interface DatabaseReading {
  readonly name: string;
  readonly connected: boolean;
  readonly rows: number;
  readonly reconnects: number;
  readonly transactions: {
    readonly committed: number;
    readonly failed: number;
    readonly unknown: number;
    readonly sent: number;
  };
}

/** Values that somebody else keeps; they are read when Prometheus asks, and cost nothing before. */
export interface MetricSources {
  readonly databases: () => readonly DatabaseReading[];
  /** Pods by state of their port. */
  readonly ports: () => ReadonlyMap<string, number>;
  readonly queuedDels: () => number;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Pull {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly counter?: true;
  readonly read: () => readonly Sample[];
}

/** Registers a metric whose samples are made anew at each scrape, so that what is gone is not reported any longer. */
function pull(registry: Registry, { name, help, labels, counter, read }: Pull): void {
  const options = { name, help, labelNames: labels, registers: [registry] };
  const fill = (metric: Counter | Gauge): void => {
    metric.reset();
    for (const [sampleLabels, value] of read()) metric.inc(sampleLabels, value);
  };
  if (counter === true) {
    const metric: Counter = new Counter({ ...options, collect: () => fill(metric) });
  } else {
    const metric: Gauge = new Gauge({ ...options, collect: () => fill(metric) });
  }
}

export function registerSources(registry: Registry, sources: MetricSources): void {
  const perDatabase = (
    name: string,
    help: string,
    value: (database: DatabaseReading) => number,
    counter?: true,
  ): void =>
    pull(registry, {
      name,
      help,
      labels: ["database"],
      ...(counter && { counter }),
      read: () => sources.databases().map((database) => [{ database: database.name }, value(database)]),
    });
  perDatabase("k8shost_ovsdb_connected", "1: connected and in sync.", ({ connected }) => Number(connected));
  perDatabase("k8shost_ovsdb_replica_rows", "Rows held in memory.", ({ rows }) => rows);
  perDatabase("k8shost_ovsdb_reconnects_total", "Connections after the first.", ({ reconnects }) => reconnects, true);
  perDatabase(
    "k8shost_ovsdb_transactions_total",
    "Transactions on the wire: fewer than calls when callers were joined.",
    ({ transactions }) => transactions.sent,
    true,
  );
  pull(registry, {
    name: "k8shost_ovsdb_calls_total",
    help: "Calls that asked for a transaction, by outcome.",
    labels: ["database", "outcome"],
    counter: true,
    read: () =>
      sources
        .databases()
        .flatMap(({ name, transactions }) =>
          (["committed", "failed", "unknown"] as const).map((outcome): Sample => [
            { database: name, outcome },
            transactions[outcome],
          ]),
        ),
  });
  pull(registry, {
    name: "k8shost_pod_ports",
    help: "Pod ports of this node by state.",
    labels: ["state"],
    read: () => [...sources.ports()].map(([state, count]) => [{ state }, count]),
  });
  pull(registry, {
    name: "k8shost_queued_dels",
    help: "DELs queued on disk that are not replayed yet.",
    labels: [],
    read: () => [[{}, sources.queuedDels()]],
  });
}

/** What every process tells of itself, under the names that dashboards know. */
export function registerProcess(registry: Registry, loop: LoopDelay): void {
  const startedAt = Date.now() / 1e3 - process.uptime();
  const one = (name: string, help: string, value: () => number, counter?: true): void =>
    pull(registry, { name, help, labels: [], ...(counter && { counter }), read: () => [[{}, value()]] });
  one("process_start_time_seconds", "Unix time of the start.", () => startedAt);
  one("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  one("nodejs_heap_size_used_bytes", "JavaScript heap in use.", () => process.memoryUsage().heapUsed);
  one(
    "process_cpu_seconds_total",
    "Processor time, user and system.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    true,
  );
  pull(registry, {
    name: "k8shost_event_loop_delay_seconds",
    help: "How late the event loop was over the last minute.",
    labels: ["quantile"],
    read: () => {
      const { p50, p99, max } = loop.read();
      return [
        [{ quantile: "0.5" }, p50],
        [{ quantile: "0.99" }, p99],
        [{ quantile: "1" }, max],
      ];
    },
  });
}
