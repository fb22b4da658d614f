import { setTimeout as sleep } from "node:timers/promises";
import { t, test } from "tap";
import {
  addPod,
  createPod,
  deletePod,
  type FlowReport,
  pingUntilAnswered,
  startEcho,
  startFlow,
} from "../bed/index.js";
import { startCluster } from "../network/cluster.js";

t.setTimeout(600_000);

/** How long packets are counted after a disturbance is over, in milliseconds: what northd or ovn-controller does next counts. */
const AFTERMATH = 2_000;

test("pods talk on while everything around them restarts", async (t) => {
  const cluster = await startCluster(t, { central: { raft: 3 } });
  const { central } = cluster;
  const { bed } = central;
  const web = await cluster.run(0, "red", "web");
  const near = await cluster.run(0, "red", "near");
  const far = await cluster.run(1, "blue", "far");
  const agent = cluster.agent(0);

  for (const pod of [near, far]) {
    await startEcho(bed, pod);
    await pingUntilAnswered(web, pod.addresses[0] ?? "");
  }
  // By its address on the underlay: a UDP echo answers from that one, whichever it was asked at.
  const outside = central.underlay.outside.gateway;
  await startEcho(bed, central.underlay.outside);
  await pingUntilAnswered(web, outside);

  /** Counts packets on three paths and both protocols while `disturb` does its work. */
  const during = async (disturb: () => Promise<void>): Promise<FlowReport[]> => {
    const targets = [near.addresses[0] ?? "", far.addresses[0] ?? "", outside];
    const flows = await Promise.all(
      targets.flatMap((to) => (["udp", "tcp"] as const).map((protocol) => startFlow(bed, web, { protocol, to }))),
    );
    await disturb();
    await sleep(AFTERMATH);
    return Promise.all(flows.map((flow) => flow.stop()));
  };

  const disturbances: Record<string, () => Promise<void>> = {
    "the agent is killed and starts again": () => agent.restart("SIGKILL"),
    "the agent stops and starts again": () => agent.restart("SIGTERM"),
    "PrismNET is killed and starts again": async () => {
      await cluster.prismnet.daemon.kill();
      await cluster.prismnet.daemon.start();
      await cluster.prismnet.waitReady();
    },
    "ovn-controller restarts": () => agent.node.restartController("SIGTERM"),
    "northd is killed and starts again": async () => {
      await central.northd.kill();
      await central.northd.start();
    },
    "the northbound leader is killed": async () => {
      const leader = await central.nb.leader();
      await leader.daemon.kill();
      await central.nb.leader();
      await leader.daemon.start();
    },
  };

  for (const [name, disturb] of Object.entries(disturbances)) {
    await t.test(name, async (t) => {
      const reports = await during(disturb);
      t.same(
        reports.map(({ lostCount, errors }) => ({ lostCount, errors })),
        reports.map(() => ({ lostCount: 0, errors: [] })),
        "no packet is lost",
      );
      const sent = reports.reduce((sum, report) => sum + report.sent, 0);
      t.ok(sent > 50, `${sent} packets counted`);
      t.comment(`${name}: ${sent} packets sent, ${reports.reduce((sum, { lostCount }) => sum + lostCount, 0)} lost`);

      const pod = await createPod(agent, "red", "newcomer");
      const { result } = await addPod(pod);
      await pingUntilAnswered(web, result.ips?.[0]?.address.replace(/\/.*/, "") ?? "");
      await deletePod(pod);
      await pod.sandbox.remove();
    });
  }
});
