import { test } from "tap";
import { audit } from "./testing/audit.js";
import { refusal, rows, startStack } from "./testing/stack.js";

const pod = (containerId: string) => ({ namespace: "web", containerId, podName: "p", nodeName: "worker-1" });

test("dual stack: one claim covers an address of each family, with the same index", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client({ clusterCIDR: ["fd00:10:244::/56", "10.244.0.0/16"] });
  const first = await prismnet.allocate(pod("a"));
  t.match(first, {
    ipAddress: "10.244.0.2/24",
    gateway: "10.244.0.1",
    addresses: [
      { ipAddress: "10.244.0.2/24", gateway: "10.244.0.1" },
      { ipAddress: "fd00:10:244::2/64", gateway: "fd00:10:244::1" },
    ],
    macAddress: "0a:58:0a:f4:00:02",
  });
  const ask = (id: string, ...staticAddresses: string[]) => prismnet.allocate({ ...pod(id), staticAddresses });
  t.equal((await ask("b", "fd00:10:244::4d")).ipAddress, "10.244.0.77/24", "a static address of either family");
  t.equal((await ask("c", "10.244.0.78", "fd00:10:244::4e")).ipAddress, "10.244.0.78/24");
  t.match(
    await refusal(ask("d", "10.244.0.79", "fd00:10:244::4d")),
    /^9 .*: the two do not belong together: 10.244.0.79\/24 and fd00:10:244::4f\/64 do/,
  );
  t.equal((await prismnet.allocate({ ...pod("e"), rangeStart: "fd00:10:244::80" })).ipAddress, "10.244.0.128/24");
  t.strictSame((await prismnet.createSwitch("web")).subnets, ["10.244.0.0/24", "fd00:10:244::/64"]);
  t.match(await rows(remote, "Logical_Router_Port"), [{ mac: "0a:58:0a:f4:00:01" }]);
  const [port] = await rows(remote, "Logical_Router_Port");
  t.strictSame([...(port?.["networks"] as string[])].sort(), ["10.244.0.1/24", "fd00:10:244::1/64"]);
  t.strictSame((await prismnet.list()).find(({ containerId }) => containerId === "a")?.ipAddresses, [
    "10.244.0.2/24",
    "fd00:10:244::2/64",
  ]);
  t.strictSame((await audit(remote)).problems, []);
});

test("IPv6 alone", async (t) => {
  const { client, remote } = await startStack(t);
  const prismnet = await client({ clusterCIDR: "fd00:10:244::/62" });
  const first = await prismnet.allocate(pod("a"));
  t.match(first, { ipAddress: "fd00:10:244::2/64", gateway: "fd00:10:244::1", macAddress: /^0a:58(:[0-9a-f]{2}){4}$/ });
  t.equal(first.addresses.length, 1);
  const more = await Promise.all(Array.from({ length: 299 }, (_, i) => prismnet.allocate(pod(`c${String(i)}`))));
  t.equal(new Set([first, ...more].map(({ ipAddress }) => ipAddress)).size, 300);
  t.equal(new Set([first, ...more].map(({ macAddress }) => macAddress)).size, 300);
  t.ok((await prismnet.createSwitch("web")).subnets.includes("fd00:10:244:1::/64"));
  t.match(await prismnet.allocate({ nodeName: "n" }), { egress: { ipAddresses: [/^fd00:10:244:\d::2$/] } });
  t.match(await rows(remote, "Logical_Router_Static_Route"), [{ ip_prefix: "::/0" }]);
  t.match(
    await refusal(prismnet.allocate({ ...pod("x"), rangeStart: "10.0.0.1" })),
    /^3 INVALID_ARGUMENT: range_start: the cluster has no IPv4/,
  );
  t.strictSame((await audit(remote)).problems, []);
});

test("another block size or a second family later: old blocks stay as they are, new ones fit beside them", async (t) => {
  const { client, remote } = await startStack(t);
  const before = await client({ clusterCIDR: "10.0.0.0/24", blockPrefix4: 28 });
  await before.allocate(pod("a"));
  await before.server.close();
  const after = await client({ clusterCIDR: ["10.0.0.0/24", "fd00::/60"], blockPrefix4: 26 });
  t.match(await after.allocate(pod("a")), { ipAddress: "10.0.0.2/28", existing: true });
  t.equal((await after.allocate({ ...pod("b"), namespace: "late" })).ipAddress, "10.0.0.66/26");
  const many = await Promise.all(Array.from({ length: 40 }, (_, i) => after.allocate(pod(`c${String(i)}`))));
  t.ok(many.some(({ ipAddress }) => /^10\.0\.0\.1[3-8]\d\/26$/.test(ipAddress)));
  const { problems, subnets } = await audit(remote);
  t.strictSame(problems, []);
  t.equal(subnets.length, 3);
});
