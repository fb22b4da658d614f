import type { Attachment } from "@k8shost/proto/agent/v1/pod_network";
import { type AgentAddress, AgentLost, AgentUnreachable, call, connect } from "./agent.js";
import { type Connection as Configured, readConnection, readPodNetwork } from "./config.js";
import { type AttachmentParameters, isInterfaceName } from "./environment.js";
import { CniError, cniCode, invalidConfig } from "./errors.js";
import { Fields, type JsonObject, isCniName } from "./fields.js";
import type { Connection, Host } from "./host.js";
import { type Method, methods } from "./pod-network.js";
import { DeleteQueue } from "./queue.js";
import { expectation, fromAgent, hasInterface, merge, parsePrevResult, renderResult } from "./result.js";
import type { CniVersion } from "./version.js";

/** The verbs of CNI specification 1.1.0, section 2. Each returns what goes to standard output. */

/** Longest calls in milliseconds, more than the agent's own limits, so that its errors arrive. */
const TIMEOUT = { add: 60_000, del: 60_000, check: 20_000, status: 5_000, gc: 90_000 };
/** Under the queue's lock others wait for us: an agent that is there has room in its backlog at once. */
const SECOND_CONNECT_TIMEOUT = 250;

export interface Invocation {
  readonly host: Host;
  readonly config: JsonObject;
  readonly version: CniVersion;
}

export async function add({ host, config, version }: Invocation, parameters: AttachmentParameters): Promise<string> {
  const { attachment, netns, args } = parameters;
  const configured = readConnection(config);
  const { staticAddresses, dns, routes, ...network } = readPodNetwork(config);
  const previous = parsePrevResult(config);
  if (previous !== undefined && hasInterface(previous, attachment.ifName, netns)) {
    const remedy = `another plugin of the chain made ${attachment.ifName}: let it go, or give one of them another name`;
    throw invalidConfig("prevResult.interfaces", previous.interfaces, remedy);
  }
  const address = agentAddress(host, configured, TIMEOUT.add);
  await settleDelete(host, configured, address, attachment);
  const response = await callAgent(host, address, methods.add, {
    attachment,
    pod: args.pod,
    netns,
    network: configured.network,
    ...network,
    staticAddresses: staticAddresses.length > 0 ? [...staticAddresses] : args.ip === "" ? [] : [args.ip],
    routes: [...routes],
  });
  const ours = fromAgent(response, dns);
  return renderResult(previous === undefined ? ours : merge(previous, ours), version);
}

/**
 * A delete of this very attachment may wait in the queue, from a time when the agent was away. It is carried out now, or
 * its replay would take away what this ADD makes.
 */
async function settleDelete(host: Host, configured: Configured, address: AgentAddress, key: Attachment): Promise<void> {
  const queue = new DeleteQueue(host.files, configured.queueDirectory);
  if (!queue.has(key)) return;
  await queue.locked(async () => {
    if (!queue.has(key)) return;
    await callAgent(host, address, methods.del, { attachment: key, pod: undefined, netns: "" });
    queue.remove(key);
  });
}

/** Never lost: when nobody answers on the agent's socket, the delete waits on disk and that is success. */
export async function del({ host, config }: Invocation, parameters: AttachmentParameters): Promise<string> {
  const { attachment, netns, args } = parameters;
  const configured = readConnection(config);
  const address = agentAddress(host, configured, TIMEOUT.del);
  for (let attempt = 1; ; attempt++) {
    const connection = await connectOrQueue(host, configured, address, parameters);
    if (connection === undefined) return "";
    try {
      await call(host, connection, address, methods.del, { attachment, pod: args.pod, netns });
      return "";
    } catch (error) {
      // The agent went away under the call. It is repeated, which is safe, or queued when nobody is there any more.
      if (!(error instanceof AgentLost) || attempt === 2) throw asTryAgain(error);
    }
  }
}

/** Undefined: the delete is in the queue, durably. */
async function connectOrQueue(
  host: Host,
  configured: Configured,
  address: AgentAddress,
  { attachment, netns, args }: AttachmentParameters,
): Promise<Connection | undefined> {
  try {
    return await connect(host, address);
  } catch (error) {
    if (!(error instanceof AgentUnreachable)) throw error;
  }
  const queue = new DeleteQueue(host.files, configured.queueDirectory);
  return queue.locked(async () => {
    try {
      // The agent may have started meanwhile and have seen the queue without this entry. It begins to listen under the
      // lock that we hold, so either it answers now, or it will read the queue after us.
      return await connect(host, address, SECOND_CONNECT_TIMEOUT);
    } catch (error) {
      if (!(error instanceof AgentUnreachable)) throw error;
      queue.add({ attachment, pod: args.pod, netns, network: configured.network });
      return undefined;
    }
  });
}

export async function check({ host, config }: Invocation, parameters: AttachmentParameters): Promise<string> {
  const { attachment, netns, args } = parameters;
  const configured = readConnection(config);
  const previous = parsePrevResult(config);
  if (previous === undefined)
    throw invalidConfig("prevResult", undefined, "pass the result of the ADD that CHECK is about");
  const expected = expectation(previous, attachment.ifName, netns);
  const address = agentAddress(host, configured, TIMEOUT.check);
  await callAgent(host, address, methods.check, { attachment, pod: args.pod, netns, ...expected });
  return "";
}

/** Answers for ADD: what stops it from working, a wrong configuration included. */
export async function status({ host, config }: Invocation): Promise<string> {
  const configured = readConnection(config);
  readPodNetwork(config);
  const address = agentAddress(host, configured, TIMEOUT.status);
  let conditions: readonly { readonly cniCode: number; readonly message: string }[];
  try {
    ({ conditions } = await callAgent(host, address, methods.status, {}));
  } catch (error) {
    const { message, details, code } = asTryAgain(error);
    const isKnown = code === cniCode.limitedConnectivity;
    const waiting = queuedText(new DeleteQueue(host.files, configured.queueDirectory));
    throw new CniError(isKnown ? code : cniCode.notAvailable, message, `${details}${waiting}`);
  }
  if (conditions.length === 0) return "";
  const isLimited = conditions.some((condition) => condition.cniCode === cniCode.limitedConnectivity);
  const code = isLimited ? cniCode.limitedConnectivity : cniCode.notAvailable;
  throw new CniError(code, "ADD would not work now", conditions.map(({ message }) => message).join("; "));
}

function queuedText(queue: DeleteQueue): string {
  const count = queue.count();
  return count === 0
    ? ""
    : `; ${count === 1 ? "1 delete waits" : `${count} deletes wait`} for the agent in ${queue.directory}`;
}

export async function gc({ host, config }: Invocation): Promise<string> {
  const configured = readConnection(config);
  const valid = validAttachments(config);
  const address = agentAddress(host, configured, TIMEOUT.gc);
  await callAgent(host, address, methods.gc, { valid, network: configured.network });
  return "";
}

const VALID_ATTACHMENTS = "cni.dev/valid-attachments";

/**
 * null is an empty list: the specification's library writes it for one. Without the key nobody has said what is valid, and
 * everything would be released: refused.
 */
function validAttachments(config: JsonObject): Attachment[] {
  if (!(VALID_ATTACHMENTS in config)) {
    throw invalidConfig(VALID_ATTACHMENTS, undefined, "pass the list of the attachments that are still valid");
  }
  return new Fields(config).objects(VALID_ATTACHMENTS).map((fields) => {
    const containerId = fields.text("containerID", "write a container ID", (text) => isCniName(text, 128));
    const ifName = fields.text("ifname", "write an interface's name", isInterfaceName);
    if (containerId === undefined) throw invalidConfig(fields.path("containerID"), undefined, "write a container ID");
    if (ifName === undefined) throw invalidConfig(fields.path("ifname"), undefined, "write an interface's name");
    return { containerId, ifName };
  });
}

function agentAddress(host: Host, { agentSocket, timeout }: Configured, usual: number): AgentAddress {
  return { socket: agentSocket, deadline: host.now() + (timeout ?? usual) };
}

/** Connects and calls; an agent that is away is an error to try again after (11). */
async function callAgent<Request extends object, Response extends object>(
  host: Host,
  address: AgentAddress,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  try {
    return await call(host, await connect(host, address), address, method, request);
  } catch (error) {
    throw asTryAgain(error);
  }
}

function asTryAgain(error: unknown): CniError {
  if (error instanceof CniError) return error;
  if (error instanceof AgentUnreachable) {
    const details = `${error.message}: is the agent running? (systemctl status k8shost-agent)`;
    return new CniError(cniCode.tryAgainLater, "the agent cannot be reached", details);
  }
  if (error instanceof AgentLost)
    return new CniError(cniCode.tryAgainLater, "the agent went away during the call", error.message);
  throw error;
}
