import { readFileSync } from "node:fs";
import { compose } from "./compose.js";
import { loadConfig } from "./config/load.js";
import { configUsage } from "./config/reference.js";
import { toAgentError } from "./errors.js";
import { createLog } from "./log.js";

/** Exit codes: 0 after SIGTERM or SIGINT, 1 when the agent can't start or must not go on, 2 for bad configuration. */
const EXIT = { failed: 1, badConfiguration: 2 } as const;

/** Longest duration of a decommission, in milliseconds. */
const DECOMMISSION_DEADLINE = 60_000;

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(configUsage());
    return;
  }
  const decommissions = argv[0] === "decommission";
  const { config, file } = loadConfig(decommissions ? argv.slice(1) : argv);
  const log = createLog(config.log);
  const { logger } = log;
  const agent = compose({ config, log: logger, version: packageVersion() });
  if (decommissions) {
    await agent.decommission(AbortSignal.timeout(DECOMMISSION_DEADLINE));
    process.stdout.write(`${config.nodeName} is out of the pod network\n`);
    return;
  }
  const { lifecycle } = agent;

  const die = (error: unknown): void => {
    logger.fatal({ err: error }, "a bug: the agent can't trust its own state any more and ends");
    log.flush();
    process.exit(EXIT.failed);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);

  await lifecycle.start();
  logger.info({ node: config.nodeName, socket: config.socket, file }, "started");
  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"]) process.once(name, resolve);
  });
  logger.info({ signal }, "stopping");
  await lifecycle.stop();
  log.flush();
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs the agent, or what else the command line asks for, and ends the process with an exit code. */
export async function runAgentProcess(argv: readonly string[]): Promise<never> {
  try {
    await main(argv);
    process.exit(0);
  } catch (error) {
    const { code, message } = toAgentError(error);
    process.stderr.write(`k8shost-agent: ${message}\n`);
    process.exit(code === "INVALID_CONFIG" ? EXIT.badConfiguration : EXIT.failed);
  }
}
