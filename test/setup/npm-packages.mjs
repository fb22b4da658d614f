// npm packages exactly as package-lock.json has them, and the Node that is pinned among them.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Unmet, execute, root, say } from "./step.mjs";

const oldestNode = 24;

/**
 * Installs when what is installed differs from the lock file. Install scripts stay off: none of our packages needs one
 * (native parts come as packages of their own per platform).
 */
export async function ensureNpmPackages() {
  const difference = firstDifference();
  if (difference !== undefined) {
    say(`npm packages from package-lock.json (${difference})`);
    const { code } = await npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    if (code !== 0) throw new Unmet("npm ci failed (see above).");
  }
  pinnedNode();
}

/** The Node to run everything with: the one of package `node-linux-*`, else this one if it is new enough. */
export function pinnedNode() {
  const pinned = path.join(root, "node_modules/.bin/node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= oldestNode) return process.execPath;
  throw new Unmet(
    `There is no node-linux package for ${process.platform}-${process.arch}: install Node ${oldestNode} or newer.`,
  );
}

/**
 * Compares the lock file with the copy that npm keeps of what it installed, package by package. Modification times
 * would not do: git and editors touch files.
 */
function firstDifference() {
  const installed = readLock("node_modules/.package-lock.json");
  if (installed === undefined) return "nothing installed yet";
  for (const [place, wanted] of Object.entries(readLock("package-lock.json") ?? {})) {
    if (!place.startsWith("node_modules/") && !place.includes("/node_modules/")) continue;
    const found = installed[place];
    // Optional packages are there for their own platform only.
    if (found === undefined && wanted.optional === true) continue;
    if (found?.version !== wanted.version || found?.link !== wanted.link) return `${place} differs`;
  }
  return undefined;
}

function readLock(file) {
  const full = path.join(root, file);
  return existsSync(full) ? JSON.parse(readFileSync(full, "utf8")).packages : undefined;
}

/** The npm that started us, or the one in PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  const inNpm = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
  return inNpm ? execute(process.execPath, [script, ...args], { show: true }) : execute("npm", args, { show: true });
}
