import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ErrorCode } from "./errors.js";
import { LoopDelay } from "./loop-delay.js";
import { type MetricSources, registerProcess, registerSources } from "./metric-sources.js";

export type Verb = "ADD" | "DEL" | "CHECK" | "STATUS" | "GC" | "SWEEP";

/** Upper bounds in seconds: OVN's part of an ADD is 20-130 ms, deadlines are tens of seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The agent's Prometheus metrics, in a registry of their own. Whoever serves a verb calls `stage` and `verb`; the rest is
 * read from `sources` at each scrape.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #loop = new LoopDelay();
  readonly #verbs: Histogram<"verb" | "code">;
  readonly #stages: Histogram<"verb" | "stage">;
  readonly #errors: Counter<"verb" | "stage" | "code">;

  constructor(options: { readonly version: string; readonly node: string }) {
    const registers = [this.#registry];
    this.#verbs = new Histogram({
      name: "k8shost_verb_duration_seconds",
      help: "Time to serve a CNI verb, by its outcome: OK or a code of the error catalogue.",
      labelNames: ["verb", "code"],
      buckets: BUCKETS,
      registers,
    });
    this.#stages = new Histogram({
      name: "k8shost_stage_duration_seconds",
      help: "Time of one stage of a CNI verb.",
      labelNames: ["verb", "stage"],
      buckets: BUCKETS,
      registers,
    });
    this.#errors = new Counter({
      name: "k8shost_errors_total",
      help: "Failed CNI verbs by the stage that failed.",
      labelNames: ["verb", "stage", "code"],
      registers,
    });
    new Gauge({ name: "k8shost_info", help: "Always 1.", labelNames: ["version", "node"], registers }).set(options, 1);
    registerProcess(this.#registry, this.#loop);
  }

  /** One stage of a verb took this long. */
  stage(verb: Verb, stage: string, seconds: number): void {
    this.#stages.observe({ verb, stage }, seconds);
  }

  /** A verb succeeded, or failed with `error` at `stage`. */
  verb(verb: Verb, seconds: number, failure?: { readonly code: ErrorCode; readonly stage: string }): void {
    this.#verbs.observe({ verb, code: failure?.code ?? "OK" }, seconds);
    if (failure !== undefined) this.#errors.inc({ verb, stage: failure.stage, code: failure.code });
  }

  /** Call once: what to read at each scrape. */
  observe(sources: MetricSources): void {
    registerSources(this.#registry, sources);
  }

  /** The event loop's delay lately, 99th percentile, in microseconds. */
  eventLoopP99Us(): number {
    return Math.round(this.#loop.read().p99 * 1e6);
  }

  start(): void {
    this.#loop.start();
  }

  stop(): void {
    this.#loop.stop();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
