// `npm run check [-- NAME...]`: every script of package.json named check:…, all of them also when some fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");
const prefix = "check:";

async function main(wanted: readonly string[]): Promise<number> {
  const { scripts } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const all = Object.keys(scripts).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no check ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  const selected = wanted.length === 0 ? all : wanted;
  let failed = 0;
  for (const name of selected) {
    if (!(await check(name, scripts[prefix + name] ?? ""))) failed++;
  }
  console.log(`checks: ${String(selected.length - failed)} passed, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
}

/** Runs one script as npm would: by the shell, with the packages' programs in PATH. */
async function check(name: string, script: string): Promise<boolean> {
  const start = performance.now();
  const child = spawn("sh", ["-c", script], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${prefix}${name}  ${seconds} s`);
  if (code !== 0) console.log(Buffer.concat(output).toString().trimEnd().replaceAll(/^/gm, "    "));
  return code === 0;
}

process.exitCode = await main(process.argv.slice(2));
