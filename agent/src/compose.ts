import type { Config } from "./config.js";
import { composeCore, type Core } from "./core.js";
import { Lifecycle, type Part } from "./lifecycle.js";
import type { Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import type { StepObserver } from "./network/add-run.js";
import { decommission } from "./node/decommission.js";
import { composeServices } from "./services.js";
import { startSteps } from "./start-steps.js";
import { Failures } from "./status/failures.js";
import { Synchronisation } from "./synchronise.js";
import { Telemetry } from "./telemetry.js";

/** How long calls under way get to end when the agent stops, in milliseconds. */
const STOP_GRACE = 5_000;

/** Longest wait for the lock of the DEL queue at start, in milliseconds: an executable holds it for one DEL at most. */
const QUEUE_LOCK = 30_000;

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  /** Told before and after every step of ADD and DEL; tests kill the process there. */
  readonly onStep?: StepObserver;
}

export interface Agent {
  readonly lifecycle: Lifecycle;
  /** Takes the node out of the pod network; for an agent that was not started. See node/decommission.ts. */
  readonly decommission: (signal: AbortSignal) => Promise<void>;
}

/** The one place where the real parts are made and joined. */
export function compose({ config, log, version, onStep = () => undefined }: ComposeOptions): Agent {
  const metrics = new Metrics({ version, node: config.nodeName });
  const failures = new Failures();
  const telemetry = new Telemetry(log, metrics, failures);
  const core = composeCore({ config, log, telemetry, onStep });
  const synchronisation = new Synchronisation(startSteps({ config, log, core }), log);
  const { server, metricsEndpoint } = composeServices({
    ...{ config, version, core, synchronisation, metrics, telemetry, failures },
  });
  const { janitor, network, nodeNetwork, queuedDels, chassisWatch } = core;
  const clients = clientParts(core);
  const parts: Part[] = [
    metricsEndpoint,
    ...clients,
    stopOnly("node-network", () => nodeNetwork.stop()),
    {
      name: "janitor",
      start: () => janitor.start((key, pod) => network.clean(key, pod, AbortSignal.timeout(config.deadlines.del))),
      stop: () => janitor.stop(),
    },
    stopOnly("chassis-watch", () => chassisWatch.stop()),
    stopOnly("queued-dels", () => queuedDels.stop()),
    synchronisation,
    {
      name: "socket",
      // Under the queue's lock: each DEL finds us listening, or is in the queue before we read it.
      start: () => queuedDels.whileLocked(() => server.start(), AbortSignal.timeout(QUEUE_LOCK)),
      stop: () => server.stop(STOP_GRACE),
    },
  ];
  return {
    lifecycle: new Lifecycle(parts, log),
    decommission: async (signal) => {
      const lifecycle = new Lifecycle(clients, log);
      await lifecycle.start();
      try {
        await decommission(core, signal);
      } finally {
        await lifecycle.stop();
      }
    },
  };
}

/** The databases' clients are begun by the start steps, when there is something to wait with. */
function clientParts({ netlink, addresses, ovs, northbound }: Core): Part[] {
  return [
    { name: "netlink", start: () => netlink.start(), stop: () => netlink.close() },
    stopOnly("prismnet", () => addresses.close()),
    stopOnly("ovs", () => ovs.close()),
    stopOnly("northbound", () => northbound.close()),
  ];
}

/** A part that something else starts. */
function stopOnly(name: string, stop: Part["stop"]): Part {
  return { name, start: () => undefined, stop };
}
