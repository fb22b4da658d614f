import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { checkedIn, generate, generatedPath, readSchema, sources } from "./ovsdb-schema.ts";

// Usage: node agent/scripts/update-ovsdb-schema.ts [--installed]
// Writes agent/src/ovsdb/schema/gen. With --installed the schemas of the installed Debian packages are taken over first.

for (const source of sources) {
  if (process.argv.includes("--installed")) {
    if (!existsSync(source.installed))
      throw new Error(`${source.installed} is missing: apt-get install ovn-common openvswitch-common`);
    copyFileSync(source.installed, checkedIn(source));
  }
  writeFileSync(generatedPath(source), await generate(source));
  console.log(`${source.module}: ${readSchema(checkedIn(source)).version}`);
}
