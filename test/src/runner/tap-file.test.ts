import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type Test } from "tap";
import { markedProcesses } from "./marked-processes.js";
import { renderOutcome } from "./report.js";
import { runTapFile } from "./tap-file.js";

/** Writes a test file below this folder, so that it finds tap, and runs it. */
async function runSource(t: Test, source: string, timeoutMs = 60_000) {
  const folder = await mkdtemp(path.join(import.meta.dirname, "probe-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "probe.test.js");
  await writeFile(file, `import { test } from "tap";\n${source}\n`);
  return runTapFile(file, timeoutMs);
}

test("cases that pass are counted, one per top-level test", async (t) => {
  const outcome = await runSource(
    t,
    `test("a", async (t) => { t.ok(1); t.ok(2); await t.test("inner", async (t) => t.ok(3)); });
     test("b", async (t) => t.equal(1, 1));`,
  );
  t.match(outcome, { passed: 2, failed: 0, failures: [], problems: [] });
  t.match(renderOutcome("x.test.ts", outcome, "log"), /^ok +x\.test\.ts +2 passed, 0 failed, [\d.]+ s$/);
});

test("a failure in a subtest fails the case, and is reported with its difference and place", async (t) => {
  const outcome = await runSource(
    t,
    `test("outer", (t) => t.test("inner", async (t) => t.equal(1, 2)));
     test("other", async (t) => t.pass());`,
  );
  t.match(outcome, { passed: 1, failed: 1, problems: [] });
  t.match(
    outcome.failures.map(({ name }) => name),
    ["outer > inner > should be equal"],
  );
  const report = renderOutcome("x.test.ts", outcome, "some/log");
  t.match(report, /^FAILED x\.test\.ts/);
  t.match(report, /-2\n +\+1/);
  t.match(report, /at .*probe\.test\.js:2/);
  t.match(report, /all of its output: some\/log/);
});

test("skipped cases, skipped assertions and to-dos are failures", async (t) => {
  const outcome = await runSource(
    t,
    `test("one", { skip: "no root" }, () => {});
     test("two", { todo: "later" }, () => {});
     test("three", async (t) => t.ok(1, "four", { skip: "no kernel module" }));`,
  );
  t.ok(outcome.failed >= 2);
  t.equal(outcome.failures.length, 3);
  t.match(outcome.failures[0], { name: /one \(skipped: no root\)/ });
});

test("a file that ends early, with an exit code, by a signal or without a test is a failure", async (t) => {
  const early = await runSource(t, `test("a", async () => { await new Promise(() => {}); });`);
  t.ok(early.failed > 0);
  const exit = await runSource(
    t,
    `test("a", async (t) => t.ok(1)); process.on("exit", () => { process.exitCode = 7; });`,
  );
  t.match(exit, { passed: 1, failed: 1, problems: [/exit code is 7/] });
  const killed = await runSource(t, `test("a", async () => process.kill(process.pid, "SIGKILL"));`);
  t.match(killed.problems, [/ended by SIGKILL/]);
  t.ok(killed.failed > 0);
  const empty = await runSource(t, "");
  t.ok(empty.failed > 0);
  const broken = await runSource(t, `throw new Error("at once");`);
  t.match(renderOutcome("x", broken, "log"), /at once/);
  t.ok(broken.failed > 0);
});

test("a file that hangs is ended, with the processes of its group", async (t) => {
  const outcome = await runSource(
    t,
    `import { spawn } from "node:child_process";
     test("hangs", { timeout: 0 }, async () => {
       spawn("sleep", ["1000"]);
       await new Promise((resolve) => setTimeout(resolve, 1e6));
     });`,
    2_000,
  );
  t.match(outcome.problems[0], "took longer than 2 s");
  t.equal(outcome.passed, 0);
  t.ok(outcome.failed > 0);
});

test("a daemon that outlives its file is named and ended", async (t) => {
  const outcome = await runSource(
    t,
    `import { spawn } from "node:child_process";
     test("starts a daemon", async (t) => {
       spawn("sleep", ["1000"], { detached: true, stdio: "inherit" }).unref();
       t.pass();
     });`,
  );
  t.match(outcome, { passed: 1, failed: 1, problems: [/left behind: process \d+ \(sleep 1000\)/] });
  const pid = /process (\d+)/.exec(outcome.problems[0] ?? "")?.[1];
  const ended = () =>
    readFile(`/proc/${pid ?? ""}/cmdline`, "utf8").then(
      (text) => text === "",
      () => true,
    );
  for (const until = Date.now() + 30_000; !(await ended()) && Date.now() < until;) await sleep(50);
  t.ok(await ended(), "gone, or a zombie that its parent has not collected yet");
});

test("processes are found by what they were started with", async (t) => {
  const assignment = `PATH=${process.env["PATH"] ?? ""}`;
  t.ok(markedProcesses(assignment).some(({ pid }) => pid === process.pid));
  t.same(markedProcesses("PATH=nowhere"), []);
});
