import type { Launcher } from "./launcher.js";

/** Where an agent of the bed serves its metrics, inside its node. */
const URL = "http://127.0.0.1:9464/metrics";

/** Samples of Prometheus' text format by name and labels, as one agent tells them now; `launcher` runs inside its node. */
export async function readMetrics(launcher: Launcher): Promise<Map<string, number>> {
  const lines = (await launcher.get(URL)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
