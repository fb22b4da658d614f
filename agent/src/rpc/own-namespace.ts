import { stat } from "node:fs/promises";
import { AgentError } from "../errors.js";

/**
 * Refuses a sandbox that is the node's own network namespace: a pod's default route there would cut the node off.
 * A path that leads nowhere is left to the step that enters it.
 */
export async function refuseOwnNamespace(netns: string): Promise<void> {
  const own = await stat("/proc/self/ns/net");
  const asked = await stat(netns).catch(() => undefined);
  if (asked === undefined || asked.ino !== own.ino || asked.dev !== own.dev) return;
  const message = `netns is ${JSON.stringify(netns)}, the node's own network namespace; it must be the sandbox's`;
  throw new AgentError("INVALID_REQUEST", message, { fields: { field: "netns" } });
}
