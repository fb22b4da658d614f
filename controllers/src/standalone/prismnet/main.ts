#!/usr/bin/env node
import { load } from "@k8shost/agent/config/load";
import { type Logger, pino } from "pino";
import { formatEndpoint } from "../endpoint.js";
import { configSchema, DEFAULT_CONFIG_FILE, type PrismnetConfig } from "./config.js";
import { startPrismnet } from "./server.js";
import { usage } from "./usage.js";

/** Exits with 0 after SIGTERM or SIGINT, with 2 for a bad configuration, with 1 when it cannot serve. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(usage());
    return 0;
  }
  let config;
  try {
    ({ config } = load(configSchema, argv, DEFAULT_CONFIG_FILE));
  } catch (error) {
    process.stderr.write(`k8shost-prismnet: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const log = pino({ level: config.log.level, base: { service: "prismnet" } });
  const stopped = new Promise<string>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    await serve(config, log, stopped);
    return 0;
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** Serves until `stopped`. Rejects when it cannot. */
async function serve(config: PrismnetConfig, log: Logger, stopped: Promise<string>): Promise<void> {
  const server = await startPrismnet(config, log);
  try {
    const listen = formatEndpoint(server.endpoint);
    log.info({ listen, northbound: config.northbound.remotes }, "listening");
    const outcome = await Promise.race([server.ready, stopped]);
    if (outcome === undefined) log.info({ listen }, "ready");
    log.info({ signal: await stopped }, "stopping");
  } finally {
    await server.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
