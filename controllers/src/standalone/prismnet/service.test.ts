import { test } from "tap";
import { audit } from "./testing/audit.js";
import { nbctl, refusal, rows, startStack } from "./testing/stack.js";

const pod = (containerId: string, namespace = "web") => ({
  namespace,
  containerId,
  podName: `pod-${containerId}`,
  nodeName: "worker-1",
});
/** 13 addresses in a block. */
const small = { clusterCIDR: "10.0.0.0/26", blockPrefix4: 28 };

test("an allocation: address, gateway, switch, MAC; the same again for the same container", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client({ dnsServers: "10.96.0.10" });
  const first = await prismnet.allocate(pod("c1"));
  t.strictSame(first, {
    ipAddress: "10.244.0.2/24",
    gateway: "10.244.0.1",
    dnsServers: ["10.96.0.10"],
    addresses: [{ ipAddress: "10.244.0.2/24", gateway: "10.244.0.1" }],
    logicalSwitch: "k8s-web",
    macAddress: "0a:58:0a:f4:00:02",
    existing: false,
    egress: undefined,
    clusterCidrs: [],
  });
  t.strictSame(await prismnet.allocate(pod("c1")), { ...first, existing: true });
  t.equal((await prismnet.allocate({ ...pod("c1"), ifName: "net1" })).ipAddress, "10.244.0.3/24", "another interface");
  const together = await Promise.all(Array.from({ length: 20 }, () => prismnet.allocate(pod("c2"))));
  t.strictSame([...new Set(together.map(({ ipAddress }) => ipAddress))], ["10.244.0.4/24"]);
  t.equal(together.filter(({ existing }) => !existing).length, 1);
  t.match(
    await refusal(prismnet.allocate(pod("c1", "other"))),
    /^9 FAILED_PRECONDITION: namespace: the container holds 10.244.0.2\/24 in web/,
  );
  const { problems, held } = await audit(remote);
  t.strictSame(problems, []);
  t.equal(held.size, 3);
});

test("the topology of a namespace is made once, and mended", async (t) => {
  const { client, remote } = await startStack(t);
  const [one, two] = await Promise.all([client(), client()]);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).createSwitch("web")));
  for (const answer of answers) {
    t.strictSame(answer, { logicalSwitch: "k8s-web", logicalRouter: "k8s-cluster-router", subnets: ["10.244.0.0/24"] });
  }
  const ours = { "k8shost/owner": "prismnet", "k8shost/namespace": "web" };
  const [lsw, ...otherSwitches] = await rows(remote, "Logical_Switch");
  t.match(lsw, { name: "k8s-web", external_ids: ours });
  t.strictSame(otherSwitches, []);
  t.match(await rows(remote, "Logical_Router"), [
    { name: "k8s-cluster-router", external_ids: { "k8shost/owner": "prismnet" } },
  ]);
  t.match(await rows(remote, "Logical_Router_Port"), [
    { name: "rtos-k8s-web", mac: "0a:58:0a:f4:00:01", external_ids: ours },
  ]);
  t.match(await rows(remote, "Logical_Switch_Port"), [
    {
      name: "stor-k8s-web",
      type: "router",
      addresses: "router",
      options: { "router-port": "rtos-k8s-web" },
      external_ids: ours,
    },
  ]);
  await nbctl(remote, "lrp-del", "rtos-k8s-web", "--", "lsp-del", "stor-k8s-web");
  await one.createSwitch("web");
  t.match(await rows(remote, "Logical_Router_Port"), [{ name: "rtos-k8s-web", networks: "10.244.0.1/24" }]);
  t.match(await rows(remote, "Logical_Switch_Port"), [{ name: "stor-k8s-web" }]);
  await nbctl(remote, "ls-del", "k8s-web", "--", "lr-del", "k8s-cluster-router");
  t.strictSame((await two.createSwitch("web")).subnets, ["10.244.0.0/24"], "the ledger outlives the switch");
  t.equal((await rows(remote, "Logical_Switch")).length, 1);
});

test("what bears our names without our mark is not touched", async (t) => {
  const { client, remote } = await startStack(t);
  await nbctl(remote, "ls-add", "k8s-web");
  const prismnet = await client();
  t.match(
    await refusal(prismnet.allocate(pod("c1"))),
    /^9 FAILED_PRECONDITION: Logical_Switch k8s-web exists and is not ours/,
  );
  await nbctl(remote, "set", "Logical_Switch", "k8s-web", "external_ids:k8shost/owner=prismnet");
  t.equal((await prismnet.allocate(pod("c1"))).ipAddress, "10.244.0.2/24", "the advice of the error works");
});

test("a namespace grows before it is full, in subnets of its own, until the cluster CIDR is used up", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client(small);
  t.equal((await prismnet.allocate(pod("b1", "b"))).ipAddress, "10.0.0.2/28");
  const given: string[] = [];
  for (let i = 0; i < 13; i += 1) given.push((await prismnet.allocate(pod(`c${String(i)}`))).ipAddress);
  t.equal(given[0], "10.0.0.18/28");
  t.equal(new Set(given).size, 13);
  t.ok(
    (await prismnet.createSwitch("web")).subnets.includes("10.0.0.32/28"),
    "the next block is there before the first is full",
  );
  for (let i = 13; i < 39; i += 1) given.push((await prismnet.allocate(pod(`c${String(i)}`))).ipAddress);
  t.match(
    await refusal(prismnet.allocate(pod("c39"))),
    /^8 RESOURCE_EXHAUSTED: namespace web has no free address, and 10.0.0.0\/26 has no block left to grow by; widen/,
  );
  t.match(await refusal(prismnet.createSwitch("late")), /^8 RESOURCE_EXHAUSTED: namespace late has no/);
  const port = (await rows(remote, "Logical_Router_Port")).find(({ name }) => name === "rtos-k8s-web");
  t.strictSame([...(port?.["networks"] as string[])].sort(), ["10.0.0.17/28", "10.0.0.33/28", "10.0.0.49/28"]);
  t.equal(new Set(given).size, 39);
  t.ok(await prismnet.release(pod("c7")));
  t.equal((await prismnet.allocate(pod("c39"))).ipAddress, given[7], "what is freed is there again");
  t.strictSame((await audit(remote)).problems, []);
});

test("freed addresses come last, the least recently freed first; also after a restart", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client(small);
  const address = async (id: string, from = prismnet) => (await from.allocate(pod(id))).ipAddress;
  await address("a");
  await address("b");
  await address("c");
  t.ok(await prismnet.release(pod("b")));
  t.ok(await prismnet.release(pod("a")));
  t.notOk(await prismnet.release(pod("a")), "twice is success, with nothing to do");
  t.notOk(await prismnet.release(pod("never")));
  const fresh = [];
  for (let i = 0; i < 8; i += 1) fresh.push(await address(`d${String(i)}`));
  t.equal(fresh[0], "10.0.0.5/28");
  t.notOk(fresh.includes("10.0.0.2/28") || fresh.includes("10.0.0.3/28"));
  await prismnet.server.close();
  const restarted = await client({ ...small, clusterCIDR: "10.0.0.0/28" });
  t.equal(await address("d0", restarted), fresh[0], "the restarted server knows who holds what");
  t.equal(await address("e0", restarted), "10.0.0.13/28");
  t.equal(await address("e1", restarted), "10.0.0.14/28");
  t.equal(await address("e2", restarted), "10.0.0.3/28");
  t.equal(await address("e3", restarted), "10.0.0.2/28");
  const { problems, tombstones } = await audit(remote);
  t.strictSame([problems, tombstones], [[], 0]);
});

test("a release of the past frees nothing that was given to somebody else", async (t) => {
  const { client } = await startStack(t);
  const prismnet = await client({ clusterCIDR: "10.0.0.0/28", blockPrefix4: 28 });
  for (let i = 0; i < 13; i += 1) await prismnet.allocate(pod(`c${String(i)}`));
  await prismnet.release(pod("c0"));
  const heir = await prismnet.allocate(pod("heir"));
  t.equal(heir.ipAddress, "10.0.0.2/28");
  t.notOk(await prismnet.release(pod("c0")), "DEL repeated by a runtime");
  t.match(
    await refusal(prismnet.release(pod("heir", "other"))),
    /^9 FAILED_PRECONDITION: namespace: the container holds 10.0.0.2 in web, not in other/,
  );
  t.match(await prismnet.allocate(pod("heir")), { ipAddress: "10.0.0.2/28", existing: true });
});

test("static addresses", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client();
  await prismnet.createSwitch("web");
  await prismnet.createSwitch("other");
  const ask = (id: string, ...staticAddresses: string[]) => prismnet.allocate({ ...pod(id), staticAddresses });
  t.equal((await ask("a", "10.244.0.77")).ipAddress, "10.244.0.77/24");
  t.match(await ask("a", "10.244.0.77"), { existing: true });
  t.match(await refusal(ask("a", "10.244.0.78")), /^9 .*: the container holds 10.244.0.77\/24; release it before/);
  t.match(
    await refusal(ask("b", "10.244.0.77")),
    /^9 .*: static_addresses: 10.244.0.77 is held by pod a\/eth0 worker-1 pod-a/,
  );
  t.match(
    await refusal(ask("b", "10.244.1.9")),
    /^9 .*: 10.244.1.9 belongs to namespace other; web has 10.244.0.0\/24/,
  );
  t.match(await refusal(ask("b", "10.244.9.9")), /^9 .*: 10.244.9.9 lies in no subnet/);
  for (const reserved of ["10.244.0.0", "10.244.0.1", "10.244.0.255"])
    t.match(await refusal(ask("b", reserved)), /^9 .*is the network's/);
  await prismnet.release(pod("a"));
  t.equal((await ask("b", "10.244.0.77")).ipAddress, "10.244.0.77/24", "a freed one may be asked for at once");
  t.equal((await prismnet.allocate(pod("c"))).ipAddress, "10.244.0.2/24");
  const race = await Promise.all(Array.from({ length: 8 }, (_, i) => refusal(ask(`r${String(i)}`, "10.244.0.99"))));
  t.equal(race.filter((result) => result === "OK").length, 1);
  t.equal(race.filter((result) => result.includes("10.244.0.99 is held by pod r")).length, 7);
  t.strictSame((await audit(remote)).problems, []);
});

test("ranges", async (t) => {
  const { client } = await startStack(t);
  const prismnet = await client(small);
  const ask = (id: string, rangeStart: string, rangeEnd: string) =>
    prismnet.allocate({ ...pod(id), rangeStart, rangeEnd });
  t.equal((await ask("a", "10.0.0.10", "10.0.0.11")).ipAddress, "10.0.0.10/28");
  t.equal((await ask("b", "10.0.0.10", "")).ipAddress, "10.0.0.11/28");
  t.equal((await ask("c", "", "10.0.0.5")).ipAddress, "10.0.0.2/28");
  t.match(
    await refusal(ask("d", "10.0.0.10", "10.0.0.11")),
    /^8 RESOURCE_EXHAUSTED: .* no free address in the requested range/,
  );
  t.equal((await ask("e", "10.0.0.50", "10.0.0.60")).ipAddress, "10.0.0.50/28", "a block is made where the range is");
  t.equal((await ask("f", "10.0.0.12", "10.0.0.60")).ipAddress, "10.0.0.12/28");
  t.match(
    await refusal(ask("g", "10.0.0.15", "10.0.0.17")),
    /^8 RESOURCE_EXHAUSTED/,
    "broadcast, network and gateway alone",
  );
});

test("a node: management address, egress port, routes; growth keeps the egress port", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client({ ...small, clusterCIDR: ["10.0.0.0/26", "fd00::/60"] });
  const first = await prismnet.allocate({ nodeName: "worker-1" });
  const egress = { logicalPort: "k8s_egress", macAddress: "0a:58:0a:00:00:02", ipAddresses: ["10.0.0.2", "fd00::2"] };
  t.match(first, {
    ipAddress: "10.0.0.3/28",
    gateway: "10.0.0.1",
    logicalSwitch: "k8s_nodes",
    egress,
    clusterCidrs: ["10.0.0.0/26", "fd00::/60"],
  });
  t.match(await prismnet.allocate({ nodeName: "worker-1" }), { ipAddress: "10.0.0.3/28", existing: true });
  for (let i = 2; i < 20; i += 1) t.match(await prismnet.allocate({ nodeName: `worker-${String(i)}` }), { egress });
  await prismnet.allocate(pod("c"));
  const ports = (await rows(remote, "Logical_Switch_Port")).filter(({ type }) => type === "localport");
  t.match(ports, [{ name: "k8s_egress", addresses: "0a:58:0a:00:00:02 10.0.0.2 fd00::2" }]);
  const routes = (await rows(remote, "Logical_Router_Static_Route")).map((row) => [row["ip_prefix"], row["nexthop"]]);
  t.strictSame(routes.sort(), [
    ["0.0.0.0/0", "10.0.0.2"],
    ["::/0", "fd00::2"],
  ]);
  const [router] = await rows(remote, "Logical_Router");
  t.equal((router?.["ports"] as unknown[]).length, 2);
  await nbctl(remote, "lr-del", "k8s-cluster-router");
  await (await client({ ...small, clusterCIDR: ["10.0.0.0/26", "fd00::/60"] })).allocate({ nodeName: "late" });
  t.equal((await rows(remote, "Logical_Router_Static_Route")).length, 2, "a server that starts mends the routes");
  t.ok(await prismnet.release({ nodeName: "worker-1" }));
  t.strictSame((await audit(remote)).problems, []);
});

test("ListAllocations: of a node, of all; fresh on every server", async (t) => {
  const { client } = await startStack(t);
  const [one, two] = await Promise.all([client(), client()]);
  await one.allocate(pod("a"));
  await one.allocate({ ...pod("b"), nodeName: "worker-2", ifName: "net1" });
  await one.allocate({ nodeName: "worker-2" });
  const all = await two.list();
  t.equal(all.length, 3, "the egress port is nobody's allocation");
  t.strictSame(await two.list("worker-1"), [
    {
      namespace: "web",
      podName: "pod-a",
      containerId: "a",
      ifName: "eth0",
      nodeName: "worker-1",
      ipAddresses: ["10.244.0.2/24"],
    },
  ]);
  t.strictSame(
    (await two.list("worker-2")).map(({ namespace, ifName, ipAddresses }) => [namespace, ifName, ipAddresses]).sort(),
    [
      ["", "", ["10.244.1.3/24"]],
      ["web", "net1", ["10.244.0.3/24"]],
    ],
  );
  t.strictSame(await two.list("nobody"), []);
  t.ok(await two.release(pod("a")), "any server takes back what another gave");
  t.strictSame(await one.list("worker-1"), []);
});
