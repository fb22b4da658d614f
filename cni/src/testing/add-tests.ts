import { createServer } from "node:net";
import { status } from "@grpc/grpc-js";
import type { AddRequest } from "@k8shost/proto/agent/v1/pod_network";
import type { Test } from "tap";
import { FakeAgent, Refusal, usualAnswer } from "./fake-agent.js";
import type { Run } from "./run.js";
import { CONTAINER, NETNS, callVerb, parsed } from "./runtime.js";

/** ADD in every version: what the agent is asked, and what the runtime is told. */
export async function addTests(t: Test, run: Run): Promise<void> {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  t.beforeEach(() => {
    agent.asked.length = 0;
    agent.answers.add = usualAnswer;
  });

  await t.test("the agent gets what the example's configuration and the runtime say", async (t) => {
    const { exitCode, errors } = await callVerb(run, agent, "ADD");
    t.equal(exitCode, 0);
    t.equal(errors, "");
    const expected: AddRequest = {
      attachment: { containerId: CONTAINER, ifName: "eth0" },
      pod: { namespace: "shop", name: "web-7d4b9c6f5-x2x9z", uid: "3b1f8a52-0c0e-4f0e-8f3a-0d9f6a3c5b11" },
      netns: NETNS,
      network: "prismnet",
      mtu: 1400,
      staticAddresses: [],
      rangeStart: "10.244.0.10",
      rangeEnd: "10.244.255.254",
      subnet: "10.244.0.0/16",
      routes: [{ destination: "0.0.0.0/0", gateway: "" }],
      ovnNorthbound: "tcp:prismnet-server:6641",
      ovnSouthbound: "tcp:prismnet-server:6642",
      ovnEncapType: "geneve",
      prismnetEndpoint: "prismnet-server:5000",
    };
    t.strictSame(agent.asked, [{ verb: "add", request: expected }]);
  });

  const interfaces = [{ name: "p0123456789" }, { name: "eth0", mac: "0a:58:0a:f4:01:05", sandbox: NETNS }];
  const newInterfaces = interfaces.map((item) => ({ ...item, mtu: 1442 }));
  const ips = [
    { address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 1 },
    { address: "fd00:10:244:1::5/64", gateway: "fd00:10:244:1::1", interface: 1 },
  ];
  const oldIps = ips.map((ip, i) => ({ version: i === 0 ? "4" : "6", ...ip }));
  const rest = {
    routes: [
      { dst: "0.0.0.0/0", gw: "10.244.1.1" },
      { dst: "::/0", gw: "fd00:10:244:1::1" },
    ],
    dns: { nameservers: ["10.96.0.10"] },
  };
  const results: Record<string, unknown> = {
    "0.3.1": { cniVersion: "0.3.1", interfaces, ips: oldIps, ...rest },
    "0.4.0": { cniVersion: "0.4.0", interfaces, ips: oldIps, ...rest },
    "1.0.0": { cniVersion: "1.0.0", interfaces, ips, ...rest },
    "1.1.0": { cniVersion: "1.1.0", interfaces: newInterfaces, ips, ...rest },
  };
  for (const [version, result] of Object.entries(results)) {
    await t.test(`the result of ${version}`, async (t) => {
      t.same(parsed(await callVerb(run, agent, "ADD", { version })), result);
    });
  }

  await t.test("dns of the configuration and of the runtime counts more than PrismNET's", async (t) => {
    const dns = { nameservers: ["10.0.0.53"], domain: "shop.local", search: ["svc.local"], options: ["ndots:5"] };
    t.same(parsed(await callVerb(run, agent, "ADD", { config: { dns } }))["dns"], dns);
    const runtimeConfig = { dns: { servers: ["10.0.0.54"], searches: ["a.local"], options: ["ndots:2"] } };
    t.same(parsed(await callVerb(run, agent, "ADD", { config: { dns, runtimeConfig } }))["dns"], {
      nameservers: ["10.0.0.54"],
      domain: "shop.local",
      search: ["a.local"],
      options: ["ndots:2"],
    });
  });

  await t.test("requested addresses: the runtime's, then the older args, then CNI_ARGS", async (t) => {
    const asked = async (config: Record<string, unknown>, args = ""): Promise<unknown> => {
      agent.asked.length = 0;
      const withIp = `K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web${args}`;
      await callVerb(run, agent, "ADD", { config, environment: { CNI_ARGS: withIp } });
      return (agent.asked[0]?.request as AddRequest).staticAddresses;
    };
    const args = { cni: { ips: ["10.244.0.8"] } };
    t.same(await asked({}, ";IP=10.244.0.9/16"), ["10.244.0.9"]);
    t.same(await asked({ args }, ";IP=10.244.0.9"), ["10.244.0.8"]);
    const ips = ["10.244.0.7/16", "fd00::7", "10.244.0.7"];
    t.same(await asked({ args, runtimeConfig: { ips } }, ";IP=10.244.0.9"), ["10.244.0.7", "fd00::7"]);
  });

  await t.test("later in a chain our parts come after those of the plugins before", async (t) => {
    const prevResult = {
      cniVersion: "1.1.0",
      interfaces: [{ name: "other0", sandbox: NETNS, mtu: 9000, pciID: "0000:00:1f.6" }],
      ips: [{ address: "192.168.7.2/24", interface: 0 }],
      routes: [{ dst: "192.168.0.0/16", mtu: 9000, table: 7 }],
      dns: { nameservers: ["192.168.7.1"], domain: "first.local" },
    };
    const merged = parsed(await callVerb(run, agent, "ADD", { version: "1.1.0", config: { prevResult } }));
    t.same(merged, {
      cniVersion: "1.1.0",
      interfaces: [...prevResult.interfaces, ...newInterfaces],
      ips: [...prevResult.ips, ...ips.map((ip) => ({ ...ip, interface: 2 }))],
      routes: [...prevResult.routes, ...rest.routes],
      dns: { nameservers: ["192.168.7.1", "10.96.0.10"], domain: "first.local" },
    });
    const older = { ...prevResult, cniVersion: "0.4.0", ips: [{ version: "4", ...prevResult.ips[0] }] };
    const converted = parsed(await callVerb(run, agent, "ADD", { version: "0.4.0", config: { prevResult: older } }));
    t.same((converted["ips"] as unknown[])[0], { version: "4", address: "192.168.7.2/24", interface: 0 });
    t.same((converted["interfaces"] as unknown[])[0], { name: "other0", sandbox: NETNS });
    t.same((converted["routes"] as unknown[])[0], { dst: "192.168.0.0/16" });
  });

  await t.test("an interface that a plugin before us made is not made again", async (t) => {
    const prevResult = { interfaces: [{ name: "eth0", sandbox: NETNS }] };
    const outcome = await callVerb(run, agent, "ADD", { config: { prevResult } });
    t.equal(outcome.exitCode, 1);
    t.match(parsed(outcome), { cniVersion: "1.0.0", code: 7, details: /eth0/ });
    t.same(agent.asked, []);
  });

  await t.test("the agent's errors keep their code and text", async (t) => {
    agent.answers.add = () => {
      throw new Refusal(
        "ADDRESS_EXHAUSTED",
        "11",
        status.RESOURCE_EXHAUSTED,
        "allocate: k8s-shop ist voll – 100 %\n(€)",
      );
    };
    const outcome = await callVerb(run, agent, "ADD");
    t.equal(outcome.exitCode, 1);
    t.same(parsed(outcome), {
      cniVersion: "1.0.0",
      code: 11,
      msg: "ADDRESS_EXHAUSTED",
      details: "allocate: k8s-shop ist voll – 100 %\n(€)",
    });
    t.equal(outcome.errors, "prismnet ADD: code 11: ADDRESS_EXHAUSTED: allocate: k8s-shop ist voll – 100 % (€)\n");
  });

  await t.test("an error without CNI's code is translated from gRPC's", async (t) => {
    const cases: [status, number][] = [
      [status.UNAVAILABLE, 11],
      [status.DEADLINE_EXCEEDED, 11],
      [status.INVALID_ARGUMENT, 7],
      [status.UNIMPLEMENTED, 110],
      [status.INTERNAL, 999],
    ];
    for (const [grpc, code] of cases) {
      agent.answers.add = () => {
        throw new Refusal("", "", grpc, "no");
      };
      t.match(parsed(await callVerb(run, agent, "ADD")), { code, details: "no" }, `gRPC ${grpc}`);
    }
  });

  await t.test("an answer that makes no sense is the agent's error", async (t) => {
    agent.answers.add = (request) => ({
      ...usualAnswer(request),
      ips: [{ address: "10.0.0.1/8", gateway: "", interface: 9 }],
    });
    t.match(parsed(await callVerb(run, agent, "ADD")), { code: 110, details: /interface 9/ });
  });

  await t.test("nobody there, and nobody answering in time: try again later", async (t) => {
    const absent = { agentSocket: `${agent.directory}/absent.sock` };
    t.match(parsed(await callVerb(run, agent, "ADD", { config: absent })), {
      code: 11,
      details: /absent.sock.*ENOENT/,
    });
    agent.answers.add = () => new Promise(() => {});
    const slow = parsed(await callVerb(run, agent, "ADD", { config: { timeoutSeconds: 1 } }));
    t.match(slow, { code: 11, msg: "deadline exceeded" }, "told by the agent's gRPC library or by our own clock");
    const silent = createServer();
    const agentSocket = `${agent.directory}/silent.sock`;
    await new Promise<void>((resolve) => silent.listen(agentSocket, resolve));
    t.teardown(() => silent.close());
    const nothing = parsed(await callVerb(run, agent, "ADD", { config: { agentSocket, timeoutSeconds: 1 } }));
    t.match(nothing, { code: 11, msg: "deadline exceeded", details: /did not answer within/ });
  });

  await t.test("an answer of hundreds of kilobytes arrives whole", async (t) => {
    const routes = Array.from({ length: 12_000 }, (_, i) => ({
      destination: `10.${(i >> 8) & 0xff}.${i & 0xff}.0/24`,
      gateway: "10.244.1.1",
    }));
    agent.answers.add = (request) => ({ ...usualAnswer(request), routes });
    const result = parsed(await callVerb(run, agent, "ADD"));
    t.equal((result["routes"] as unknown[]).length, routes.length);
    t.same((result["routes"] as unknown[]).at(-1), { dst: routes.at(-1)?.destination, gw: "10.244.1.1" });
  });
}
