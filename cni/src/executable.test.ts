import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import t from "tap";
import { addTests } from "./testing/add-tests.js";
import { FakeAgent, usualAnswer } from "./testing/fake-agent.js";
import { hostileTests } from "./testing/hostile-tests.js";
import { queueTests } from "./testing/queue-tests.js";
import { executable, runExecutable } from "./testing/run.js";
import { callVerb, environment, exampleConfig, parsed } from "./testing/runtime.js";
import { verbTests } from "./testing/verb-tests.js";

// The executable itself, as a container runtime calls it.
t.test("ADD", (t) => addTests(t, runExecutable));
t.test("the other verbs", (t) => verbTests(t, runExecutable));
t.test("hostile input", (t) => hostileTests(t, runExecutable));
t.test("queue of deletes", (t) => queueTests(t, runExecutable));

t.test("it is small and needs nothing of the host's", async (t) => {
  const file = await readFile(executable);
  if (file.subarray(0, 2).toString() === "#!") {
    t.pass("the launcher that is made where there is no Rust toolchain");
    return;
  }
  t.ok((await stat(executable)).size <= 2_000_000);
  // ELF64: program headers of type 3 (PT_INTERP) or 2 (PT_DYNAMIC) would name a loader or libraries.
  const [offset, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
  const types = Array.from({ length: count }, (_, i) => file.readUInt32LE(offset + i * size));
  t.notOk(types.includes(2) || types.includes(3), "static");
});

t.test("fifty ADDs at once", async (t) => {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  agent.answers.add = (request) => {
    const answer = usualAnswer(request);
    const last = Number(request.attachment?.containerId.slice("pod-".length));
    return { ...answer, ips: [{ address: `10.244.1.${last + 1}/24`, gateway: "", interface: 1 }] };
  };
  const numbers = Array.from({ length: 50 }, (_, i) => i);
  const outcomes = await Promise.all(
    numbers.map((i) => callVerb(runExecutable, agent, "ADD", { environment: { CNI_CONTAINERID: `pod-${i}` } })),
  );
  for (const [i, outcome] of outcomes.entries()) {
    t.equal(outcome.exitCode, 0);
    t.match(parsed(outcome), { ips: [{ address: `10.244.1.${i + 1}/24` }] });
  }
});

t.test("bytes that are no UTF-8 are refused", async (t) => {
  const input = Buffer.from('{"cniVersion":"1.0.0","name":"\xff"}', "latin1");
  const outcome = await runExecutable({ environment: environment("ADD"), input });
  t.match(parsed(outcome), { code: 6, details: /UTF-8/ });
});

t.test("objects a hundred thousand deep end in an error, not in a crash", async (t) => {
  const input = `{"cniVersion":"1.0.0","name":"prismnet","x":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`;
  const outcome = await runExecutable({ environment: environment("ADD"), input });
  t.equal(outcome.exitCode, 1);
  t.type(parsed(outcome)["code"], "number");
});

t.test("a runtime that closes its streams gets an exit code, and the agent no call without input", async (t) => {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  const exit = async (redirections: string): Promise<number> => {
    const child = spawn("sh", ["-c", `exec "$0" ${redirections}`, executable], {
      env: { ...environment("ADD"), CONFIG: JSON.stringify(exampleConfig(agent)) },
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(exampleConfig(agent)));
    const [code] = (await once(child, "close")) as [number];
    return code;
  };
  t.equal(await exit("<&-"), 1);
  t.same(agent.asked, []);
  t.equal(await exit(">/dev/full"), 1, "a result that could not be written is no success");
});

t.test("VERSION answers a person at a terminal, who gives no input", async (t) => {
  const child = spawn(executable, { env: { CNI_COMMAND: "VERSION" }, stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => child.stdin.destroy());
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  t.match(JSON.parse(chunk.toString()), { cniVersion: "1.1.0" });
});

t.test("a runtime that gives up takes its call with it", async (t) => {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  const asked = new Promise<void>((resolve) => {
    agent.answers.add = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  const child = spawn(executable, { env: environment("ADD"), stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(JSON.stringify(exampleConfig(agent)));
  await asked;
  child.kill("SIGTERM");
  const [, signal] = (await once(child, "close")) as [null, string];
  t.equal(signal, "SIGTERM");
});
