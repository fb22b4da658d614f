// What the steps of ensure.mjs share.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Something that the user has to provide: its message is shown without a stack trace. */
export class Unmet extends Error {}

/** Says on standard error what is about to happen, so that a long silence is explained and output stays clean. */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/**
 * Runs a program to its end and returns its exit code and output; `show` passes the output through to standard error
 * instead. No shell, no standard input.
 */
export function execute(program, args, { show = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const output = show ? 2 : "pipe";
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", output, output],
      env: { ...process.env, LC_ALL: "C.UTF-8", ...env },
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
