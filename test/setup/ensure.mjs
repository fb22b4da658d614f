// Makes a checkout ready to run, then runs a script of it: what `npm test`, `npm run demo` and `npm run bench` start with.
// Plain JavaScript for any Node from 18 on, with nothing installed.
//
//   node test/setup/ensure.mjs [--no-system] [--also GROUP] SCRIPT [ARGUMENT]...
//
// 1. npm packages from the lock file   2. Debian packages (not with --no-system)   3. the build   4. SCRIPT under the
// pinned Node. Each step is silent and takes milliseconds when there is nothing to do.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { basePackages, ensureDebianPackages } from "./debian-packages.mjs";
import { ensureNpmPackages, pinnedNode } from "./npm-packages.mjs";
import { Unmet, root } from "./step.mjs";

async function main(argv) {
  const { system, groups, script, rest } = parse(argv);
  process.chdir(root);
  // Everything below, and everything that the script starts, finds the pinned node first.
  process.env.PATH = `${path.join(root, "node_modules/.bin")}${path.delimiter}${process.env.PATH ?? ""}`;
  if (system) requireRootOnLinux();
  await ensureNpmPackages();
  if (system) await ensureDebianPackages(groups);
  await build();
  return script === undefined ? 0 : run(script, rest);
}

function parse(argv) {
  const options = { system: true, groups: ["base"], script: undefined, rest: [] };
  for (let index = 0; index < argv.length; index++) {
    if (argv[index] === "--no-system") options.system = false;
    else if (argv[index] === "--also") options.groups.push(argv[++index]);
    else return { ...options, script: argv[index], rest: argv.slice(index + 1) };
  }
  return options;
}

function requireRootOnLinux() {
  if (process.platform === "linux" && process.getuid() === 0) return;
  throw new Unmet(
    `This needs root on Debian 12 (it runs Open vSwitch and OVN in network namespaces of its own) and the packages ` +
      `${basePackages.join(", ")}, which it then installs itself.`,
  );
}

/** Runs the script with our standard streams, hands signals on, and returns its exit code. */
function run(script, rest) {
  if (!existsSync(script)) throw new Unmet(`${script} is not there: the build has not made it.`);
  const child = spawn(pinnedNode(), ["--enable-source-maps", script, ...rest], { stdio: "inherit" });
  // The terminal sends SIGINT to the child as well; it decides when to end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error instanceof Unmet ? error.message : error.stack}\n`);
    process.exitCode = 1;
  },
);
