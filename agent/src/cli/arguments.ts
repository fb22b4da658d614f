import { existsSync } from "node:fs";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { DEFAULT_CONFIG_FILE, DEFAULT_SOCKET } from "../config/defaults.js";
import { UsageError } from "./command.js";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Strict: an unknown option or a stray argument is a UsageError. */
export function parseOptions<const O extends Options>(argv: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's text goes on to explain "--"; its first sentence is what matters.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\. (?=To )/)[0] ?? message);
  }
}

/**
 * The agent's socket: the one given, else the one that the agent's own configuration names, else the default. A
 * configuration that cannot be read does not matter here; `k8shost doctor` tells of it.
 */
export async function findSocket(given: string | undefined, configFile = DEFAULT_CONFIG_FILE): Promise<string> {
  if (given !== undefined) return given;
  if (!existsSync(configFile)) return DEFAULT_SOCKET;
  const { loadConfig } = await import("../config/load.js");
  try {
    return loadConfig(["--config", configFile]).config.socket;
  } catch {
    return DEFAULT_SOCKET;
  }
}
