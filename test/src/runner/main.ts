import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { renderOutcome } from "./report.js";
import { runTapFile } from "./tap-file.js";

const usage = `npm test [-- [--unit] [PART-OF-A-PATH]...]

  --unit  only the tests beside the code, not those of test/
`;

const root = path.resolve(import.meta.dirname, "../../..");
const logs = path.join(root, ".cache/test-output");
/** These build whole nodes and load the machine: one file at a time, after all others. */
const alone = "test/src/";
const jobs = 2;
const timeoutMs = 600_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { unit: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const files = (await testFiles())
    .filter((file) => !values.unit || !file.startsWith(alone))
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
  if (files.length === 0) throw new Error(`no test file matches: ${positionals.join(", ")}`);
  const start = performance.now();
  const totals = await runAll(files);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`\n${String(files.length)} files in ${seconds} s; output of each in ${path.relative(root, logs)}`);
  console.log(`tests: ${String(totals.passed)} passed, ${String(totals.failed)} failed`);
  return totals.failed === 0 ? 0 : 1;
}

async function runAll(files: readonly string[]): Promise<{ passed: number; failed: number }> {
  await mkdir(logs, { recursive: true });
  const totals = { passed: 0, failed: 0 };
  const drain = async (queue: Iterable<string>) => {
    for (const file of queue) {
      const outcome = await runTapFile(compiled(file), timeoutMs);
      const log = path.join(logs, `${file.replaceAll("/", "-")}.tap`);
      await writeFile(log, outcome.output);
      console.log(renderOutcome(file, outcome, path.relative(root, log)));
      totals.passed += outcome.passed;
      totals.failed += outcome.failed;
    }
  };
  // The drains share one iterator: each takes the next file when it is done with its last.
  const besides = files.filter((file) => !file.startsWith(alone)).values();
  await Promise.all(Array.from({ length: jobs }, () => drain(besides)));
  await drain(files.filter((file) => file.startsWith(alone)));
  return totals;
}

/** Found in the sources, since a dist folder may still hold tests that were removed. */
async function testFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const { name } of (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
    const sources = await readdir(path.join(root, name, "src"), { recursive: true }).catch(() => []);
    files.push(...sources.filter((file) => file.endsWith(".test.ts")).map((file) => `${name}/src/${file}`));
  }
  return files.sort();
}

function compiled(file: string): string {
  return path.join(root, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
}

process.exitCode = await main();
