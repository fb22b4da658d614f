#!/usr/bin/env node
import { runCli } from "./run.js";
import { processTerminal } from "./terminal.js";

const interrupted = new AbortController();
process.once("SIGINT", () => {
  interrupted.abort();
  process.exitCode = 130;
});
// `k8shost status | head` ends early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  now: Date.now(),
  signal: interrupted.signal,
});
