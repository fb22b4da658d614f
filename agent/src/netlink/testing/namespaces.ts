/** Network namespaces for tests: uniquely named, gone in the end, also after a failure. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { NetnsPath } from "../port.js";

export interface TestNamespace {
  readonly name: string;
  readonly path: NetnsPath;
}

const made = new Set<string>();
let count = 0;
process.once("exit", () => {
  for (const name of made) removeNamespace({ name, path: `/run/netns/${name}` });
});

/** Needs root. Removed when the process ends, unless the test removes it before. */
export function makeNamespace(): TestNamespace {
  const name = `nltest-${process.pid}-${count++}`;
  execFileSync("ip", ["netns", "add", name]);
  made.add(name);
  return { name, path: `/run/netns/${name}` };
}

/** The links inside go a little later, the kernel takes its time. */
export function removeNamespace({ name, path }: TestNamespace): void {
  made.delete(name);
  if (existsSync(path)) execFileSync("ip", ["netns", "del", name]);
}

/** What iproute2 says: `ip -n NAME -j ...args`, parsed. */
export function ipJson(namespace: TestNamespace, ...args: readonly string[]): Record<string, unknown>[] {
  const text = execFileSync("ip", ["-n", namespace.name, "-j", "-d", ...args], { encoding: "utf8" });
  return text.trim() === "" ? [] : (JSON.parse(text) as Record<string, unknown>[]);
}

/** Runs a command inside. */
export function runInside(namespace: TestNamespace, ...command: readonly string[]): string {
  return execFileSync("ip", ["netns", "exec", namespace.name, ...command], { encoding: "utf8" });
}
