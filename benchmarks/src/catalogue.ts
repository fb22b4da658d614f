import type { Benchmark } from "./harness/benchmark.js";
import { podAdd } from "./pod-add.js";

/** All benchmarks, in the order in which `npm run bench` runs them. */
export const benchmarks: readonly Benchmark[] = [podAdd];
