import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BedAgent } from "./agent.js";
import { createPodNetns, type PodNetns } from "./pod.js";
import type { Settings } from "./settings-file.js";

/** The CNI executable as it is installed on a node. */
export const CNI_EXECUTABLE = fileURLToPath(new URL("../../../cni/dist/prismnet", import.meta.url));

export type CniVerb = "ADD" | "DEL" | "CHECK" | "STATUS" | "GC" | "VERSION";

/** A call of the executable, as a container runtime makes it. What is absent is not in the environment. */
export interface CniCall {
  readonly containerId?: string;
  readonly netns?: string;
  readonly ifName?: string;
  /** CNI_ARGS, "KEY=VALUE;KEY=VALUE". */
  readonly args?: string;
  /** Keys of the configuration on standard input, on top of the bed's own. */
  readonly config?: Settings;
  /** Standard input instead of a configuration, for calls that are wrong on purpose. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A result of CNI specification 1.1.0, section 5. */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces?: readonly { name: string; mac?: string; mtu?: number; sandbox?: string }[];
  readonly ips?: readonly { address: string; gateway?: string; interface?: number }[];
  readonly routes?: readonly { dst: string; gw?: string }[];
  readonly dns?: { nameservers?: readonly string[] };
}

/** What came back. */
export interface CniAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON; undefined when it is none. */
  readonly result: CniResult | undefined;
  /** Set when it failed with an error of the specification. */
  readonly error: { readonly code: number; readonly msg: string; readonly details?: string } | undefined;
  /** From the start of the process to its end, nsenter included. */
  readonly milliseconds: number;
}

/** Runs the CNI executable once, in the network namespace of the agent's node. */
export async function callCni(agent: BedAgent, verb: CniVerb, call: CniCall = {}): Promise<CniAnswer> {
  if (!existsSync(CNI_EXECUTABLE)) throw new Error(`${CNI_EXECUTABLE} is not built: npm run build`);
  const variables = {
    CNI_COMMAND: verb,
    CNI_PATH: fileURLToPath(new URL(".", `file://${CNI_EXECUTABLE}`)),
    CNI_CONTAINERID: call.containerId,
    CNI_NETNS: call.netns,
    CNI_IFNAME: call.ifName,
    CNI_ARGS: call.args,
    ...call.env,
  };
  const env = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
  const input = call.input ?? JSON.stringify(networkConfiguration(agent, call.config));
  const start = performance.now();
  const outcome = await agent.node.attempt([CNI_EXECUTABLE], { input, env: env as Record<string, string> });
  const milliseconds = performance.now() - start;
  const parsed = parseJson(outcome.stdout);
  return {
    ...outcome,
    result: outcome.exitCode === 0 ? (parsed as CniResult | undefined) : undefined,
    error: outcome.exitCode === 0 ? undefined : (parsed as CniAnswer["error"]),
    milliseconds,
  };
}

/** The bed's network configuration for the executable. */
export function networkConfiguration(agent: BedAgent, overrides: Settings = {}): Settings {
  const { socket, stateDirectory } = agent;
  const own = { cniVersion: "1.1.0", name: "prismnet", type: "prismnet", agentSocket: socket };
  return { ...own, stateDir: stateDirectory, ...overrides };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A pod with its sandbox, as kubelet and the runtime know it. */
export interface Pod {
  readonly agent: BedAgent;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly containerId: string;
  readonly sandbox: PodNetns;
}

/** Makes a sandbox for a pod on an agent's node; nothing is plugged in yet. */
export async function createPod(agent: BedAgent, namespace: string, name: string): Promise<Pod> {
  const sandbox = await createPodNetns(agent.node, `${namespace}-${name}`);
  const containerId = randomBytes(32).toString("hex");
  return { agent, namespace, name, uid: randomUUID(), containerId, sandbox };
}

/** The call for a pod's eth0. */
export function podCall(pod: Pod, call: CniCall = {}): CniCall {
  const args = [
    "IgnoreUnknown=1",
    `K8S_POD_NAMESPACE=${pod.namespace}`,
    `K8S_POD_NAME=${pod.name}`,
    `K8S_POD_UID=${pod.uid}`,
    `K8S_POD_INFRA_CONTAINER_ID=${pod.containerId}`,
  ].join(";");
  return { containerId: pod.containerId, netns: pod.sandbox.path, ifName: "eth0", args, ...call };
}

/** ADD; throws the executable's error when it fails. */
export async function addPod(pod: Pod, call: CniCall = {}): Promise<CniAnswer & { readonly result: CniResult }> {
  const answer = await callCni(pod.agent, "ADD", podCall(pod, call));
  if (answer.result === undefined) throw new Error(`ADD of ${pod.namespace}/${pod.name} ${reasonOf(answer)}`);
  return { ...answer, result: answer.result };
}

/** DEL; throws the executable's error when it fails. */
export async function deletePod(pod: Pod, call: CniCall = {}): Promise<CniAnswer> {
  const answer = await callCni(pod.agent, "DEL", podCall(pod, call));
  if (answer.exitCode !== 0) throw new Error(`DEL of ${pod.namespace}/${pod.name} ${reasonOf(answer)}`);
  return answer;
}

function reasonOf({ exitCode, error, stdout, stderr }: CniAnswer): string {
  if (error === undefined) return `exited with ${exitCode}: ${stderr.trim() || stdout.trim()}`;
  return `failed with code ${error.code}: ${error.msg}${error.details === undefined ? "" : ` (${error.details})`}`;
}

/** A result's addresses without their prefixes, IPv4 first. */
export function addressesOf(result: CniResult): string[] {
  return (result.ips ?? []).map(({ address }) => address.split("/")[0] ?? address);
}
