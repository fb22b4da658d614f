import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { test } from "tap";
import { AgentError } from "./errors.js";
import { createLog, levelOf } from "./log.js";

const MODULE = JSON.stringify(new URL("./log.js", import.meta.url).href);

/** A log whose lines are collected. */
function collected(pretty = false) {
  const lines: string[] = [];
  const { logger } = createLog({ level: "debug", pretty, to: { write: (line) => lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "null") as Record<string, unknown> };
}

test("keys, level and time", (t) => {
  const { logger, last, lines } = collected();
  const child = logger.child({ operation: "ADD", container: "c1", namespace: "shop", pod: "web-0" });
  child.info({ stage: "northbound" }, "committed");
  t.match(last(), { level: "info", operation: "ADD", container: "c1", stage: "northbound", msg: "committed" });
  t.match(last()["time"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  logger.trace("below the level");
  t.equal(lines.length, 1);
  t.end();
});

test("secrets stay out, wherever they stand", (t) => {
  const { logger, lines } = collected();
  logger.info({ token: "hunter2", tls: { key: "hunter2", ca: "/ca.pem" } }, "config");
  logger.info({ config: { prismnet: { token: "hunter2" }, headers: { authorization: "Bearer hunter2" } } }, "config");
  logger.child({ password: "hunter2" }).warn({ secret: "hunter2" }, "x");
  t.equal(lines.length, 3);
  t.notMatch(lines.join(""), /hunter2/);
  t.match(lines[0], /\/ca\.pem/);
  t.end();
});

test("errors as keys", (t) => {
  const { logger, last } = collected();
  const cause = new Error("ECONNREFUSED", { cause: new Error("no listener") });
  logger.error(
    { err: new AgentError("PRISMNET_UNAVAILABLE", "cannot allocate", { cause, fields: { link: "pn1" } }) },
    "x",
  );
  t.strictSame(last()["err"], {
    message: "cannot allocate",
    code: "PRISMNET_UNAVAILABLE",
    link: "pn1",
    causes: ["ECONNREFUSED", "no listener"],
  });
  logger.error({ err: new AgentError("INTERNAL", "outer", { cause: new TypeError("inner") }) }, "x");
  t.match(last()["err"], { message: "outer", stack: /TypeError: inner\n\s+at / });
  logger.error({ err: "thrown text" }, "x");
  t.strictSame(last()["err"], { message: "thrown text" });
  t.end();
});

test("the level that a failure deserves", (t) => {
  t.equal(levelOf(new AgentError("CANCELLED", "")), "info");
  t.equal(levelOf(AbortSignal.abort().reason), "info");
  t.equal(levelOf(new AgentError("BUSY", "")), "warn");
  t.equal(levelOf(new AgentError("DEADLINE", "")), "warn");
  t.equal(levelOf(new AgentError("NORTHBOUND_UNAVAILABLE", "")), "warn");
  t.equal(levelOf(new AgentError("KERNEL", "")), "error");
  t.equal(levelOf(new TypeError("x")), "error");
  t.end();
});

test("lines for people", (t) => {
  const { logger, lines } = collected(true);
  logger.warn({ extra: [1], pod: "web-0", operation: "ADD", stage: "a b" }, "slow\u001b[31m");
  logger.error({ err: new AgentError("KERNEL", "EEXIST on pn1", { fields: { errno: 17 } }) }, "failed");
  t.match(
    lines[0],
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}slow\\u001b\[31m operation=ADD stage="a b" pod=web-0 extra="\[1\]"\n$/,
  );
  t.match(lines[1], / ERROR failed error="EEXIST on pn1" code=KERNEL errno=17\n$/);
  t.end();
});

test("a process that exits has written every line", async (t) => {
  const script = `import { createLog } from ${MODULE};
    const { logger } = createLog({ level: "info", pretty: false });
    for (let n = 0; n < 500; n++) logger.info({ n }, "line");
    process.exit(3);`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  const { stderr } = (await t.rejects(run, { code: 3 })) as unknown as { stderr: string };
  t.equal(stderr.trim().split("\n").length, 500);
});

test("a reader that does not read stops nobody", async (t) => {
  const script = `import { createLog } from ${MODULE};
    const { logger } = createLog({ level: "info", pretty: false });
    for (let n = 0; n < 200; n++) {
      for (let m = 0; m < 100; m++) logger.info({ n, filler: "x".repeat(1000) }, "line");
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.stdout.write("done");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  child.stderr.pause();
  const [output] = (await once(child.stdout, "data")) as [Buffer];
  t.equal(output.toString(), "done");
});
