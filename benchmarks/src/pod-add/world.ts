import { setTimeout as sleep } from "node:timers/promises";
import { logicalSwitchName } from "@k8shost/agent/ovn/names";
import { type BedNode, createBed, netnsPath, startCentral, startNode, startPrismnet } from "@k8shost/test/bed";
import { startProductionAgent } from "../cni/agent.js";
import type { BenchmarkContext } from "../harness/benchmark.js";
import { bridgeExecutable, ourExecutable } from "../cni/executables.js";
import { Floor } from "./floor.js";
import { Launcher } from "../cni/launcher.js";
import { OtherPorts } from "./other-ports.js";
import { processorSeconds } from "../cni/process-usage.js";
import { newPods, type Plugin, type TestPod } from "../cni/plugin.js";
import { StageClock } from "./stage-clock.js";

const NAMESPACE = "bench";

/** Kernel threads still tidy up when everybody has answered; no subject should pay for its predecessor's links. */
const SETTLE_MS = 20;

/** The three that are compared, each with sandboxes on its own host. */
export interface World {
  readonly ours: Plugin;
  readonly bridge: Plugin;
  readonly floor: Plugin;
  readonly clock: StageClock;
  /** Milliseconds of processor time that our agent has used so far. */
  agentProcessorTime(): number;
  readonly others: OtherPorts;
  /** New pods in the node's sandboxes, for ours and for the floor. */
  nodePods(count: number): readonly TestPod[];
  /** New pods in the sandboxes of the host with the Linux bridge. */
  bridgePods(count: number): readonly TestPod[];
  /** Resolves when northd and ovn-controller have carried out everything that was written, and a moment later. */
  rest(): Promise<void>;
}

/** Builds one node with its agent, and one host with a Linux bridge; all of it goes with the benchmark. */
export async function buildWorld(context: BenchmarkContext, sandboxCount: number): Promise<World> {
  const bed = createBed();
  context.after(async () => {
    const remains = await bed.close();
    if (remains.length > 0) throw new Error(`left of the bed: ${remains.join("; ")}`);
  });
  const central = await startCentral(bed, {});
  const prismnet = await startPrismnet(central);
  const node = await startNode("node1", { central });
  const agent = await startProductionAgent(node, prismnet.endpoint);
  const [subnet = ""] = await prismnet.createNamespace(NAMESPACE);
  const bridgeHost = await bed.createNetns("bridge");
  const sandboxes = (prefix: string) => makeSandboxes(node, prefix, sandboxCount);
  const [onNode, onBridge] = [await sandboxes("node"), await sandboxes("bridge")];

  const launcher = startLauncher(context, node.netns);
  const floor = new Floor(node, { logicalSwitch: logicalSwitchName(NAMESPACE), subnet }, context.signal);
  context.after(() => floor.stop());
  const others = new OtherPorts(central, prismnet);
  context.after(() => others.stop());
  await Promise.all([floor.start(), others.start(context.signal)]);
  return {
    ours: ourExecutable(agent, launcher, NAMESPACE),
    bridge: bridgeExecutable(startLauncher(context, bridgeHost), bed.makeDirectory("bridge")),
    floor,
    clock: new StageClock(launcher),
    others,
    agentProcessorTime: () => processorSeconds(agent.daemon.pid ?? 0) * 1000,
    nodePods: (count) => newPods(onNode.slice(0, count)),
    bridgePods: (count) => newPods(onBridge.slice(0, count)),
    rest: async () => {
      await central.nbctl("--wait=hv", "sync");
      await sleep(SETTLE_MS);
    },
  };
}

function startLauncher(context: BenchmarkContext, netns: string): Launcher {
  const launcher = new Launcher(netns);
  context.after(() => launcher.stop());
  return launcher;
}

async function makeSandboxes(node: BedNode, prefix: string, count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let i = 0; i < count; i++) paths.push(netnsPath(await node.bed.createNetns(`${prefix}-pod${String(i)}`)));
  return paths;
}
