// `npm run update -w proto` writes src/gen from the .proto files; `npm run verify -w proto` fails when they differ.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "..");
const checkedIn = path.join(folder, "src/gen");

function generateInto(output: string): void {
  const generated = path.join(output, "src/gen");
  execFileSync("buf", ["lint"], { cwd: folder, stdio: "inherit" });
  execFileSync("buf", ["generate", "--include-imports", "--include-wkt", "--output", output], {
    cwd: folder,
    stdio: "inherit",
  });
  if (readdirSync(generated).length === 0) throw new Error("buf generated nothing");
}

function filesOf(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(path.join(root, name)).isFile()).sort();
  return new Map(files.map((name) => [name, readFileSync(path.join(root, name), "utf8")]));
}

function differences(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): readonly string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  return names.filter((name) => wanted.get(name) !== found.get(name));
}

const output = mkdtempSync(path.join(tmpdir(), "proto-"));
try {
  generateInto(output);
  const generated = path.join(output, "src/gen");
  if (process.argv.includes("--verify")) {
    const different = differences(filesOf(generated), filesOf(checkedIn));
    if (different.length > 0) {
      console.error(`not what the .proto files say: ${different.join(", ")}\nRun: npm run update -w proto`);
      process.exitCode = 1;
    }
  } else {
    rmSync(checkedIn, { recursive: true, force: true });
    cpSync(generated, checkedIn, { recursive: true });
  }
} finally {
  rmSync(output, { recursive: true });
}
