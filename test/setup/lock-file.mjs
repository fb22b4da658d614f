// What package-lock.json has to be for `npm ci` to work anywhere. With --mend: makes it so where it can.
//
// 1. It names no registry: whoever installs uses the one that npm is configured for.
// 2. Every package has a hash.
// 3. Optional dependencies that the registry did not have when the file was written (parts for other systems) are not
//    listed; `npm ci` refuses a file that lists what it has no entry for.
import { readFileSync, writeFileSync } from "node:fs";

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const places = Object.keys(lock.packages);
const complaints = [];

for (const [place, entry] of Object.entries(lock.packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) {
    complaints.push(`${place} is resolved to ${entry.resolved}: this .npmrc keeps npm install from writing that`);
  }
  const needsHash = place.includes("node_modules/") && !entry.link && !entry.inBundle;
  if (needsHash && !entry.integrity) complaints.push(`${place} has no integrity hash`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (places.some((other) => other.endsWith(`node_modules/${name}`))) continue;
    if (process.argv.includes("--mend")) delete entry.optionalDependencies[name];
    else complaints.push(`${place} lists ${name}, which has no entry: node test/setup/lock-file.mjs --mend`);
  }
  if (Object.keys(entry.optionalDependencies ?? { none: "" }).length === 0) delete entry.optionalDependencies;
}

if (process.argv.includes("--mend")) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
