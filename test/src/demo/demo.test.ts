import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { t, test } from "tap";
import { netnsOf } from "../bed/removal.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));

t.setTimeout(300_000);

/** Plays the demo; `seen` gets each line as it comes. Returns the whole text when it is over. */
async function play(seen: (line: string, child: ChildProcess) => void): Promise<{ lines: string[]; exitCode: number }> {
  const child = spawn(process.execPath, [MAIN], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    seen(line, child);
  }
  await exit;
  return { lines, exitCode: child.exitCode ?? -1 };
}

function bedOf(lines: readonly string[]): string {
  return /bed-\d+-[0-9a-f]{4}/.exec(lines.join("\n"))?.[0] ?? "no bed named";
}

test("the demo plays to its end and leaves nothing behind", async (t) => {
  const { lines, exitCode } = await play(() => undefined);
  const text = lines.join("\n");
  t.equal(exitCode, 0, exitCode === 0 ? "exit code" : text);
  t.equal(lines.at(-1), "left behind: nothing");
  t.match(text, /blue\/web-0 +outside +198\.51\.100\.1 .* 3 of 3/);
  t.match(text, /node1 is healthy: 3 pods connected/);
  t.match(text, /UDP: 0 of \d+ lost/);
  t.same(netnsOf(bedOf(lines)), []);
});

test("a demo that is interrupted among its pods leaves nothing either", async (t) => {
  const { lines, exitCode } = await play((line, child) => {
    if (line.includes("Pods talk")) child.kill("SIGINT");
  });
  t.equal(exitCode, 130);
  t.notMatch(lines.join("\n"), /left behind/);
  t.match(bedOf(lines), /^bed-/);
  t.same(netnsOf(bedOf(lines)), []);
});
