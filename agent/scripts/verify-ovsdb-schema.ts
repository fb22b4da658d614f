import { readFileSync } from "node:fs";
import { checkedIn, generate, generatedPath, sameVersionInstalled, sources } from "./ovsdb-schema.ts";

// Usage: node agent/scripts/verify-ovsdb-schema.ts
// Fails when agent/src/ovsdb/schema/gen is not what the checked-in schemas generate, or when one of those differs from an
// installed package's file of the same version.

const complaints: string[] = [];
for (const source of sources) {
  if (readFileSync(generatedPath(source), "utf8") !== (await generate(source))) {
    complaints.push(`${source.module} is stale: run node agent/scripts/update-ovsdb-schema.ts`);
  }
  if (!sameVersionInstalled(source)) continue;
  const installed = readFileSync(source.installed, "utf8");
  if (JSON.stringify(JSON.parse(installed)) !== JSON.stringify(JSON.parse(readFileSync(checkedIn(source), "utf8")))) {
    complaints.push(
      `${source.file} differs from ${source.installed}: run node agent/scripts/update-ovsdb-schema.ts --installed`,
    );
  }
}
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
