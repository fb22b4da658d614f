import { t, test } from "tap";
import { addPod, callCni, createPod, deletePod, ping, pingUntilAnswered, podCall } from "../bed/index.js";
import { startCluster } from "../network/cluster.js";

t.setTimeout(600_000);

test("rows that were lost while the agent was down are put back, leftovers go", async (t) => {
  const cluster = await startCluster(t, { nodes: 1 });
  const { central } = cluster;
  const agent = cluster.agent(0);
  const web = await cluster.run(0, "red", "web");
  const db = await cluster.run(0, "red", "db");
  const before = await cluster.inventory();
  const gone = await cluster.run(0, "red", "gone");
  await pingUntilAnswered(web, db.addresses[0] ?? "");

  await agent.daemon.kill();
  // A northbound database restored from an old backup, and a pod that vanished without a DEL.
  await central.nbctl("lsp-del", `web-${web.pod.containerId}`);
  await gone.pod.sandbox.remove();
  await agent.start();

  await pingUntilAnswered(web, db.addresses[0] ?? "");
  t.equal((await ping(web, db.addresses[0] ?? "", 5)).received, 5, "the pod that lost its logical port has it back");
  t.same(await cluster.left(before), [], "the pod that vanished left nothing");
  const { stdout } = await agent.console("status", "--json");
  const { ports } = JSON.parse(stdout) as { ports: { pod: string; state: string; addresses: string[] }[] };
  t.same(
    ports.map(({ pod, state }) => `${pod} ${state}`),
    ["db installed", "web installed"],
  );
  t.same(ports.find(({ pod }) => pod === "web")?.addresses, [`${web.addresses[0]}/24`], "…with its old address");
});

test("a DEL while the agent is down is queued, and replayed before anything else", async (t) => {
  const cluster = await startCluster(t, { nodes: 1 });
  const agent = cluster.agent(0);
  await cluster.prismnet.createNamespace("red");
  const before = await cluster.inventory();
  const web = await cluster.run(0, "red", "web");
  await agent.daemon.kill();
  await deletePod(web.pod);
  const status = await callCni(agent, "STATUS");
  t.match(status.error, { code: 50 }, "STATUS says that the agent is down");
  t.match(JSON.stringify(status.error), /1 delete waits for the agent/, "…and what is queued");
  await agent.start();
  await web.pod.sandbox.remove();
  t.same(await cluster.left(before), []);
  t.equal((await agent.status()).queuedDels, 0);
});

test("ADD says which stage failed, and what to look at, and leaves nothing", async (t) => {
  const cluster = await startCluster(t, { nodes: 1, agent: { settings: { deadlines: { add: "2s" } } } });
  const agent = cluster.agent(0);
  await cluster.prismnet.createNamespace("red");
  const before = await cluster.inventory();
  const pod = await createPod(agent, "red", "web");

  await agent.node.controller.kill();
  const stuck = await callCni(agent, "ADD", podCall(pod));
  t.match(stuck.error, { code: 11 });
  t.match(JSON.stringify(stuck.error), /installed: .*ovn-controller/);
  await agent.node.controller.start();

  await cluster.prismnet.daemon.kill();
  const addressless = await callCni(agent, "ADD", podCall(pod));
  t.match(addressless.error, { code: 11 });
  t.match(JSON.stringify(addressless.error), /allocate: .*PrismNET/);
  await cluster.prismnet.daemon.start();
  await cluster.prismnet.waitReady();

  t.same(await cluster.left(before).then((lines) => lines.filter((line) => !line.includes(pod.sandbox.path))), []);
  await addPod(pod);
  await deletePod(pod);
  await pod.sandbox.remove();
  t.same(await cluster.left(before), []);
});
