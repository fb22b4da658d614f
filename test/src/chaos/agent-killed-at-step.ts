// The agent, with one difference: it kills itself (SIGKILL) at the step named by K8SHOST_KILL_AT, "before:STEP" or
// "after:STEP". Started by kill-at-step.test.ts in the agent's place.
import { compose } from "@k8shost/agent/compose";
import { loadConfig } from "@k8shost/agent/config/load";
import { createLog } from "@k8shost/agent/log";

const killAt = process.env["K8SHOST_KILL_AT"];
const { config } = loadConfig(process.argv.slice(2));
const log = createLog(config.log);
const { lifecycle } = compose({
  config,
  log: log.logger,
  version: "test",
  onStep: (moment, step) => {
    // Inside kill(2) the process ends: no later instruction of it runs.
    if (`${moment}:${step}` === killAt) process.kill(process.pid, "SIGKILL");
  },
});
await lifecycle.start();
