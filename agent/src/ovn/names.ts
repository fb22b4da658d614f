import { type AttachmentKey, keyText } from "../network/attachment.js";

/** Names of SPEC.md, "OVN Topology". */
export const CLUSTER_ROUTER = "k8s-cluster-router";

/** Joins the nodes' management ports. The underscore keeps it apart from every namespace's switch. */
export const NODES_SWITCH = "k8s_nodes";

export function logicalSwitchName(namespace: string): string {
  return `k8s-${namespace}`;
}

/** `<pod>-<container-id>`; an interface beside eth0 adds its name, since logical port names are unique. */
export function logicalPortName(pod: string, key: AttachmentKey): string {
  const name = `${pod}-${key.containerId}`;
  return key.ifName === "eth0" ? name : `${name}-${key.ifName}`;
}

/** Host end of a pod's veth: "pn" and 12 hexadecimal digits (a link's name has 15 characters at most). */
export function hostLinkName(key: AttachmentKey): string {
  return `pn${fnv1a64(keyText(key)).toString(16).padStart(16, "0").slice(0, 12)}`;
}

/** FNV-1a, 64 bits: a short stable name, not a secret. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const char of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash;
}
