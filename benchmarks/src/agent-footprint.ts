import { setTimeout as sleep } from "node:timers/promises";
import { type BedNode, createBed, netnsPath, startCentral, startNode, startPrismnet } from "@k8shost/test/bed";
import { startProductionAgent } from "./cni/agent.js";
import { ourExecutable } from "./cni/executables.js";
import { Launcher } from "./cni/launcher.js";
import { readMetrics } from "./cni/metrics.js";
import { memoryOf, processorUse } from "./cni/process-usage.js";
import { newPods, type Plugin, type TestPod } from "./cni/plugin.js";
import type { Benchmark, BenchmarkContext } from "./harness/benchmark.js";

/** Kubernetes' default for the most pods of a node; the last fifty of them come at once. */
const PODS = 110;
const BURST = 50;

/** The agent's event-loop metrics look back this far. */
const WINDOW_MS = 60_000;

/** Until V8 and OVS have tidied up after a change. */
const SETTLE_MS = 5_000;

export const agentFootprint: Benchmark = {
  name: "agent-footprint",
  describe:
    "Memory and idle processor time of the agent without pods and with 110, and how late its event loop is while 50 pods start at once, " +
    "beside ovn-controller and ovs-vswitchd of the same node.",

  async run(context) {
    const { node, agent, launcher, plugin, sandboxes } = await build(context);
    const started = performance.now();
    const processes = new Processes(context, node, agent.daemon.pid ?? 0);
    await processes.report("no pods");

    const first = newPods(sandboxes.slice(0, PODS - BURST));
    for (let i = 0; i < first.length; i += 10) await plugin.add(first.slice(i, i + 10));
    await newWindow(context, launcher, started);
    const pods = [...first, ...(await measureBurst(context, { plugin, launcher, pid: processes.agent }, sandboxes))];
    await processes.report(`${String(PODS)} pods`);
    await plugin.del(pods);
    await sleep(SETTLE_MS, undefined, { signal: context.signal });
    context.row({ name: "RSS, all pods gone", unit: "MB", ours: memoryOf(processes.agent).resident });
    context.note(
      "The agent runs as its package starts it, at log level info. RSS counts pages that processes share in full, PSS in parts. " +
        "The event loop's delays are those between two scrapes around the burst: few samples, so that p99 is near the worst.",
    );
  },
};

async function build(context: BenchmarkContext) {
  const bed = createBed();
  context.after(async () => {
    const remains = await bed.close();
    if (remains.length > 0) throw new Error(`left of the bed: ${remains.join("; ")}`);
  });
  const central = await startCentral(bed, {});
  const { endpoint } = await startPrismnet(central);
  const node = await startNode("node1", { central });
  const agent = await startProductionAgent(node, endpoint);
  const launcher = new Launcher(node.netns);
  context.after(() => launcher.stop());
  const sandboxes: string[] = [];
  for (let i = 0; i < PODS; i++) sandboxes.push(netnsPath(await bed.createNetns(`pod${String(i)}`)));
  return { node, agent, launcher, sandboxes, plugin: ourExecutable(agent, launcher, "bench") };
}

/** The agent and those beside it. */
class Processes {
  readonly agent: number;
  readonly #context: BenchmarkContext;
  readonly #others: readonly (readonly [name: string, pid: number])[];

  constructor(context: BenchmarkContext, { controller, vswitchd }: BedNode, agent: number) {
    this.#context = context;
    this.agent = agent;
    this.#others = [
      ["ovn-controller", controller.pid ?? 0],
      ["ovs-vswitchd", vswitchd.pid ?? 0],
    ];
  }

  /** Memory, and processor time while nothing happens. */
  async report(when: string): Promise<void> {
    const { signal } = this.#context;
    const seconds = this.#context.rounds(20, 5);
    this.#context.log(`${when}: ${String(seconds)} s of rest`);
    await sleep(SETTLE_MS, undefined, { signal });
    const pids = [this.agent, ...this.#others.map(([, pid]) => pid)];
    const [idle = 0, ...others] = await processorUse(pids, seconds, signal);
    const memory = memoryOf(this.agent);
    this.#others.forEach(([name, pid], index) => {
      const its = memoryOf(pid);
      this.#row(`RSS, ${when}`, "MB", memory.resident, name, its.resident);
      this.#row(`PSS, ${when}`, "MB", memory.proportional, name, its.proportional);
      this.#row(`processor, ${when}`, "% of one processor", idle, name, others[index] ?? 0);
    });
    if (when !== "no pods") {
      this.#context.target({
        name: `RSS with ${when}`,
        value: memory.resident,
        limit: 110,
        sense: "at most",
        unit: "MB",
        reason: `${memory.proportional.toFixed(0)} MB are its own; the rest are pages of the node binary that other processes share.`,
      });
    }
    this.#context.target({
      name: `idle processor time, ${when}`,
      value: idle,
      limit: 1,
      sense: "at most",
      unit: "%",
      reason: "The timer that watches the event loop fires 50 times a second, whatever happens.",
    });
  }

  #row(name: string, unit: string, ours: number, peer: string, value: number): void {
    this.#context.row({ name, unit, ours, peer: { name: peer, values: value } });
  }
}

/** Waits until the window of the agent's event-loop metrics is over: the reading then begins a new one. */
async function newWindow(context: BenchmarkContext, launcher: Launcher, started: number): Promise<void> {
  if (!context.quick) {
    const left = WINDOW_MS + 1_000 - (performance.now() - started);
    await sleep(Math.max(0, left), undefined, { signal: context.signal });
  }
  await readMetrics(launcher);
}

interface Burst {
  readonly plugin: Plugin;
  readonly launcher: Launcher;
  readonly pid: number;
}

/** Fifty pods at once on top of those that are there. */
async function measureBurst(
  context: BenchmarkContext,
  { plugin, launcher, pid }: Burst,
  sandboxes: readonly string[],
): Promise<readonly TestPod[]> {
  const pods = newPods(sandboxes.slice(PODS - BURST));
  const last = Math.max(...(await plugin.add(pods)));
  const { resident } = memoryOf(pid);
  const metrics = await readMetrics(launcher);
  const delay = (quantile: string): number =>
    (metrics.get(`k8shost_event_loop_delay_seconds{quantile="${quantile}"}`) ?? NaN) * 1000;
  context.row({ name: `event loop late, p99, ${String(BURST)} ADDs at once`, unit: "ms", ours: delay("0.99") });
  context.row({ name: `event loop late, worst, ${String(BURST)} ADDs at once`, unit: "ms", ours: delay("1") });
  context.row({ name: `last of these ${String(BURST)} ADDs`, unit: "ms", ours: last });
  context.row({ name: `RSS, right after ${String(BURST)} ADDs at once`, unit: "MB", ours: resident });
  return pods;
}
