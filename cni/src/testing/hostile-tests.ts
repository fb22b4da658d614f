import { access } from "node:fs/promises";
import type { Test } from "tap";
import { FakeAgent } from "./fake-agent.js";
import type { Run } from "./run.js";
import { ARGS, callVerb, environment, exampleConfig, parsed } from "./runtime.js";

/** Bad input of every kind gets an error with the right code, and touches nothing: not the agent, not the disk. */
export async function hostileTests(t: Test, run: Run): Promise<void> {
  const agent = await (await FakeAgent.create()).start();
  t.teardown(() => agent.remove());
  const checkUntouched = async (t: Test): Promise<void> => {
    t.same(agent.asked, [], "the agent was not asked");
    await t.rejects(access(agent.stateDirectory), "nothing was written");
  };

  await t.test("environment", async (t) => {
    const cases: Record<string, Record<string, string | undefined>> = {
      "no verb": { CNI_COMMAND: undefined },
      "unknown verb": { CNI_COMMAND: "UPDATE" },
      "verb in small letters": { CNI_COMMAND: "add" },
      "no container": { CNI_CONTAINERID: undefined },
      "container that climbs": { CNI_CONTAINERID: "../../etc/passwd" },
      "container with a dot in front": { CNI_CONTAINERID: ".hidden" },
      "container with a slash": { CNI_CONTAINERID: "a/b" },
      "container with a newline": { CNI_CONTAINERID: "a\nb" },
      "container of 100 kB": { CNI_CONTAINERID: "a".repeat(100_000) },
      "no interface": { CNI_IFNAME: undefined },
      "interface with a slash": { CNI_IFNAME: "../eth0" },
      "interface of two dots": { CNI_IFNAME: ".." },
      "interface with a colon": { CNI_IFNAME: "eth0:1" },
      "interface with a space": { CNI_IFNAME: "eth 0" },
      "interface with a control character": { CNI_IFNAME: "eth\u0001" },
      "interface of 16 bytes": { CNI_IFNAME: "abcdefghijklmnop" },
      "interface of 16 bytes in 8 characters": { CNI_IFNAME: "éééééééé" },
      "no netns": { CNI_NETNS: undefined },
      "relative netns": { CNI_NETNS: "netns/x" },
      "netns that climbs": { CNI_NETNS: "/var/run/netns/../../etc" },
      "args that are no pairs": { CNI_ARGS: "K8S_POD_NAMESPACE" },
      "args with two signs": { CNI_ARGS: "K8S_POD_NAME=a=b" },
      "unknown args": { CNI_ARGS: "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;COLOUR=red" },
      "no pod": { CNI_ARGS: "" },
      "namespace that climbs": { CNI_ARGS: ARGS.replace("=shop", "=../kube-system") },
      "namespace with a dot": { CNI_ARGS: ARGS.replace("=shop", "=a.b") },
      "pod in capitals": { CNI_ARGS: ARGS.replace("=web", "=WEB") },
      "pod of 300 characters": { CNI_ARGS: ARGS.replace("=web", `=${"w".repeat(300)}`) },
      "UID with a quote": { CNI_ARGS: ARGS.replace("=3b1f", "='3b1f") },
      "IP that is none": { CNI_ARGS: `${ARGS};IP=10.244.0.256` },
    };
    for (const [name, changes] of Object.entries(cases)) {
      const outcome = await callVerb(run, agent, "ADD", { environment: changes });
      t.equal(outcome.exitCode, 1, name);
      const [variable = ""] = Object.keys(changes);
      t.match(parsed(outcome), { code: 4, msg: new RegExp(variable), details: new RegExp(variable) }, name);
      t.equal(outcome.errors.trim().split("\n").length, 1, "one line of log");
    }
    await checkUntouched(t);
  });

  await t.test("standard input", async (t) => {
    const cases: [string, string | Uint8Array, number][] = [
      ["nothing", "", 6],
      ["no JSON", "{", 6],
      ["a NUL", '{"cniVersion":"1.0.0",\0}', 6],
      ["a list", "[]", 6],
      ["a number", "1", 6],
      ["brackets half a megabyte deep", "[".repeat(500_000), 6],
      ["two megabytes", `{"name":"${"x".repeat(2_000_000)}"}`, 5],
      ["no version", '{"name":"prismnet"}', 1],
      ["version 0.2.0", '{"cniVersion":"0.2.0","name":"prismnet"}', 1],
      ["version 0.3.0", '{"cniVersion":"0.3.0","name":"prismnet"}', 1],
      ["version 9.9.9", '{"cniVersion":"9.9.9","name":"prismnet"}', 1],
      ["a number as version", '{"cniVersion":1,"name":"prismnet"}', 6],
      ["words as version", '{"cniVersion":"latest","name":"prismnet"}', 6],
    ];
    for (const [name, input, code] of cases) {
      const outcome = await run({ environment: environment("ADD"), input });
      t.equal(outcome.exitCode, 1, name);
      t.match(parsed(outcome), { cniVersion: "1.1.0", code }, name);
    }
    await checkUntouched(t);
  });

  await t.test("configuration", async (t) => {
    const ipam = exampleConfig(agent)["ipam"] as Record<string, unknown>;
    const cases: [string, Record<string, unknown>, number][] = [
      ["name", { name: 7 }, 7],
      ["name", { name: undefined }, 7],
      ["name", { name: "../x" }, 7],
      ["name", { name: "a\0b" }, 7],
      ["mtu", { mtu: "1400" }, 7],
      ["mtu", { mtu: 100 }, 7],
      ["mtu", { mtu: 1400.5 }, 7],
      ["ipam", { ipam: "prismnet-ipam" }, 7],
      ["ipam.type", { ipam: { ...ipam, type: "host-local" } }, 2],
      ["ipam.subnet", { ipam: { subnet: "10.244.0.0" } }, 7],
      ["ipam.subnet", { ipam: { subnet: "10.244.0.0/33" } }, 7],
      ["ipam.rangeStart", { ipam: { ...ipam, rangeStart: "10.245.0.1" } }, 7],
      ["ipam.rangeEnd", { ipam: { ...ipam, rangeEnd: "10.244.0.9" } }, 7],
      ["ipam.gateway", { ipam: { ...ipam, gateway: "gateway" } }, 7],
      ["ipam.routes", { ipam: { routes: { dst: "0.0.0.0/0" } } }, 7],
      ["ipam.routes\\[0\\].dst", { ipam: { routes: [{ gw: "10.0.0.1" }] } }, 7],
      ["ipam.routes\\[1\\].gw", { ipam: { routes: [{ dst: "::/0" }, { dst: "::/0", gw: 1 }] } }, 7],
      ["ipam.routes\\[0\\].table", { ipam: { routes: [{ dst: "::/0", table: 7 }] } }, 2],
      ["ovn.northbound", { ovn: { northbound: "prismnet-server:6641" } }, 7],
      ["ovn.southbound", { ovn: { southbound: ["tcp:a:1"] } }, 7],
      ["ovn.encapType", { ovn: { encapType: "gre" } }, 7],
      ["prismnetEndpoint", { prismnetEndpoint: "prismnet-server" }, 7],
      ["prismnetEndpoint", { prismnetEndpoint: "a\r\nb:5000" }, 7],
      ["agentSocket", { agentSocket: "agent.sock" }, 7],
      ["agentSocket", { agentSocket: `/${"a".repeat(200)}` }, 7],
      ["stateDir", { stateDir: "/var/lib/../../etc" }, 7],
      ["timeoutSeconds", { timeoutSeconds: 0 }, 7],
      ["runtimeConfig.ips\\[0\\]", { runtimeConfig: { ips: ["10.244.0.7/99"] } }, 7],
      ["runtimeConfig.bandwidth", { runtimeConfig: { bandwidth: { ingressRate: 1 } } }, 2],
      ["runtimeConfig.mac", { runtimeConfig: { mac: "00:11:22:33:44:55" } }, 2],
      ["args.cni.ips", { args: { cni: { ips: "10.244.0.7" } } }, 7],
      ["dns.nameservers", { dns: { nameservers: ["resolver"] } }, 7],
      ["prevResult", { prevResult: "none" }, 7],
      ["prevResult.interfaces\\[0\\].name", { prevResult: { interfaces: [{}] } }, 7],
      ["prevResult.ips\\[0\\].address", { prevResult: { ips: [{ address: "10.0.0.1" }] } }, 7],
      ["prevResult.ips\\[0\\].interface", { prevResult: { ips: [{ address: "10.0.0.1/8", interface: 0 }] } }, 7],
      ["prevResult.routes\\[0\\].dst", { prevResult: { routes: [{}] } }, 7],
    ];
    for (const [key, config, code] of cases) {
      const outcome = await callVerb(run, agent, "ADD", { config });
      const name = `${key}: ${JSON.stringify(config)}`.slice(0, 100);
      t.equal(outcome.exitCode, 1, name);
      t.match(parsed(outcome), { cniVersion: "1.0.0", code }, name);
      // Code 2: "The error message must contain the key and value of the unsupported field."
      t.match(parsed(outcome), code === 2 ? { msg: new RegExp(key) } : { details: new RegExp(`^${key}`) }, name);
    }
    await checkUntouched(t);
  });
}
