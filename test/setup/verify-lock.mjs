// package-lock.json names no registry: whoever installs uses the one that his npm is configured for.
import { readFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const resolved = Object.entries(packages).filter(([, entry]) => /^https?:/.test(entry.resolved ?? ""));
const unhashed = Object.entries(packages).filter(
  ([place, entry]) => place.includes("node_modules/") && !entry.link && !entry.inBundle && !entry.integrity,
);
for (const [place, entry] of resolved)
  console.error(`${place} is resolved to ${entry.resolved}: npm install with this .npmrc`);
for (const [place] of unhashed) console.error(`${place} has no integrity hash`);
if (resolved.length + unhashed.length > 0) process.exitCode = 1;
