import type { Launcher } from "../cni/launcher.js";
import { readMetrics } from "../cni/metrics.js";

export const ADD_STAGES = ["allocate", "link", "northbound", "ovs-port", "address", "installed"] as const;
export type AddStage = (typeof ADD_STAGES)[number];

/** Stages of one ADD and the agent's whole time for it, from the arrival of the call to its answer, in milliseconds. */
export type AgentTimes = Readonly<Record<AddStage | "total", number>>;

/**
 * Reads an agent's own clock of one call: the growth of the sums of its histograms between two scrapes. So the agent
 * runs with the log level and the work of production, and the scrapes stand outside of what is measured.
 */
export class StageClock {
  readonly #launcher: Launcher;

  /** `launcher` runs inside the agent's node. */
  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  /** Runs `add`, in which the agent serves one ADD, and returns what it cost the agent. */
  async during(add: () => Promise<void>): Promise<AgentTimes> {
    const before = await readMetrics(this.#launcher);
    await add();
    const after = await readMetrics(this.#launcher);
    const grown = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000;
    const stages = ADD_STAGES.map((stage) => [
      stage,
      grown(`k8shost_stage_duration_seconds_sum{verb="ADD",stage="${stage}"}`),
    ]);
    const total = grown('k8shost_verb_duration_seconds_sum{verb="ADD",code="OK"}');
    return { ...(Object.fromEntries(stages) as Record<AddStage, number>), total };
  }
}

/** What OVN needed: from the end of the northbound commit until the agent saw ovn-installed. */
export function ovnsOwn(times: AgentTimes): number {
  return firstPhase(times) - times.allocate - times.northbound + times.installed;
}

/** What the agent needed outside of its stages: gRPC, validation, locks, a look at what exists already. */
export function besideStages(times: AgentTimes): number {
  return times.total - firstPhase(times) - Math.max(times.installed, times.address);
}

/** Address and logical port on one lane, veth and OVS port on the other. */
function firstPhase(times: AgentTimes): number {
  return Math.max(times.allocate + times.northbound, times.link + times["ovs-port"]);
}
