// Builds dist/prismnet, the CNI executable (`npm run build:exec`).
//
//   node build.mjs             QuickJS bytecode in a static executable; without a Rust toolchain, a launcher that runs the
//                              same script under Node
//   node build.mjs --native    the executable, or a failure: what a release is built with
//   node build.mjs --node      the launcher
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SIZE_LIMIT = 2_000_000;

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const output = join(dist, "prismnet");
const target = join(home, "host", "target");

/** A step that failed; its message is for people. */
class BuildError extends Error {}

const wish = process.argv[2];
mkdirSync(target, { recursive: true });
mkdirSync(dist, { recursive: true });
try {
  if (wish === "--node") await buildLauncher("asked for");
  else await buildExecutable();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  if (wish === "--native") {
    console.error(`cni: ${error.message}`);
    process.exit(1);
  }
  await buildLauncher(error.message);
}

async function buildExecutable() {
  const triple = rustTarget();
  const flags = linkerFlags(triple);
  const bundle = join(target, "prismnet.js");
  await bundled("main-engine.ts", bundle, { format: "iife", platform: "neutral", minify: true });

  // First the compiler, which is the engine itself; then the executable around what it compiled.
  const bytecode = join(target, "prismnet.bytecode");
  const compiler = cargo("prismnet-compile", triple, flags);
  writeFileSync(bytecode, run(compiler, [], { input: readFileSync(bundle), encoding: "buffer" }));
  const executable = cargo("prismnet", triple, { ...flags, PRISMNET_BYTECODE: bytecode });

  const { size } = statSync(executable);
  if (size > SIZE_LIMIT) throw new BuildError(`the executable has ${size} bytes, more than ${SIZE_LIMIT}`);
  rmSync(output, { force: true });
  copyFileSync(executable, output);
  const library = flags.musl ? "musl" : "glibc";
  console.log(
    `cni: dist/prismnet, ${Math.round(size / 1000)} kB, static (${library}), ${statSync(bytecode).size} bytes of bytecode`,
  );
}

async function buildLauncher(reason) {
  const script = join(dist, "prismnet-node.mjs");
  await bundled("main-node.ts", script, { format: "esm", platform: "node" });
  rmSync(output, { force: true });
  writeFileSync(output, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(script)} "$@"\n`);
  chmodSync(output, 0o755);
  console.error(`cni: no static executable (${reason}).`);
  console.error(
    "cni: dist/prismnet runs the same script under Node instead. It needs this checkout and its Node at run time,",
  );
  console.error(
    "cni: and every call starts Node: about 50 ms and 50 MB instead of 1.5 ms and 2 MB, many at once in proportion.",
  );
}

/** `minify` keeps names short in the bytecode too. */
async function bundled(entry, outfile, options) {
  await build({
    entryPoints: [join(home, "src", entry)],
    outfile,
    bundle: true,
    target: "es2023",
    legalComments: "none",
    ...options,
  });
}

/** The machine's own Rust target, such as x86_64-unknown-linux-gnu. */
function rustTarget() {
  const found = spawnSync("rustc", ["-vV"], { encoding: "utf8" });
  if (found.error !== undefined || found.status !== 0) throw new BuildError("no Rust toolchain found");
  const triple = /^host: (\S+)$/m.exec(found.stdout)?.[1];
  if (triple === undefined) throw new BuildError("rustc does not say for which machine it compiles");
  return triple;
}

/**
 * musl where its compiler wrapper is there: glibc, linked statically, asks the processor for its features at every start,
 * and where that traps into a hypervisor it takes longer than our whole call. The host crate has no standard library of
 * Rust's in it, so the same Rust target serves both.
 */
function linkerFlags(triple) {
  const isStatic = "-C target-feature=+crt-static -C relocation-model=static";
  const name = triple.replaceAll("-", "_");
  // Nothing unwinds: the engine's tables for it would be a tenth of the executable.
  const engine = { [`CFLAGS_${name}`]: "-fno-asynchronous-unwind-tables" };
  const musl = spawnSync("musl-gcc", ["--version"]).status === 0 && triple.endsWith("-linux-gnu");
  if (!musl) return { musl, RUSTFLAGS: isStatic, ...engine };
  return {
    musl,
    RUSTFLAGS: `${isStatic} -C linker=musl-gcc -C link-arg=-Wl,-Bstatic -C link-arg=-lc`,
    [`CC_${name}`]: "musl-gcc",
    ...engine,
  };
}

/** Builds one of the host's two programs; the path of what was built. */
function cargo(program, triple, { musl, ...environment }) {
  const directory = join(target, musl ? "musl" : "gnu");
  const rest = ["--release", "--locked", "--quiet", "--target", triple, "--bin", program];
  run("cargo", ["build", ...rest], {
    cwd: join(home, "host"),
    env: { ...process.env, ...environment, CARGO_TARGET_DIR: directory },
  });
  return join(directory, triple, "release", program);
}

function run(command, args, options) {
  const { error, status, stdout } = spawnSync(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    maxBuffer: 1 << 26,
    ...options,
  });
  if (error !== undefined || status !== 0)
    throw new BuildError(`${command} ${args.join(" ")}: ${error?.message ?? `exit ${status}`}`);
  return stdout;
}

function quoted(path) {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
