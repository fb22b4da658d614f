import {
  countKind,
  deletePod,
  INVENTORY_KINDS,
  leftAfterSettling,
  takeInventory,
  type Inventory,
} from "../bed/index.js";
import type { Narrator } from "./narrator.js";
import type { ConnectedPods } from "./pods.js";
import { stageTable, type TimedCall } from "./stage-table.js";
import type { World } from "./world.js";

/** Files that the bed's own tools may leave open: they are no pod's. */
const EXPECTED = /^file: .*\/(ovn-controller\.\d+\.ctl|conf\.db\.tmp.*)$/;

/** Chapter: DEL. Returns what the pods left behind, one line each. */
export async function removePods(world: World, { before, pods }: ConnectedPods, narrator: Narrator): Promise<string[]> {
  const { central, nodes, prismnet } = world;
  narrator.chapter("Pods go away", "The executable runs with DEL, then the pod's namespace is deleted. Milliseconds:");
  const look = (): Promise<Inventory> => takeInventory(central, nodes, prismnet);
  const during = await look();
  const calls: TimedCall[] = [];
  for (const { pod, label } of pods) {
    const { milliseconds } = await deletePod(pod);
    await pod.sandbox.remove();
    calls.push({ pod: label, milliseconds, stages: pod.agent.stages("DEL", pod.containerId) });
  }
  const { headings, rows } = stageTable(calls);
  narrator.table(headings, rows);
  const left = await leftAfterSettling(before, look, { expected: (line) => EXPECTED.test(line) });
  const after = await look();
  narrator.chapter("What is there now, compared with the time before the first pod");
  narrator.table(
    ["KIND", "before", "with pods", "now"],
    INVENTORY_KINDS.map((kind) => [kind, ...[before, during, after].map((state) => String(countKind(state, kind)))]),
  );
  return left;
}
