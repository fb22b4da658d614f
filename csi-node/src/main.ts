#!/usr/bin/env node
// The CSI plugin of a node: translates what kubelet asks into calls of the agent. It keeps no state.
import { readFileSync } from "node:fs";
import { configFrom } from "./config.js";
import { serve } from "./server.js";

const graceMs = 5_000;

try {
  const config = configFrom(process.env);
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const server = await serve(config, version);
  console.log(`k8shost-csi-node ${version} serves ${config.socket}, agent ${config.agentSocket}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.stop(graceMs));
} catch (error) {
  console.error(`k8shost-csi-node: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
