import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
/** The C sources stand beside the TypeScript ones; nothing copies them to dist. */
const sources = path.resolve(import.meta.dirname, "../../src/cni-exec");

export interface Programs {
  readonly launcher: string;
  /** The C program that makes the same call, as `cc -O2` builds it. */
  readonly call: string;
  /** The same, linked statically against musl; undefined where musl-gcc is not there. */
  readonly smallCall: string | undefined;
}

/** Compiles the C programs into `directory`. */
export async function compile(directory: string, signal: AbortSignal): Promise<Programs> {
  const built = async (compiler: string, source: string, name: string, ...flags: string[]): Promise<string> => {
    const file = path.join(directory, name);
    await execute(compiler, ["-O2", "-Wall", "-Werror", ...flags, "-o", file, path.join(sources, source)], { signal });
    return file;
  };
  return {
    launcher: await built("cc", "launch.c", "launch"),
    call: await built("cc", "call.c", "call"),
    smallCall: await built("musl-gcc", "call.c", "call-musl", "-static").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }),
  };
}
