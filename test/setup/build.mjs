// TypeScript to dist/, and the CNI executable: when a source is newer than the last build.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pinnedNode } from "./npm-packages.mjs";
import { Unmet, execute, root, say } from "./step.mjs";

const packages = ["proto", "agent", "cni", "csi-node", "controllers", "benchmarks", "test"];
const notSources = new Set(["node_modules", "dist", "target", "results"]);
const stamp = path.join(root, ".cache/built");

export async function build() {
  const fingerprint = fingerprintOfSources();
  if (fingerprint === readStamp()) return;
  say("build: TypeScript");
  const tsc = await execute(pinnedNode(), ["node_modules/typescript/bin/tsc", "-b"]);
  if (tsc.code !== 0) throw new Unmet(`${tsc.output}The build failed.`);
  await buildExecutable();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

async function buildExecutable() {
  const { scripts = {} } = JSON.parse(readFileSync(path.join(root, "cni/package.json"), "utf8"));
  if (scripts["build:exec"] === undefined) return;
  say("build: the CNI executable");
  const { code } = await execute("npm", ["run", "--silent", "build:exec", "-w", "cni"], { show: true });
  if (code !== 0) throw new Unmet("The CNI executable could not be built (see above).");
}

function readStamp() {
  try {
    // A dist folder that was removed by hand asks for a build, too.
    for (const name of packages) statSync(path.join(root, name, "dist"));
    return readFileSync(stamp, "utf8");
  } catch {
    return undefined;
  }
}

/** Names, sizes and modification times of every source: a few milliseconds for the whole tree. */
function fingerprintOfSources() {
  const lines = ["package-lock.json", "tsconfig.json"].map(describe);
  for (const name of packages) walk(name, lines);
  return `${lines.join("\n")}\n`;
}

function walk(folder, lines) {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!notSources.has(entry.name)) walk(name, lines);
    } else if (entry.isFile()) lines.push(describe(name));
  }
}

function describe(file) {
  const { size, mtimeMs } = statSync(path.join(root, file));
  return `${file} ${size} ${mtimeMs}`;
}
