import type { Benchmark, BenchmarkContext, Collected, Sample } from "./harness/benchmark.js";
import type { Plugin, TestPod } from "./cni/plugin.js";
import { BRIDGE, FLOOR, type Measured, OURS, reportSize, reportTargets } from "./pod-add/report.js";
import { type AgentTimes, besideStages, ovnsOwn } from "./pod-add/stage-clock.js";
import { buildWorld, type World } from "./pod-add/world.js";

const BURST = 50;

export const podAdd: Benchmark = {
  name: "pod-add",
  describe:
    "A pod gets its network and loses it again: the CNI executable's whole ADD and DEL, beside bridge + host-local " +
    "(Debian's containernetworking-plugins: a Linux bridge, no overlay) and beside the floor (a program that writes the " +
    "same rows to OVN and waits for ovn-installed, and does nothing else).",

  async run(context) {
    const world = await buildWorld(context, BURST);
    const sizes = [
      { others: 0, single: context.rounds(100, 10), burst: context.rounds(7, 1) },
      { others: 1_000, single: context.rounds(40, 4), burst: context.rounds(5, 1) },
      ...(context.quick ? [] : [{ others: 10_000, single: 8, burst: 2 }]),
    ];
    const all: Measured[] = [];
    for (const { others, single, burst } of sizes) {
      context.log(`${String(others)} other ports: making them`);
      await world.others.growTo(others, context.signal);
      await world.rest();
      const measured = {
        others,
        single: await measure(context, world, { count: 1, rounds: single }),
        burst: await measure(context, world, { count: BURST, rounds: burst }),
      };
      reportSize(context, measured);
      all.push(measured);
    }
    reportTargets(context, all);
    notes(context);
  },
};

function measure(
  context: BenchmarkContext,
  world: World,
  { count, rounds }: { readonly count: number; readonly rounds: number },
): Promise<Collected> {
  context.log(`${String(count)} at once, ${String(rounds)} rounds`);
  return context.interleave({
    rounds,
    warmUp: count === 1 ? Math.min(20, rounds) : 1,
    subjects: {
      [OURS]: () => (count === 1 ? withStages(world) : withProcessorTime(world, count)),
      [BRIDGE]: () => comeAndGo(world, world.bridge, world.bridgePods(count)),
      [FLOOR]: () => comeAndGo(world, world.floor, world.nodePods(count)),
    },
  });
}

/** The last one's time of ADD and of DEL; everything is at rest before each. */
async function comeAndGo(
  world: World,
  plugin: Plugin,
  pods: readonly TestPod[],
): Promise<{ add: number; del: number }> {
  const add = Math.max(...(await plugin.add(pods)));
  await world.rest();
  const del = Math.max(...(await plugin.del(pods)));
  await world.rest();
  return { add, del };
}

/** The agent's processor time for each pod's ADD and DEL beside the times: on few processors it bounds a burst. */
async function withProcessorTime(world: World, count: number): Promise<Sample> {
  const before = world.agentProcessorTime();
  const both = await comeAndGo(world, world.ours, world.nodePods(count));
  return { ...both, processor: (world.agentProcessorTime() - before) / count };
}

/** One ADD and DEL of ours, with the agent's stages and what is left of the executable's time beside them. */
async function withStages(world: World): Promise<Sample> {
  let both = { add: 0, del: 0 };
  const times: AgentTimes = await world.clock.during(async () => {
    both = await comeAndGo(world, world.ours, world.nodePods(1));
  });
  const { total, ...stages } = times;
  return { ...both, ...stages, shim: both.add - total, other: besideStages(times), rest: both.add - ovnsOwn(times) };
}

function notes(context: BenchmarkContext): void {
  context.note(
    "shim: the executable's time beside the agent's own, so fork, exec, exit and the launcher's event loop are in it, for the " +
      "bridge plugin as well. The launcher is a small Node process inside the node's namespace.",
  );
  context.note(
    "ADD without OVN's part: the whole call but for the time from the end of the northbound commit to ovn-installed. " +
      "Stages are the agent's own clock, read as the growth of its histograms; it logs at level info.",
  );
  context.note(
    "Other ports hang on switches of a hundred at the cluster's router, on a chassis that is not there. All subjects start when northd " +
      "and ovn-controller are at rest. Sandboxes are used again. Userspace datapath.",
  );
}
