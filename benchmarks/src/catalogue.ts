import type { Benchmark } from "./harness/benchmark.js";
import { agentFootprint } from "./agent-footprint.js";
import { cniExec } from "./cni-exec.js";
import { podAdd } from "./pod-add.js";
import { podTraffic } from "./pod-traffic.js";

/** All benchmarks, in the order in which `npm run bench` runs them. */
export const benchmarks: readonly Benchmark[] = [cniExec, podAdd, podTraffic, agentFootprint];
