import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "tap";
import { LinuxMachine } from "./machine.js";

const FOREVER = new AbortController().signal;

test("programs: output, exit code, and what is not installed", async (t) => {
  const machine = new LinuxMachine();
  const shell = (script: string, input?: string) => machine.program("sh", ["-c", script], FOREVER, input);
  t.strictSame(await shell("cat; echo $LC_ALL", "in\n"), { code: 0, stdout: "in\nC", stderr: "" });
  t.strictSame(await shell("echo no >&2; exit 3"), { code: 3, stdout: "", stderr: "no" });
  t.equal((await shell("exit 4", "x".repeat(1_000_000))).code, 4, "a program that does not read its input");
  t.equal((await machine.program("k8shost-no-such-program", [], FOREVER)).code, undefined);
  t.equal((await machine.program("sleep", ["60"], AbortSignal.timeout(50))).code, undefined, "ended by the signal");
});

test("files", async (t) => {
  const machine = new LinuxMachine();
  const directory = mkdtempSync(join(tmpdir(), "k8shost-machine-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "b"), "text");
  chmodSync(join(directory, "b"), 0o640);
  mkdirSync(join(directory, "a"), { mode: 0o700 });
  const server = createServer().listen(join(directory, "c"));
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));

  t.strictSame(await machine.list(directory), ["a", "b", "c"]);
  t.equal(await machine.readText(join(directory, "b")), "text");
  const uid = machine.uid;
  t.strictSame(await machine.look(join(directory, "b")), { kind: "file", mode: 0o640, uid });
  t.match(await machine.look(join(directory, "a")), { kind: "directory", mode: 0o700 });
  t.match(await machine.look(join(directory, "c")), { kind: "socket" });
  t.match(await machine.look("/dev/null"), { kind: "other" });
  const absent = join(directory, "b", "below-a-file");
  t.strictSame(
    [await machine.look(absent), await machine.list(absent), await machine.readText(absent)],
    [undefined, undefined, undefined],
  );
  t.ok((await machine.freeBytes(join(directory, "not", "made", "yet"))) > 0);
});

test("links and facts", async (t) => {
  const machine = new LinuxMachine();
  const loopback = (await machine.links()).find(({ name }) => name === "lo");
  t.match(loopback, { mtu: 65536, addresses: ["127.0.0.1"] });
  const { system, kernel, processors, memoryBytes, availableBytes } = await machine.facts();
  t.match(system, /\S/);
  t.match(kernel, /^\d+\.\d+/);
  t.ok(processors >= 1 && memoryBytes >= availableBytes && availableBytes > 0);
});
