import { readFileSync, readdirSync } from "node:fs";

export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
}

/** Running processes that were started with `NAME=VALUE` in their environment. */
export function markedProcesses(assignment: string): readonly MarkedProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      if (!readIfThere(`/proc/${name}/environ`).split("\0").includes(assignment)) return [];
      const command = readIfThere(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
      return [{ pid: Number(name), command: command.slice(0, 120) }];
    });
}

/** Empty for a process that ended meanwhile, for a zombie, and for one of another user. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
