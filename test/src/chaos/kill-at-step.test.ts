import { fileURLToPath } from "node:url";
import { t, test, type Test } from "tap";
import {
  addPod,
  BedAgent,
  callCni,
  createPod,
  deletePod,
  type Inventory,
  pingUntilAnswered,
  type Pod,
  podCall,
} from "../bed/index.js";
import { type Cluster, type RunningPod, startCluster } from "../network/cluster.js";

t.setTimeout(900_000);

const PROGRAM = fileURLToPath(new URL("agent-killed-at-step.js", import.meta.url));

const STEPS = {
  ADD: ["allocate", "create-link", "plug-ovs-port", "commit-logical-port", "configure-sandbox", "await-installed"],
  DEL: ["unplug-ovs-port", "delete-link", "delete-logical-port", "release"],
} as const;

const MOMENTS = ["before", "after"] as const;

interface Scene {
  readonly cluster: Cluster;
  /** A pod that lives through all of it. */
  readonly witness: RunningPod;
  readonly before: Inventory;
}

/** Runs `act` against an agent that dies at `point`, and starts the real agent in its place. */
async function dieAt(t: Test, { cluster }: Scene, point: string, act: (agent: BedAgent) => Promise<unknown>) {
  const real = cluster.agent(0);
  await real.daemon.stop();
  const doomed = new BedAgent(real.node, {
    prismnet: cluster.prismnet.endpoint,
    program: PROGRAM,
    env: { K8SHOST_KILL_AT: point },
  });
  await doomed.start();
  await act(doomed);
  await doomed.daemon.exited();
  t.notOk(doomed.daemon.running, `the agent died ${point}`);
  await real.start();
}

test("kill -9 of the agent at every step of ADD and DEL", async (t) => {
  const cluster = await startCluster(t, { nodes: 1 });
  const witness = await cluster.run(0, "red", "witness");
  const scene: Scene = { cluster, witness, before: await cluster.inventory() };
  let points = 0;

  for (const step of STEPS.ADD) {
    for (const moment of MOMENTS) {
      const point = `${moment}:${step}`;
      for (const ending of ["nobody calls again", "ADD is repeated"] as const) {
        points += 1;
        await t.test(`ADD dies ${point}, ${ending}`, (t) => addDies(t, scene, point, ending));
      }
    }
  }
  for (const step of STEPS.DEL) {
    for (const moment of MOMENTS) {
      const point = `${moment}:${step}`;
      points += 1;
      await t.test(`DEL dies ${point}, and is repeated`, (t) => delDies(t, scene, point));
    }
  }
  t.comment(`points tried: ${points}`);
  t.equal(points, 2 * 2 * STEPS.ADD.length + 2 * STEPS.DEL.length);
});

async function addDies(t: Test, scene: Scene, point: string, ending: string): Promise<void> {
  const pod = await createPod(scene.cluster.agent(0), "red", "victim");
  await dieAt(t, scene, point, async (agent) => {
    const answer = await callCni(agent, "ADD", podCall(pod));
    t.match(answer.error, { code: 11 }, "the runtime is told to try again");
  });
  if (ending === "ADD is repeated") {
    const { result } = await addPod(pod);
    await pingUntilAnswered(scene.witness, result.ips?.[0]?.address.replace(/\/.*/, "") ?? "");
    await deletePod(pod);
  } else if (wasComplete(point)) {
    // The sandbox had its whole network, only the answer was lost: the runtime's DEL of the failed sandbox ends it.
    await deletePod(pod);
  }
  await leavesNothing(t, scene, pod);
}

/** From then on the link is marked complete. (Its lane runs beside the wait for OVN, so that step's "after" comes later.) */
function wasComplete(point: string): boolean {
  return point === "after:configure-sandbox" || point === "after:await-installed";
}

async function delDies(t: Test, scene: Scene, point: string): Promise<void> {
  const pod = await createPod(scene.cluster.agent(0), "red", "victim");
  await addPod(pod);
  await dieAt(t, scene, point, async (agent) => {
    await callCni(agent, "DEL", podCall(pod));
  });
  await deletePod(pod);
  await leavesNothing(t, scene, pod);
}

async function leavesNothing(t: Test, scene: Scene, pod: Pod): Promise<void> {
  await pod.sandbox.remove();
  t.same(await scene.cluster.left(scene.before), [], "nothing is left");
  const [address = ""] = scene.witness.addresses;
  await pingUntilAnswered({ netns: scene.cluster.agent(0).node.netns }, address);
}
