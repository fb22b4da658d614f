import type { Config } from "./config.js";
import type { Core } from "./core.js";
import type { Logger } from "./log.js";
import { sweep } from "./network/sweep.js";
import type { Step } from "./synchronise.js";

/** How often addresses are judged again while PrismNET is away, in milliseconds. */
const JUDGE_AGAIN = 10_000;

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly core: Core;
}

/** What happens between the start of the process and the first verb, in this order. */
export function startSteps(options: StartOptions): Step[] {
  const { config, log, core } = options;
  const { northbound, ovs, netlink, facts, network, nodeNetwork, queuedDels, chassisWatch, ports } = core;
  return [
    {
      what: `the local Open vSwitch database at ${config.openvswitch.remote}`,
      run: (signal) => ovs.start(signal),
    },
    {
      what: "external_ids:system-id in the local Open vSwitch database, and the node's MTU",
      run: async (signal) => {
        await facts.settle(ovs, netlink, signal);
        chassisWatch.start(ovs, facts);
      },
    },
    {
      what: `the OVN northbound database at ${config.northbound.remotes.join(", ")}`,
      run: (signal) => northbound.start(signal),
    },
    {
      what: "the sweep of leftovers",
      run: async (signal) => {
        const report = await sweep(network, ports, { mtu: facts.mtu, log, signal });
        log.info({ ...report, operation: "sweep" }, "swept");
        if (!report.addressesJudged) void judgeAddresses(options, signal);
      },
    },
    {
      what: "the node's own ports",
      // Pods don't need them to start; what is missing is retried in the background and shown in the status.
      run: () => nodeNetwork.start(),
    },
    {
      what: "the queue of DELs",
      // One pass before the first ADD is served; what fails is tried again in the background.
      run: async (signal) => {
        await queuedDels.replay(signal);
        await queuedDels.start();
      },
    },
  ];
}

/** The part of the sweep that needs PrismNET, once it is back. */
async function judgeAddresses({ core, log }: StartOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, JUDGE_AGAIN).unref());
    try {
      await core.network.releaseStrays(await core.addresses.list(signal), signal);
      return;
    } catch (error) {
      log.debug({ err: error, operation: "sweep" }, "addresses can't be judged yet");
    }
  }
}
