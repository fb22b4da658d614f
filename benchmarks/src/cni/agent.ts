import { fileURLToPath } from "node:url";
import { type BedAgent, type BedNode, startAgent } from "@k8shost/test/bed";

const PROGRAM = fileURLToPath(new URL("./agent-as-in-production.js", import.meta.url));

/** The agent of a node with the flags, settings and log level of production. */
export function startProductionAgent(node: BedNode, prismnet: string): Promise<BedAgent> {
  return startAgent(node, { prismnet, program: PROGRAM, settings: { log: { level: "info" } } });
}
