import { t, test } from "tap";
import {
  addPod,
  callCni,
  createPod,
  deletePod,
  ping,
  pingUntilAnswered,
  podCall,
  startEcho,
  startFlow,
} from "../bed/index.js";
import { startCluster } from "./cluster.js";

t.setTimeout(600_000);

test("pods on two nodes, dual stack: from the executable to OVN and back", async (t) => {
  const cluster = await startCluster(t, { dualStack: true });
  // The namespaces' switches come with the first pod and stay: make them before counting.
  for (const namespace of ["red", "blue"]) await cluster.prismnet.createNamespace(namespace);
  const before = await cluster.inventory();
  const web = await cluster.run(0, "red", "web");
  const near = await cluster.run(0, "red", "near");
  const far = await cluster.run(1, "red", "far");
  const other = await cluster.run(1, "blue", "other");
  const pods = [web, near, far, other];

  t.test("each has an address of its own per family", (t) => {
    const all = pods.flatMap(({ addresses }) => addresses);
    t.equal(all.length, 8);
    t.equal(new Set(all).size, 8);
    t.end();
  });

  t.test("they reach each other: same node, across nodes, across namespaces, both families", async (t) => {
    for (const to of [near, far, other]) {
      for (const address of to.addresses) {
        await pingUntilAnswered(web, address);
        t.equal((await ping(web, address, 3)).received, 3, address);
      }
    }
  });

  t.test("TCP passes too: checksums are right", async (t) => {
    await startEcho(cluster.central.bed, far);
    for (const to of far.addresses) {
      const flow = await startFlow(cluster.central.bed, web, { protocol: "tcp", to });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const report = await flow.stop();
      t.match(report, { lostCount: 0, errors: [], connections: 1 }, to);
      t.ok(report.answered > 10);
    }
  });

  t.test("node and pods reach each other: kubelet's probes, on every node", async (t) => {
    for (const node of cluster.nodes) {
      for (const address of [...web.addresses, ...far.addresses]) await pingUntilAnswered(node, address);
    }
    t.pass("answered");
  });

  t.test("pods leave through their own node, with its address", async (t) => {
    const { outside } = cluster.central.underlay;
    for (const pod of [web, far]) {
      await pingUntilAnswered(pod, outside.address);
      await pingUntilAnswered(pod, outside.addressV6);
    }
    t.pass("answered, although the outside has no route to pods");
  });

  t.test("ADD may be repeated, CHECK agrees, STATUS is content", async (t) => {
    const again = await addPod(web.pod);
    t.same(
      again.result.ips?.map(({ address }) => address.replace(/\/.*/, "")),
      web.addresses,
    );
    const check = await callCni(web.pod.agent, "CHECK", podCall(web.pod, { config: { prevResult: again.result } }));
    t.equal(check.exitCode, 0, check.stdout);
    const status = await callCni(web.pod.agent, "STATUS");
    t.equal(status.exitCode, 0, status.stdout);
  });

  t.test("CHECK sees what was broken behind our back", async (t) => {
    const { result } = await addPod(near.pod);
    await near.pod.sandbox.run(["ip", "address", "del", result.ips?.[0]?.address ?? "", "dev", "eth0"]);
    const check = await callCni(near.pod.agent, "CHECK", podCall(near.pod, { config: { prevResult: result } }));
    t.match(check.error, { code: 100, msg: /CHECK/ });
    t.match(JSON.stringify(check.error), /is missing on eth0/);
  });

  t.test("k8shost status shows them", async (t) => {
    const { stdout, exitCode } = await cluster.agent(0).console("status", "--json");
    t.equal(exitCode, 0, stdout);
    const status = JSON.parse(stdout) as { chassis: string; ports: { pod: string; state: string }[] };
    t.equal(status.chassis, cluster.nodes[0]?.systemId);
    t.same(status.ports.map(({ pod, state }) => `${pod} ${state}`).sort(), ["near installed", "web installed"]);
  });

  t.test("DEL leaves nothing, whatever is gone already", async (t) => {
    await deletePod(web.pod);
    await deletePod(web.pod);
    await near.pod.sandbox.remove();
    await deletePod(near.pod);
    await deletePod(far.pod, { netns: "" });
    const gc = await callCni(other.pod.agent, "GC", { config: { "cni.dev/valid-attachments": [] } });
    t.equal(gc.exitCode, 0, gc.stdout);
    for (const { pod } of [web, far, other]) await pod.sandbox.remove();
    t.same(await cluster.left(before), []);
  });
});

test("a bad request is refused with the field's name and touches nothing", async (t) => {
  const cluster = await startCluster(t, { nodes: 1 });
  await cluster.prismnet.createNamespace("red");
  const before = await cluster.inventory();
  const pod = await createPod(cluster.agent(0), "red", "web");
  const gone = await callCni(pod.agent, "ADD", podCall(pod, { netns: "/run/netns/not-there" }));
  t.match(gone.error, { code: 3 }, "a sandbox that does not exist");
  const own = await callCni(pod.agent, "ADD", podCall(pod, { netns: `/run/netns/${pod.agent.node.netns}` }));
  t.match(own.error, { code: 7 }, "the node's own namespace is no sandbox");
  const elsewhere = await callCni(pod.agent, "ADD", podCall(pod, { config: { ipam: { subnet: "192.168.0.0/16" } } }));
  t.match(elsewhere.error, { code: 7 }, "a subnet that is not the cluster's");
  t.match(JSON.stringify(elsewhere.error), /subnet/);
  const foreign = await callCni(pod.agent, "ADD", podCall(pod, { args: `${podCall(pod).args};IP=192.168.7.7` }));
  t.match(foreign.error, { code: 7 }, "a static address that is nobody's to give");
  await pod.sandbox.remove();
  t.same(await cluster.left(before), []);
});
