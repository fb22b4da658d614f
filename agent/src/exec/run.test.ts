import t from "tap";
import { run } from "./run.js";

t.test("output, input and environment", async (t) => {
  t.equal(await run("cat", [], { input: "hello" }), "hello");
  t.match(await run("sh", ["-c", "echo $LC_ALL"]), /^C$/m);
});

t.test("a failure quotes what the program said", async (t) => {
  await t.rejects(run("sh", ["-c", "echo first >&2; echo no such table >&2; exit 3"]), {
    code: "KERNEL",
    message: /^sh -c: first no such table$/,
  });
  await t.rejects(run("k8shost-no-such-program", []), { code: "KERNEL", message: /ENOENT/ });
});

t.test("a program that hangs is killed, one that is not wanted any more too", async (t) => {
  await t.rejects(run("sleep", ["600"], { timeout: 50 }), { code: "KERNEL", message: /not done after 50 ms/ });
  const caller = new AbortController();
  const running = run("sleep", ["600"], { signal: caller.signal });
  caller.abort();
  await t.rejects(running, { code: "KERNEL" });
});
