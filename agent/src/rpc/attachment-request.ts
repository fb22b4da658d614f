import { isIP, isIPv6 } from "node:net";
import type { AddRequest, Attachment, CheckRequest, Pod } from "@k8shost/proto/agent/v1/pod_network";
import { AgentError } from "../errors.js";
import type { AttachmentKey, AttachmentSpec, PodIdentity, RouteSpec } from "../network/attachment.js";
import type { ExpectedAttachment } from "../network/check-plan.js";

/**
 * Turns requests into the network module's own types. Everything that reaches a path, a database row or the kernel is
 * checked here, once; an error names the field as pod_network.proto writes it.
 */

// CNI specification 1.1.0, section 2, "Parameters": CNI_CONTAINERID and CNI_IFNAME.
const CONTAINER_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
// dev_valid_name of the kernel, and no control characters.
// eslint-disable-next-line no-control-regex
const IF_NAME = /^[^/:\s\x00-\x1f\x7f]{1,15}$/;
// RFC 1123 subdomain, as Kubernetes' object names.
const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

const MTU = { least: 576, most: 65_535 };

export function attachmentKey(attachment: Attachment | undefined): AttachmentKey {
  const { containerId = "", ifName = "" } = attachment ?? {};
  require(CONTAINER_ID.test(
    containerId,
  ), "attachment.container_id", containerId, "letters, digits, '_', '.', '-', at most 128");
  const named = IF_NAME.test(ifName) && ifName !== "." && ifName !== "..";
  require(named, "attachment.if_name", ifName, "1 to 15 characters without '/', ':' or spaces");
  return { containerId, ifName };
}

/** `optional`: DEL works without knowing the pod. */
export function podIdentity(pod: Pod | undefined, optional: boolean): PodIdentity {
  const { namespace = "", name = "", uid = "" } = pod ?? {};
  if (!(optional && namespace === "")) {
    require(OBJECT_NAME.test(namespace) &&
      namespace.length <= 63, "pod.namespace", namespace, "a Kubernetes namespace");
  }
  if (!(optional && name === "")) require(OBJECT_NAME.test(name), "pod.name", name, "a Kubernetes pod name");
  require(/^[a-zA-Z0-9_.-]{0,128}$/.test(uid), "pod.uid", uid, "Kubernetes' UID of the pod");
  return { namespace, name, uid };
}

/** What the node adds to a request. */
export interface NodeDefaults {
  readonly mtu: number;
  /** Networks of pods and Services: a pod with routes of its own choice reaches them all the same. */
  readonly networks: readonly string[];
}

export function attachmentSpec(request: AddRequest, node: NodeDefaults): AttachmentSpec {
  const { mtu, staticAddresses, rangeStart, rangeEnd, subnet, routes } = request;
  require(mtu === 0 || (mtu >= MTU.least && mtu <= MTU.most), "mtu", String(mtu), `0 or ${MTU.least} to ${MTU.most}`);
  staticAddresses.forEach((address, i) =>
    require(isIP(address) !== 0, `static_addresses[${i}]`, address, "an IP address"),
  );
  require(rangeStart === "" || isIP(rangeStart) !== 0, "range_start", rangeStart, "an IP address");
  require(rangeEnd === "" || isIP(rangeEnd) !== 0, "range_end", rangeEnd, "an IP address");
  require(subnet === "" || isCidr(subnet), "subnet", subnet, 'a network such as "10.244.0.0/16"');
  routes.forEach(({ destination, gateway }, i) => {
    require(isCidr(destination), `routes[${i}].destination`, destination, 'a network such as "0.0.0.0/0"');
    require(gateway === "" || isIP(gateway) !== 0, `routes[${i}].gateway`, gateway, "an IP address");
  });
  return {
    key: attachmentKey(request.attachment),
    pod: podIdentity(request.pod, false),
    netns: netnsPath(request.netns),
    mtu: mtu === 0 ? node.mtu : mtu,
    staticAddresses,
    rangeStart,
    rangeEnd,
    subnet,
    routes: withNetworks(routes, node.networks),
  };
}

/** No routes stay none: they stand for a default route per family, which covers everything. */
function withNetworks(routes: readonly RouteSpec[], networks: readonly string[]): readonly RouteSpec[] {
  if (routes.length === 0) return routes;
  const known = new Set(routes.map(({ destination }) => destination));
  const covered = (network: string): boolean =>
    known.has(isIPv6Network(network) ? "::/0" : "0.0.0.0/0") || known.has(network);
  const missing = networks.filter((network) => !covered(network));
  return [...routes, ...missing.map((destination) => ({ destination, gateway: "" }))];
}

function isIPv6Network(network: string): boolean {
  return isIPv6(network.split("/")[0] ?? "");
}

export function expectedAttachment(request: CheckRequest): ExpectedAttachment {
  const key = attachmentKey(request.attachment);
  return {
    key,
    netns: netnsPath(request.netns),
    addresses: request.ips.map(({ address }) => address),
    routes: request.routes,
    mac: request.interfaces.find(({ name, sandbox }) => name === key.ifName && sandbox !== "")?.mac ?? "",
  };
}

function netnsPath(path: string): string {
  require(path.startsWith("/") && !path.includes("\0"), "netns", path, "the absolute path of a network namespace");
  return path;
}

function isCidr(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const family = isIP(address);
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

function require(valid: boolean, field: string, value: string, form: string): void {
  if (valid) return;
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  throw new AgentError("INVALID_REQUEST", `${field} is ${shown}; it must be ${form}`, { fields: { field } });
}
