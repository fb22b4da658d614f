import type { Launcher } from "./launcher.js";

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
    const before = await this.#read();
    await add();
    const after = await this.#read();
    const grown = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000;
    const stages = ADD_STAGES.map((stage) => [
      stage,
      grown(`k8shost_stage_duration_seconds_sum{verb="ADD",stage="${stage}"}`),
    ]);
    const total = grown('k8shost_verb_duration_seconds_sum{verb="ADD",code="OK"}');
    return { ...(Object.fromEntries(stages) as Record<AddStage, number>), total };
  }

  async #read(): Promise<Map<string, number>> {
    return parseMetrics(await this.#launcher.get(METRICS_URL));
  }
}

export const METRICS_URL = "http://127.0.0.1:9464/metrics";

/** Samples of Prometheus' text format by name and labels. */
export function parseMetrics(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** What OVN needed: from the end of the northbound commit until the agent saw ovn-installed. */
export function ovnsOwn(times: AgentTimes): number {
  const committed = times.allocate + times.northbound;
  const bothLanes = Math.max(committed, times.link + times["ovs-port"]);
  return bothLanes - committed + times.installed;
}
