import type { AllocateIPRequest, ReleaseIPRequest } from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import { invalidArgument, quote } from "../status-error.js";
import { type Address, contains, formatCidr, parseAddress } from "./cidr.js";
import type { PoolConfig } from "./carve-plan.js";
import { type Holder, holderKey } from "./holder.js";
import type { Range } from "./range.js";

/** A valid AllocateIPRequest. */
export interface Wish {
  /** Empty for a node. */
  readonly namespace: string;
  readonly holder: Holder;
  readonly staticAddresses: readonly Address[];
  readonly range: Range;
}

const DEFAULT_IF_NAME = "eth0";

interface NameRule {
  readonly pattern: RegExp;
  readonly longest: number;
  readonly means: string;
}

const label: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  longest: 63,
  means: "a DNS label: lower-case letters, digits and inner dashes",
};
const subdomain: NameRule = {
  pattern: /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
  longest: 253,
  means: "a DNS subdomain: lower-case letters, digits, inner dashes and dots",
};
/** CNI specification 1.1.0, "CNI_CONTAINERID". */
const containerId: NameRule = {
  pattern: /^[a-zA-Z0-9][-_.a-zA-Z0-9]*$/,
  longest: 253,
  means: "a letter or digit, then letters, digits, dashes, underscores and dots",
};
/** Linux' IFNAMSIZ, without the characters that CNI and the ledger's text refuse. */
const ifName: NameRule = {
  pattern: /^(?!\.{1,2}$)[-_.@a-zA-Z0-9]+$/,
  longest: 15,
  means: "letters, digits, dashes, underscores, dots and @",
};

/** A valid namespace. @throws StatusError INVALID_ARGUMENT naming `field`. */
export function parseNamespace(namespace: string): string {
  return name("namespace", namespace, label);
}

/** @throws StatusError INVALID_ARGUMENT naming the first bad field. */
export function parseAllocate(request: AllocateIPRequest, pool: PoolConfig): Wish {
  const forNode = request.namespace === "" && request.nodeName !== "";
  const namespace = forNode ? "" : parseNamespace(request.namespace);
  const holder = forNode ? nodeHolder(request) : podHolder(request);
  const staticAddresses = request.staticAddresses.map((text, i) =>
    clusterAddress(`static_addresses[${String(i)}]`, text, pool),
  );
  if (staticAddresses.some(({ family }, i) => staticAddresses.findIndex((other) => other.family === family) !== i)) {
    throw invalidArgument("static_addresses", "at most one address of each family");
  }
  return { namespace, holder, staticAddresses, range: parseRange(request, pool) };
}

/** The key of what is to be released, and the namespace that the caller expects it in (empty: any). */
export function parseRelease(request: ReleaseIPRequest): { key: string; namespace: string } {
  const forNode = request.namespace === "" && request.nodeName !== "" && request.containerId === "";
  const holder = forNode ? nodeHolder(request) : podHolder(request);
  return { key: holderKey(holder), namespace: request.namespace === "" ? "" : parseNamespace(request.namespace) };
}

/** A valid node name, or empty for every node. @throws StatusError INVALID_ARGUMENT. */
export function parseNodeFilter(nodeName: string): string {
  return optional("node_name", nodeName, subdomain);
}

type Named = Pick<AllocateIPRequest, "containerId" | "ifName" | "nodeName" | "podName">;

function nodeHolder(request: Named): Holder {
  if (request.containerId !== "") {
    throw invalidArgument(
      "namespace",
      "is empty, and a container needs one; leave container_id empty for a node's address",
    );
  }
  return { kind: "node", nodeName: name("node_name", request.nodeName, subdomain) };
}

function podHolder(request: Named): Holder {
  return {
    kind: "pod",
    containerId: name("container_id", request.containerId, containerId),
    ifName: name("if_name", request.ifName || DEFAULT_IF_NAME, ifName),
    nodeName: optional("node_name", request.nodeName, subdomain),
    podName: optional("pod_name", request.podName, subdomain),
  };
}

function parseRange(request: Pick<AllocateIPRequest, "rangeStart" | "rangeEnd">, pool: PoolConfig): Range {
  const start = rangeEnd("range_start", request.rangeStart);
  const end = rangeEnd("range_end", request.rangeEnd);
  const family = (start ?? end)?.family;
  if (family === undefined) return {};
  if (start !== undefined && end !== undefined) {
    if (start.family !== end.family) throw invalidArgument("range_end", "is not of the family of range_start");
    if (start.value > end.value) throw invalidArgument("range_end", "lies before range_start");
  }
  const network = pool.clusterCidrs.find((cidr) => cidr.family === family);
  const field = start === undefined ? "range_end" : "range_start";
  if (network === undefined) throw invalidArgument(field, `the cluster has no IPv${String(family)} addresses`);
  const last = network.base + (1n << BigInt((family === 4 ? 32 : 128) - network.prefix)) - 1n;
  const missed = (start !== undefined && start.value > last) || (end !== undefined && end.value < network.base);
  if (missed) throw invalidArgument(field, `the range lies outside the cluster's ${formatCidr(network)}`);
  return { start, end };
}

function rangeEnd(field: string, text: string): Address | undefined {
  return text === "" ? undefined : address(field, text);
}

function clusterAddress(field: string, text: string, pool: PoolConfig): Address {
  const parsed = address(field, text);
  if (pool.clusterCidrs.some((cidr) => contains(cidr, parsed))) return parsed;
  throw invalidArgument(field, `${text} lies outside the cluster's ${pool.clusterCidrs.map(formatCidr).join(", ")}`);
}

function address(field: string, text: string): Address {
  const parsed = text.length > 45 ? undefined : parseAddress(text);
  if (parsed !== undefined) return parsed;
  throw invalidArgument(field, `${quote(text)} is not an IP address (write it without prefix, like 10.244.1.7)`);
}

function optional(field: string, text: string, rule: NameRule): string {
  return text === "" ? "" : name(field, text, rule);
}

function name(field: string, text: string, { pattern, longest, means }: NameRule): string {
  if (text === "") throw invalidArgument(field, "is empty");
  if (text.length > longest) {
    throw invalidArgument(field, `has ${String(text.length)} characters, at most ${String(longest)} are allowed`);
  }
  if (!pattern.test(text)) throw invalidArgument(field, `${quote(text)} is not ${means}`);
  return text;
}
