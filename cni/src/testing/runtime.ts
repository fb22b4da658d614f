import type { FakeAgent } from "./fake-agent.js";
import type { Outcome, Run } from "./run.js";

/** What a container runtime does: parameters, the request configuration, and what it makes of the answer. */

export const CONTAINER = "4f9c2b7d1e0a4f9c2b7d1e0a4f9c2b7d1e0a4f9c2b7d1e0a4f9c2b7d1e0a4f9c";
export const NETNS = "/var/run/netns/cni-4f9c2b7d";

export const ARGS = [
  "IgnoreUnknown=1",
  "K8S_POD_NAMESPACE=shop",
  "K8S_POD_NAME=web-7d4b9c6f5-x2x9z",
  `K8S_POD_INFRA_CONTAINER_ID=${CONTAINER}`,
  "K8S_POD_UID=3b1f8a52-0c0e-4f0e-8f3a-0d9f6a3c5b11",
].join(";");

/** The environment of a verb; undefined takes a variable out. */
export function environment(
  verb: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const usual = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: CONTAINER,
    CNI_NETNS: NETNS,
    CNI_IFNAME: "eth0",
    CNI_PATH: "/opt/cni/bin",
    CNI_ARGS: ARGS,
    ...changes,
  };
  return Object.fromEntries(Object.entries(usual).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The configuration of SPEC.md's example ("PrismNET CNI Plugin"), with the agent's socket and state. */
export function exampleConfig(agent: FakeAgent, version = "1.0.0"): Record<string, unknown> {
  return {
    cniVersion: version,
    name: "prismnet",
    type: "prismnet",
    ipam: {
      type: "prismnet-ipam",
      subnet: "10.244.0.0/16",
      rangeStart: "10.244.0.10",
      rangeEnd: "10.244.255.254",
      routes: [{ dst: "0.0.0.0/0" }],
      gateway: "10.244.0.1",
    },
    ovn: { northbound: "tcp:prismnet-server:6641", southbound: "tcp:prismnet-server:6642", encapType: "geneve" },
    mtu: 1400,
    prismnetEndpoint: "prismnet-server:5000",
    agentSocket: agent.socket,
    stateDir: agent.stateDirectory,
  };
}

export interface CallOptions {
  readonly version?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** One verb against `agent`, with the example's configuration and `config` on top of it. */
export function callVerb(run: Run, agent: FakeAgent, verb: string, options: CallOptions = {}): Promise<Outcome> {
  const config = { ...exampleConfig(agent, options.version), ...options.config };
  return run({ environment: environment(verb, options.environment), input: JSON.stringify(config) });
}

/** The answer on standard output. */
export function parsed(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(outcome.output) as Record<string, unknown>;
}
