import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { useFakeTimers } from "sinon";
import { test } from "tap";
import type { Benchmark } from "./benchmark.js";
import { interleave } from "./interleave.js";
import { updateReadme } from "./readme.js";
import { toRow, toTarget, type Result } from "./result.js";
import { runBenchmark, writeResult, type RunOptions } from "./run.js";
import { scaleFor } from "./scale.js";
import { elapsed, percentile, summarize } from "./statistics.js";
import { figure, renderTable, verdict } from "./table.js";

const never = new AbortController().signal;
const options: RunOptions = { quick: true, signal: never, log: () => undefined };

/** Counts: ours 1, 2, 3…; the peer 10, 20, 30… */
function countingBenchmark(): Benchmark {
  return {
    name: "counting",
    describe: "Counts, beside <a & b>.",
    async run(context) {
      let ours = 0;
      let peer = 0;
      const collected = await context.interleave({
        rounds: context.rounds(1000, 10),
        warmUp: 0,
        subjects: {
          ours: () => Promise.resolve({ total: ++ours, part: ours / 2 }),
          peer: () => Promise.resolve((peer += 10)),
        },
      });
      const values = { name: "peer", values: collected.of("peer") };
      context.row({ name: "count", unit: "ms", ours: collected.of("ours", "total"), peer: values });
      context.row({ name: "part", unit: "ms", ours: collected.of("ours", "part"), detail: true });
      context.row({ name: "size", unit: "MiB", ours: 7 });
      const worse = { name: "count", value: 5, limit: 4, sense: "at most", unit: "ms", reason: "It counts." } as const;
      context.target(worse);
      context.note("Only numbers.");
    },
  };
}

test("percentiles are measured values, by nearest rank", async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.equal(percentile(hundred, 50), 50);
  t.equal(percentile(hundred, 99), 99);
  t.equal(percentile(hundred, 100), 100);
  t.equal(percentile([3], 1), 3);
  t.same(summarize([4, 1, 3, 2]), { p50: 2, p90: 4, p99: 4, samples: 4 });
  t.same(summarize([4, 1, 3, 2], "higher"), { p50: 2, p90: 1, p99: 1, samples: 4 });
  t.same(summarize(5), { p50: 5, p90: 5, p99: 5, samples: 1 });
  t.throws(() => percentile([], 50), /no samples/);
  t.throws(() => percentile([1], 0), /percent must lie in/);
  t.throws(() => summarize([1, Number.NaN]), /finite/);
});

test("elapsed time is milliseconds from the call to its end", async (t) => {
  const clock = useFakeTimers({ toFake: ["performance", "setTimeout"] });
  t.teardown(() => {
    clock.restore();
  });
  const took = elapsed(() => new Promise((resolve) => setTimeout(resolve, 25)));
  await clock.tickAsync(25);
  t.equal(await took, 25);
});

test("interleaving runs each subject once a round, in turning order, and drops the warm-up", async (t) => {
  const calls: string[] = [];
  const subject = (name: string) => () => Promise.resolve(calls.push(name));
  const subjects = { a: subject("a"), b: subject("b"), c: subject("c") };
  const collected = await interleave({ rounds: 3, warmUp: 1, subjects }, never);
  t.same(calls, ["a", "b", "c", "b", "c", "a", "c", "a", "b", "a", "b", "c"]);
  t.same(collected.of("a"), [6, 8, 10]);
  t.throws(() => collected.of("d"), /no subject "d"; there are: a, b, c/);
  t.throws(() => collected.of("a", "part"), /"a" has no measure "part"/);
});

test("interleaving names the subject that failed, and stops when aborted", async (t) => {
  const broken = { ours: () => Promise.reject(new Error("no route")) };
  await t.rejects(interleave({ rounds: 1, warmUp: 0, subjects: broken }, never), /ours, round 0: no route/);
  const stop = new AbortController();
  let runs = 0;
  const endless = {
    ours: () => {
      if (++runs === 3) stop.abort(new Error("enough"));
      return Promise.resolve(1);
    },
  };
  await t.rejects(interleave({ rounds: 1000, subjects: endless }, stop.signal), /enough/);
  t.equal(runs, 3);
});

test("rows compare medians; a target is judged by the harness", async (t) => {
  const row = toRow({ name: "x", unit: "ms", ours: [1, 2, 3], peer: { name: "p", values: [4, 4, 8] } });
  t.match(row, { ours: 2, peer: 4, ratio: 0.5, p50: 2, p90: 3, p99: 3, samples: 3, better: "lower" });
  t.match(toRow({ name: "x", unit: "ms", ours: 1, peer: { name: "p", values: 0 } }), { peer: 0, ratio: null });
  const base = { name: "n", limit: 1, unit: "x", reason: "Because." } as const;
  t.equal(toTarget({ ...base, value: 1, sense: "at most" }).reached, true);
  t.equal(toTarget({ ...base, value: 1.01, sense: "at most" }).reached, false);
  t.equal(toTarget({ ...base, value: 0.9, sense: "at least" }).reached, false);
  t.equal(verdict(toTarget({ ...base, value: 1, sense: "at most" })), "reached: n: 1.00x, to reach: at most 1.00x");
  t.match(verdict(toTarget({ ...base, value: 2, sense: "at most" })), /^not reached: .*\. Because\.$/);
});

test("figures keep three digits", async (t) => {
  t.same([0, 0.01234, 1.234, 12.34, 999.4, 1234567.8].map(figure), ["0", "0.0123", "1.23", "12.3", "999", "1,234,568"]);
});

test("an axis is logarithmic only where the spread asks for it, and holds all values", async (t) => {
  for (const values of [[1, 20], [0, 1000], [0.3, 1000], [5], [7, 7], [1, 100]]) {
    const scale = scaleFor(values, 500);
    t.equal(scale.logarithmic, values.includes(0.3) || values.includes(100), values.join());
    for (const value of [...values, ...scale.ticks]) {
      const position = scale.position(value);
      t.ok(position >= -1e-9 && position <= 500 + 1e-9, `${String(value)} of ${values.join()} at ${String(position)}`);
    }
  }
});

test("a run yields the documented result, in JSON, text, SVG and Markdown", async (t) => {
  const result = await runBenchmark(countingBenchmark(), options);
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeResult(result, folder);
  const read = JSON.parse(await readFile(path.join(folder, "counting.json"), "utf8")) as Result;
  t.same(read, result);
  t.match(read, { name: "counting", quick: true, targets: [{ reached: false }], notes: ["Only numbers."] });
  t.match(read.rows[0], {
    name: "count",
    unit: "ms",
    ours: 5,
    peer: 50,
    ratio: 0.1,
    p50: 5,
    p90: 9,
    p99: 10,
    samples: 10,
  });
  t.match(read.rows[2], { name: "size", ours: 7, peer: null, ratio: null, samples: 1 });
  t.match(read.revision.commit, /^[0-9a-f]{40}$|^unknown$/);
  t.ok(read.machine.cores > 0 && read.machine.node === process.version);
  const table = renderTable(read);
  t.match(table, /count +ms +5\.00 +9\.00 +10\.0 +10 +peer +50\.0 +0\.10x/);
  t.match(table, /not reached: count: 5\.00 ms, to reach: at most 4\.00 ms\. It counts\./);
  const svg = await readFile(path.join(folder, "counting.svg"), "utf8");
  t.match(svg, /beside &lt;a &amp; b&gt;/);
  const marks = "# X\n<!-- benchmarks: written by `npm run bench -- --readme` -->\nold\n<!-- /benchmarks -->\nrest\n";
  const readme = updateReadme(marks, [read]);
  t.match(readme, "| count | 5.00 / 10.0 ms | peer | 50.0 / 100 ms | 0.10x |");
  t.notMatch(readme, /old|part/);
  t.equal(updateReadme(readme, [read]), readme);
  t.throws(() => updateReadme("nothing", [read]), /needs the lines/);
});

test("clean-ups run in reverse after a failure, and none hides an error", async (t) => {
  const order: number[] = [];
  const failing = (second: () => void): Benchmark => ({
    name: "failing",
    describe: "Fails.",
    run(context) {
      context.after(() => void order.push(1));
      context.after(second);
      return Promise.reject(new Error("run"));
    },
  });
  await t.rejects(
    runBenchmark(
      failing(() => void order.push(2)),
      options,
    ),
    /^run$/,
  );
  t.same(order, [2, 1]);
  const worse = failing(() => {
    throw new Error("clean-up");
  });
  await t.rejects(runBenchmark(worse, options), { errors: [{ message: "run" }, { message: "clean-up" }] });
  t.same(order, [2, 1, 1]);
  const silent = { name: "silent", describe: "", run: () => Promise.resolve() };
  await t.rejects(runBenchmark(silent, options), /measured nothing/);
});
