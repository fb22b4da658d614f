import type { Config } from "./config.js";
import type { Logger } from "./log.js";
import type { Netlink } from "./netlink/port.js";
import type { AddPorts } from "./network/add-run.js";
import type { PodNetwork } from "./network/pod-network.js";
import { sweep } from "./network/sweep.js";
import type { ChassisWatch } from "./node/chassis-watch.js";
import type { NodeFacts } from "./node/facts.js";
import type { NodeNetwork } from "./node/node-network.js";
import type { NorthboundClient } from "./ovn/logical-ports.js";
import type { OvsClient } from "./ovs/ports.js";
import type { Step } from "./synchronise.js";

/** How often addresses are judged again while PrismNET is away, in milliseconds. */
const JUDGE_AGAIN = 10_000;

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly northbound: NorthboundClient;
  readonly ovs: OvsClient;
  readonly netlink: Netlink;
  readonly facts: NodeFacts;
  readonly network: PodNetwork;
  readonly nodeNetwork: NodeNetwork;
  readonly chassisWatch: ChassisWatch;
  readonly ports: AddPorts;
}

/** What happens between the start of the process and the first verb, in this order. */
export function startSteps(options: StartOptions): Step[] {
  const { config, log, northbound, ovs, netlink, facts, network, nodeNetwork, ports } = options;
  return [
    {
      what: `the local Open vSwitch database at ${config.openvswitch.remote}`,
      run: (signal) => ovs.start(signal),
    },
    {
      what: "external_ids:system-id in the local Open vSwitch database, and the node's MTU",
      run: async (signal) => {
        await facts.settle(ovs, netlink, signal);
        options.chassisWatch.start(ovs, facts);
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
  ];
}

/** The part of the sweep that needs PrismNET, once it is back. */
async function judgeAddresses({ network, ports, log }: StartOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, JUDGE_AGAIN).unref());
    try {
      await network.releaseStrays(await ports.addresses.list(signal), signal);
      return;
    } catch (error) {
      log.debug({ err: error, operation: "sweep" }, "addresses can't be judged yet");
    }
  }
}
