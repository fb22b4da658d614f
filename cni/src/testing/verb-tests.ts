import { status } from "@grpc/grpc-js";
import type { CheckRequest, GcRequest } from "@k8shost/proto/agent/v1/pod_network";
import type { Test } from "tap";
import { FakeAgent, Refusal } from "./fake-agent.js";
import type { Run } from "./run.js";
import { CONTAINER, NETNS, callVerb, environment, exampleConfig, parsed } from "./runtime.js";

const versions = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"];
const silence = { exitCode: 0, output: "", errors: "" };

/** DEL with the agent there, CHECK, STATUS, GC, VERSION, in every version that has them. */
export async function verbTests(t: Test, run: Run): Promise<void> {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  t.beforeEach(() => {
    agent.asked.length = 0;
    Object.assign(agent.answers, { check: () => {}, status: () => ({ conditions: [] }), gc: () => {}, del: () => {} });
  });
  const attachment = { containerId: CONTAINER, ifName: "eth0" };
  const pod = { namespace: "shop", name: "web-7d4b9c6f5-x2x9z", uid: "3b1f8a52-0c0e-4f0e-8f3a-0d9f6a3c5b11" };

  await t.test("DEL in every version, with all there is and with the least", async (t) => {
    for (const version of versions) {
      t.same(await callVerb(run, agent, "DEL", { version }), silence);
      t.strictSame(agent.asked.pop(), { verb: "del", request: { attachment, pod, netns: NETNS } });
      const least = { CNI_NETNS: undefined, CNI_ARGS: undefined, CNI_PATH: undefined };
      t.same(await callVerb(run, agent, "DEL", { version, environment: least }), silence);
      const nobody = { namespace: "", name: "", uid: "" };
      t.strictSame(agent.asked.pop(), { verb: "del", request: { attachment, pod: nobody, netns: "" } });
    }
  });

  await t.test("DEL does not fail for what it doesn't need", async (t) => {
    const config = { mtu: "x", ipam: { subnet: 7 }, prevResult: { ips: "none" } };
    t.same(await callVerb(run, agent, "DEL", { config, environment: { CNI_ARGS: "UNKNOWN=1" } }), silence);
    t.equal(agent.asked.length, 1);
  });

  await t.test("DEL that the agent refuses is the runtime's to repeat", async (t) => {
    agent.answers.del = () => {
      throw new Refusal("NORTHBOUND_UNAVAILABLE", "11", status.UNAVAILABLE, "northbound: tcp:nb:6641 refused");
    };
    t.match(parsed(await callVerb(run, agent, "DEL")), { code: 11, msg: "NORTHBOUND_UNAVAILABLE" });
  });

  await t.test("CHECK asks for what prevResult says of our interface", async (t) => {
    const prevResult = {
      interfaces: [
        { name: "p0123456789" },
        { name: "other0", sandbox: NETNS, mac: "00:00:00:00:00:01" },
        { name: "eth0", sandbox: NETNS, mac: "0a:58:0a:f4:01:05", mtu: 1442 },
      ],
      ips: [
        { address: "192.168.7.2/24", interface: 1 },
        { address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 2 },
      ],
      routes: [{ dst: "0.0.0.0/0", gw: "10.244.1.1" }],
    };
    for (const version of ["0.4.0", "1.0.0", "1.1.0"]) {
      t.same(await callVerb(run, agent, "CHECK", { version, config: { prevResult } }), silence);
      const expected: CheckRequest = {
        attachment,
        pod,
        netns: NETNS,
        interfaces: [
          { name: "p0123456789", mac: "", mtu: 0, sandbox: "" },
          { name: "eth0", mac: "0a:58:0a:f4:01:05", mtu: 1442, sandbox: NETNS },
        ],
        ips: [{ address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 1 }],
        routes: [{ destination: "0.0.0.0/0", gateway: "10.244.1.1" }],
      };
      t.strictSame(agent.asked.pop(), { verb: "check", request: expected });
    }
    agent.answers.check = () => {
      throw new Refusal("CHECK_FAILED", "100", status.FAILED_PRECONDITION, "address 10.244.1.5/24 is missing on eth0");
    };
    const failed = await callVerb(run, agent, "CHECK", { config: { prevResult } });
    t.match(parsed(failed), { code: 100, msg: "CHECK_FAILED", details: /missing on eth0/ });
  });

  await t.test("CHECK without a prevResult of ours is an error of the runtime", async (t) => {
    t.match(parsed(await callVerb(run, agent, "CHECK")), { code: 7, details: /^prevResult is absent/ });
    const prevResult = { interfaces: [{ name: "eth1", sandbox: NETNS }] };
    const other = await callVerb(run, agent, "CHECK", { config: { prevResult } });
    t.match(parsed(other), { code: 7, details: /ADD of eth0/ });
    t.same(agent.asked, []);
  });

  await t.test("STATUS is silent when ADD works, and says what stops it", async (t) => {
    const version = "1.1.0";
    const least = { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined, CNI_ARGS: undefined };
    t.same(await callVerb(run, agent, "STATUS", { version, environment: least }), silence);
    const condition = (cniCode: number, message: string) => ({ cniCode, message });
    agent.answers.status = () => ({ conditions: [condition(50, "northbound away")] });
    t.match(parsed(await callVerb(run, agent, "STATUS", { version })), { code: 50, details: "northbound away" });
    agent.answers.status = () => ({
      conditions: [condition(50, "northbound away"), condition(51, "ovs-vswitchd away")],
    });
    const both = parsed(await callVerb(run, agent, "STATUS", { version }));
    t.match(both, { code: 51, details: "northbound away; ovs-vswitchd away" });
    agent.answers.status = () => {
      throw new Refusal("SHUTTING_DOWN", "11", status.UNAVAILABLE, "the agent is ending");
    };
    t.match(parsed(await callVerb(run, agent, "STATUS", { version })), { code: 50, msg: "SHUTTING_DOWN" });
    t.match(parsed(await callVerb(run, agent, "STATUS", { version, config: { mtu: "x" } })), { code: 7 });
  });

  await t.test("GC names what is valid; no list at all is refused", async (t) => {
    const gc = (list: Record<string, unknown>) => callVerb(run, agent, "GC", { version: "1.1.0", config: list });
    const valid = [{ containerID: CONTAINER, ifname: "eth0" }];
    t.same(await gc({ "cni.dev/valid-attachments": valid }), silence);
    const expected: GcRequest = { valid: [attachment], network: "prismnet" };
    t.strictSame(agent.asked.pop(), { verb: "gc", request: expected });
    // The specification's library writes null for an empty list.
    for (const empty of [null, []]) {
      t.same(await gc({ "cni.dev/valid-attachments": empty }), silence);
      t.strictSame(agent.asked.pop(), { verb: "gc", request: { valid: [], network: "prismnet" } });
    }
    t.match(parsed(await gc({})), { code: 7, details: /^cni.dev\/valid-attachments is absent/ });
    for (const wrong of ["all", [1], [{ containerID: "../x", ifname: "eth0" }], [{ containerID: CONTAINER }]]) {
      t.match(parsed(await gc({ "cni.dev/valid-attachments": wrong })), { code: 7 }, JSON.stringify(wrong));
    }
    t.same(agent.asked, []);
  });

  await t.test("GC of ten thousand attachments: a request larger than HTTP/2's first window", async (t) => {
    const valid = Array.from({ length: 10_000 }, (_, i) => ({ containerID: `container-${i}`, ifname: "eth0" }));
    const config = { "cni.dev/valid-attachments": valid };
    t.same(await callVerb(run, agent, "GC", { version: "1.1.0", config }), silence);
    t.equal((agent.asked.pop()?.request as GcRequest).valid.length, 10_000);
  });

  await t.test("verbs that a version does not have are incompatible with it", async (t) => {
    for (const [verb, version] of [
      ["CHECK", "0.3.1"],
      ["STATUS", "1.0.0"],
      ["GC", "0.4.0"],
    ] as const) {
      const outcome = await callVerb(run, agent, verb, { version });
      t.equal(outcome.exitCode, 1);
      t.match(parsed(outcome), { cniVersion: version, code: 1, msg: new RegExp(verb) });
    }
    t.same(agent.asked, []);
  });

  await t.test("VERSION echoes the version it is asked in", async (t) => {
    const supportedVersions = versions;
    for (const [input, cniVersion] of [
      ['{"cniVersion":"0.4.0"}', "0.4.0"],
      ["", "1.1.0"],
      ["{}", "1.1.0"],
      [JSON.stringify(exampleConfig(agent)), "1.0.0"],
    ] as const) {
      const outcome = await run({ environment: { CNI_COMMAND: "VERSION" }, input });
      t.equal(outcome.exitCode, 0);
      t.same(parsed(outcome), { cniVersion, supportedVersions });
    }
    t.match(parsed(await run({ environment: environment("VERSION"), input: "{" })), { code: 6 });
  });
}
