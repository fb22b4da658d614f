#!/usr/bin/env node
/**
 * Entry of the agent. It runs on every node of a cluster, so its memory counts: with these settings it needs about 35 MB
 * less (figures in DESIGN.md), and nobody who starts it has to know them. The process replaces itself, before anything
 * else is loaded; it keeps its process ID.
 */
const FLAGS = ["--lite-mode", "--max-semi-space-size=1"];
const ENVIRONMENT = { MALLOC_ARENA_MAX: "2" };

const lean = FLAGS.every((flag) => process.execArgv.includes(flag));
if (!lean && typeof process.execve === "function") {
  const args = [process.execPath, ...FLAGS, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, ...ENVIRONMENT });
}
const { runAgentProcess } = await import("./agent-process.js");
await runAgentProcess(process.argv.slice(2));
