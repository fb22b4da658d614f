import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { main } from "../main.js";
import { nodeHost } from "../node-host.js";

/** One call of the container runtime. */
export interface Invocation {
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string | Uint8Array;
}

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export type Run = (invocation: Invocation) => Promise<Outcome>;

/** The script in this process, with Node's sockets and files. */
export const runScript: Run = async ({ environment, input }) => {
  const written = { 1: "", 2: "" };
  const exitCode = await main({
    ...nodeHost(environment),
    readInput: async (limit) => {
      if (input.length > limit) throw Object.assign(new Error("too large"), { code: "EFBIG" });
      return typeof input === "string" ? input : Buffer.from(input).toString();
    },
    write: (descriptor, text) => {
      written[descriptor] += text;
    },
  });
  return { exitCode, output: written[1], errors: written[2] };
};

/** The executable, as `npm run build:exec -w cni` made it. */
export const executable = join(import.meta.dirname, "../prismnet");

export const runExecutable: Run = async ({ environment, input }) => {
  await access(executable);
  const child = spawn(executable, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  // It may answer without having read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? -1 : -2)));
  });
  const [exitCode, output, errors] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { exitCode, output, errors };
};
