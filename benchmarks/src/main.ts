import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { benchmarks } from "./catalogue.js";
import type { Benchmark } from "./harness/benchmark.js";
import { updateReadme } from "./harness/readme.js";
import type { Result } from "./harness/result.js";
import { runBenchmark, writeResult } from "./harness/run.js";
import { renderTable } from "./harness/table.js";

const usage = `npm run bench -- [--only NAME]... [--quick] [--list] [--readme [--verify]]

  --only NAME  this benchmark only (may be repeated)
  --quick      few rounds: to see that it works. Results go to .cache/benchmarks and replace nothing;
               otherwise they go to benchmarks/results and README.md
  --list       names and descriptions
  --readme     write the tables of benchmarks/results into README.md; with --verify: fail if they differ
`;

const root = path.resolve(import.meta.dirname, "../..");
const recorded = path.join(root, "benchmarks/results");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      readme: { type: "boolean", default: false },
      verify: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return print(usage);
  if (values.list) return print(benchmarks.map(({ name, describe }) => `${name}: ${describe}\n`).join(""));
  if (values.readme) return refreshReadme(values.verify);
  return run(select(values.only), values.quick);
}

function select(names: readonly string[]): readonly Benchmark[] {
  if (names.length === 0) return benchmarks;
  return names.map((name) => {
    const found = benchmarks.find((benchmark) => benchmark.name === name);
    if (found !== undefined) return found;
    throw new Error(`no benchmark "${name}"; there are: ${benchmarks.map((one) => one.name).join(", ")}`);
  });
}

/** Runs one after the other; a failure of one does not keep the others from running. */
async function run(selected: readonly Benchmark[], quick: boolean): Promise<number> {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      abort.abort(new Error(`${signal}: cleaning up`));
    });
  }
  const folder = quick ? path.join(root, ".cache/benchmarks") : recorded;
  const log = (text: string) => process.stderr.write(`${text}\n`);
  let failed = 0;
  for (const benchmark of selected) {
    try {
      abort.signal.throwIfAborted();
      const result = await runBenchmark(benchmark, { quick, signal: abort.signal, log });
      await writeResult(result, folder);
      print(`${renderTable(result)}  written: ${path.relative(root, folder)}/${benchmark.name}.{json,svg}\n\n`);
    } catch (error) {
      failed++;
      console.error(`${benchmark.name} failed:`, error);
    }
  }
  if (!quick) await refreshReadme(false);
  return failed === 0 ? 0 : 1;
}

async function refreshReadme(verify: boolean): Promise<number> {
  const file = path.join(root, "README.md");
  const current = await readFile(file, "utf8");
  const options = { ...(await resolveConfig(file)), parser: "markdown" };
  const wanted = await format(updateReadme(current, await recordedResults()), options);
  if (wanted === current) return print("README.md shows what benchmarks/results holds\n");
  if (verify) {
    process.stderr.write("README.md differs from benchmarks/results: run `npm run bench -- --readme`\n");
    return 1;
  }
  await writeFile(file, wanted);
  return print("README.md written\n");
}

/** In the order of the catalogue; benchmarks that were never recorded are left out. */
async function recordedResults(): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name } of benchmarks) {
    const text = await readFile(path.join(recorded, `${name}.json`), "utf8").catch(() => undefined);
    if (text !== undefined) results.push(JSON.parse(text) as Result);
  }
  return results;
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
