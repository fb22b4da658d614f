import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Test, test } from "tap";
import { removeFileDurably, writeFileAtomic } from "./atomic-file.js";

const SIZE = 200_000;

/** Replaces the file named by its argument until it is killed. */
const WRITE_FOR_EVER = `
import { writeFileAtomic } from ${JSON.stringify(new URL("./atomic-file.js", import.meta.url).href)};
for (let n = 0; ; n++) {
  await writeFileAtomic(process.argv[1], String(n % 10).repeat(${SIZE}));
  if (n === 20) console.log("busy");
}`;

function directory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), "k8shost-atomic-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

/** True when one write made all of `content`. */
function isWhole(content: string): boolean {
  return content.length === SIZE && content === (content[0] ?? "").repeat(SIZE);
}

test("writers at the same time: the file is always one of theirs", async (t) => {
  const path = join(directory(t), "record");
  writeFileSync(path, "x".repeat(SIZE));
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    for (let round = 0; round < 10; round++) await writeFileAtomic(path, String(writer).repeat(SIZE));
  });
  let done = false;
  const all = Promise.all(writers).then(() => (done = true));
  let torn = 0;
  while (!done) {
    if (!isWhole(readFileSync(path, "utf8"))) torn++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  t.equal(torn, 0);
  t.strictSame(readdirSync(join(path, "..")), ["record"], "nothing beside it");
});

test("a writer killed at any instruction leaves a whole file", async (t) => {
  const path = join(directory(t), "record");
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", WRITE_FOR_EVER, path]);
    t.teardown(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, round * 3));
    child.kill("SIGKILL");
    await once(child, "exit");
    t.ok(isWhole(readFileSync(path, "utf8")));
  }
});

test("mode, failure and abort", async (t) => {
  const path = join(directory(t), "record");
  await writeFileAtomic(path, "one");
  t.equal(statSync(path).mode & 0o777, 0o600);
  await writeFileAtomic(path, new Uint8Array([116, 119, 111]), { mode: 0o640 });
  t.equal(statSync(path).mode & 0o777, 0o640);

  await t.rejects(writeFileAtomic(path, "three", { signal: AbortSignal.abort() }), { name: "AbortError" });
  await t.rejects(writeFileAtomic(join(path, "below-a-file"), "x"), { code: "ENOTDIR" });
  await t.rejects(writeFileAtomic(`${path}/../missing/record`, "x"), { code: "ENOENT" });
  await t.rejects(writeFileAtomic(join(path, ".."), "x"), "a directory is not replaced");
  t.equal(readFileSync(path, "utf8"), "two");
  t.strictSame(readdirSync(join(path, "..")), ["record"]);

  await removeFileDurably(path);
  await removeFileDurably(path);
  t.strictSame(readdirSync(join(path, "..")), []);
});
