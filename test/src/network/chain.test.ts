import { t, test } from "tap";
import {
  addPod,
  type BedAgent,
  callCni,
  type CniResult,
  createPod,
  deletePod,
  pingUntilAnswered,
  type Pod,
  podCall,
  startEcho,
  startFlow,
} from "../bed/index.js";
import { startCluster } from "./cluster.js";

t.setTimeout(600_000);

const PLUGINS = "/usr/lib/cni";
const CNI_VERSION = "1.0.0";

type Config = Readonly<Record<string, unknown>>;

/** Calls one of the reference plugins as a runtime does, in the node's network namespace. */
async function callPlugin(
  agent: BedAgent,
  verb: "ADD" | "DEL" | "CHECK",
  pod: Pod,
  config: Config,
): Promise<CniResult> {
  const type = String(config["type"]);
  const { containerId = "", netns = "", ifName = "", args = "" } = podCall(pod);
  const { stdout, stderr, exitCode } = await agent.node.attempt([`${PLUGINS}/${type}`], {
    input: JSON.stringify({ cniVersion: CNI_VERSION, name: "prismnet", ...config }),
    env: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: netns,
      CNI_IFNAME: ifName,
      CNI_ARGS: args,
      CNI_PATH: PLUGINS,
    },
  });
  if (exitCode !== 0) throw new Error(`${type} ${verb}: ${stdout} ${stderr}`);
  return (stdout === "" ? {} : JSON.parse(stdout)) as CniResult;
}

test("prismnet first in a chain with portmap and bandwidth", async (t) => {
  const cluster = await startCluster(t, { nodes: 1 });
  const { central } = cluster;
  const agent = cluster.agent(0);
  await cluster.prismnet.createNamespace("red");
  const before = await cluster.inventory();
  const pod = await createPod(agent, "red", "web");
  const runtimePorts = [{ hostPort: 8080, containerPort: 7007, protocol: "tcp" }];
  const portmap = { type: "portmap", snat: true, runtimeConfig: { portMappings: runtimePorts } };
  // Into the pod 8 Mbit/s: bits per second and bits.
  const bandwidth = {
    type: "bandwidth",
    runtimeConfig: { bandwidth: { ingressRate: 8_000_000, ingressBurst: 800_000 } },
  };

  const { result } = await addPod(pod, { config: { cniVersion: CNI_VERSION } });
  const mapped = await callPlugin(agent, "ADD", pod, { ...portmap, prevResult: result });
  const shaped = await callPlugin(agent, "ADD", pod, { ...bandwidth, prevResult: mapped });
  t.same(shaped.ips, result.ips, "the chain passes our result on");

  const [address = ""] = (result.ips ?? []).map((ip) => ip.address.replace(/\/.*/, ""));
  await pingUntilAnswered({ netns: agent.node.netns }, address);
  await startEcho(central.bed, pod.sandbox);
  const flow = await startFlow(central.bed, central.underlay.outside, {
    protocol: "tcp",
    to: agent.node.underlayIp,
    port: 8080,
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const report = await flow.stop();
  t.match(report, { lostCount: 0, errors: [] }, "the outside reaches the pod by the node's port");
  t.ok(report.answered > 10);
  const [hostLink] = result.interfaces ?? [];
  const queueing = await agent.node.run(["tc", "qdisc", "show", "dev", hostLink?.name ?? ""]);
  t.match(queueing, /tbf .*rate 8Mbit/, "bandwidth found the host link in our result");

  const check = await callCni(
    agent,
    "CHECK",
    podCall(pod, { config: { cniVersion: CNI_VERSION, prevResult: shaped } }),
  );
  t.equal(check.exitCode, 0, check.stdout);

  await callPlugin(agent, "DEL", pod, { ...bandwidth, prevResult: shaped });
  await callPlugin(agent, "DEL", pod, { ...portmap, prevResult: shaped });
  await deletePod(pod, { config: { cniVersion: CNI_VERSION, prevResult: shaped } });
  await pod.sandbox.remove();
  // portmap keeps its empty chains for the next pod.
  t.same(
    (await cluster.left(before)).filter((line) => !line.startsWith("nftables rule: ")),
    [],
  );
});
