import type { Attachment, Pod } from "@k8shost/proto/agent/v1/pod_network";
import { CniError, cniCode, shown } from "./errors.js";
import { hasUnprintable, isCniName, isObjectName } from "./fields.js";
import type { Host } from "./host.js";
import { parseAddress, parseCidr } from "./ip-address.js";

/** CNI specification 1.1.0, section 2, "Parameters": what the runtime says in environment variables. */

export const verbs = ["ADD", "DEL", "CHECK", "STATUS", "GC", "VERSION"] as const;
export type Verb = (typeof verbs)[number];

/** What ADD, DEL and CHECK are about. */
export interface AttachmentParameters {
  readonly attachment: Attachment;
  /** Absolute; empty where a DEL came without one. */
  readonly netns: string;
  readonly args: Args;
}

/** CNI_ARGS, as container runtimes of Kubernetes set it. */
export interface Args {
  readonly pod: Pod;
  /** IP: the address that the runtime asks for, without prefix; empty: none. */
  readonly ip: string;
}

// The agent keeps "<container>/<ifname>" and the addresses in a link's alias, which the kernel limits.
const LONGEST_CONTAINER_ID = 128;
// The kernel's IFNAMSIZ, without the NUL at the end.
const LONGEST_IF_NAME = 15;
const LONGEST_PATH = 4095;

export function readVerb(host: Host): Verb {
  const value = host.environment("CNI_COMMAND") ?? "";
  const verb = verbs.find((known) => known === value);
  if (verb === undefined) throw invalidVariable("CNI_COMMAND", value, `one of ${verbs.join(", ")}`);
  return verb;
}

export function readAttachment(host: Host, verb: "ADD" | "DEL" | "CHECK"): AttachmentParameters {
  const containerId = host.environment("CNI_CONTAINERID") ?? "";
  const ifName = host.environment("CNI_IFNAME") ?? "";
  const netns = host.environment("CNI_NETNS") ?? "";
  if (!isCniName(containerId, LONGEST_CONTAINER_ID)) {
    const form = `a letter or digit, then letters, digits, "_", "." or "-"; at most ${LONGEST_CONTAINER_ID}`;
    throw invalidVariable("CNI_CONTAINERID", containerId, form);
  }
  if (!isInterfaceName(ifName)) {
    throw invalidVariable("CNI_IFNAME", ifName, `1 to ${LONGEST_IF_NAME} bytes without "/", ":" or whitespace`);
  }
  if (!(netns === "" && verb === "DEL") && !isNetnsPath(netns)) {
    throw invalidVariable("CNI_NETNS", netns, 'the absolute path of a network namespace, without ".."');
  }
  return { attachment: { containerId, ifName }, netns, args: readArgs(host, verb) };
}

/** The rules of the kernel's dev_valid_name, and nothing unprintable. */
export function isInterfaceName(text: string): boolean {
  if (!/^[^/:\s]{1,15}$/.test(text) || text === "." || text === ".." || hasUnprintable(text)) return false;
  return new TextEncoder().encode(text).length <= LONGEST_IF_NAME;
}

function isNetnsPath(text: string): boolean {
  return text.startsWith("/") && text.length <= LONGEST_PATH && !hasUnprintable(text) && !hasParentStep(text);
}

/** ".." as one of the path's steps. */
export function hasParentStep(path: string): boolean {
  return /(^|\/)\.\.(\/|$)/.test(path);
}

/**
 * "KEY=VALUE;KEY=VALUE". A key that we don't know is an error unless IgnoreUnknown says otherwise; DEL ignores it anyway:
 * an attachment that could not be added must be deletable. ADD needs the pod, because its namespace is its logical switch.
 */
function readArgs(host: Host, verb: "ADD" | "DEL" | "CHECK"): Args {
  const text = host.environment("CNI_ARGS") ?? "";
  const values: Record<string, string> = {};
  const unknown: string[] = [];
  for (const pair of text.split(";")) {
    if (pair === "") continue;
    const sign = pair.indexOf("=");
    if (sign < 1 || pair.includes("=", sign + 1)) throw invalidVariable("CNI_ARGS", pair, "KEY=VALUE;KEY=VALUE");
    const key = pair.slice(0, sign);
    if (KNOWN_ARGS.includes(key)) values[key] = pair.slice(sign + 1);
    else unknown.push(key);
  }
  if (unknown.length > 0 && verb !== "DEL" && !isTrue(values["IgnoreUnknown"])) {
    const form = `without the unknown keys ${unknown.map(shown).join(", ")}, or with IgnoreUnknown=1`;
    throw invalidVariable("CNI_ARGS", text, form);
  }
  return { pod: readPod(values, verb), ip: readIp(values["IP"] ?? "") };
}

const KNOWN_ARGS = [
  "IgnoreUnknown",
  "K8S_POD_NAMESPACE",
  "K8S_POD_NAME",
  "K8S_POD_UID",
  "K8S_POD_INFRA_CONTAINER_ID",
  "IP",
];

function isTrue(text: string | undefined): boolean {
  return text === "1" || text?.toLowerCase() === "true";
}

function readPod(values: Readonly<Record<string, string>>, verb: "ADD" | "DEL" | "CHECK"): Pod {
  const namespace = values["K8S_POD_NAMESPACE"] ?? "";
  const name = values["K8S_POD_NAME"] ?? "";
  const uid = values["K8S_POD_UID"] ?? "";
  const isOptional = verb !== "ADD";
  if (!(isOptional && namespace === "") && (!isObjectName(namespace, 63) || namespace.includes("."))) {
    throw invalidVariable("CNI_ARGS", `K8S_POD_NAMESPACE=${namespace}`, "the pod's namespace in Kubernetes");
  }
  if (!(isOptional && name === "") && !isObjectName(name, 253)) {
    throw invalidVariable("CNI_ARGS", `K8S_POD_NAME=${name}`, "the pod's name in Kubernetes");
  }
  if (uid !== "" && !isCniName(uid, 128)) throw invalidVariable("CNI_ARGS", `K8S_POD_UID=${uid}`, "the pod's UID");
  return { namespace, name, uid };
}

function readIp(text: string): string {
  if (text === "") return "";
  const bare = bareAddress(text);
  if (bare === undefined) throw invalidVariable("CNI_ARGS", `IP=${text}`, "IP=ADDRESS or IP=ADDRESS/PREFIX");
  return bare;
}

/** "ADDRESS" or "ADDRESS/PREFIX" without its prefix; undefined when it is neither. */
export function bareAddress(text: string): string | undefined {
  if (parseAddress(text) !== undefined) return text;
  return parseCidr(text) === undefined ? undefined : text.slice(0, text.indexOf("/"));
}

/** Code 4: the specification wants the names of the variables in the message. */
function invalidVariable(name: string, value: string, form: string): CniError {
  const message = value === "" ? `${name} is missing` : `${name} is invalid`;
  return new CniError(cniCode.invalidEnvironment, message, `${name} is ${shown(value)}; it must be ${form}`);
}
