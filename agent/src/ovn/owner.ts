import type { AttachmentKey, PodIdentity } from "../network/attachment.js";

/**
 * Owner marks in external_ids, on logical switch ports and on OVS ports and interfaces alike: after a restart nothing
 * else tells whose they are.
 */
export const OWNER = "k8shost/owner";
export const NODE = "k8shost/node";
const NAMESPACE = "k8shost/namespace";
export const POD = "k8shost/pod";
const POD_UID = "k8shost/pod-uid";
export const CONTAINER = "k8shost/container";
const IF_NAME = "k8shost/ifname";
const NETNS = "k8shost/netns";

export type OwnerKind = "pod" | "node";

export interface PodMarks {
  readonly node: string;
  readonly key: AttachmentKey;
  readonly pod: PodIdentity;
  readonly netns: string;
}

export function podMarks(marks: PodMarks): Map<string, string> {
  return new Map([
    [OWNER, "pod" satisfies OwnerKind],
    [NODE, marks.node],
    [NAMESPACE, marks.pod.namespace],
    [POD, marks.pod.name],
    [POD_UID, marks.pod.uid],
    [CONTAINER, marks.key.containerId],
    [IF_NAME, marks.key.ifName],
    [NETNS, marks.netns],
  ]);
}

/** Undefined when the row is not a pod's, or not ours. */
export function parsePodMarks(externalIds: ReadonlyMap<string, string>): PodMarks | undefined {
  if (externalIds.get(OWNER) !== ("pod" satisfies OwnerKind)) return undefined;
  const containerId = externalIds.get(CONTAINER);
  const ifName = externalIds.get(IF_NAME);
  if (containerId === undefined || ifName === undefined) return undefined;
  return {
    node: externalIds.get(NODE) ?? "",
    key: { containerId, ifName },
    pod: {
      namespace: externalIds.get(NAMESPACE) ?? "",
      name: externalIds.get(POD) ?? "",
      uid: externalIds.get(POD_UID) ?? "",
    },
    netns: externalIds.get(NETNS) ?? "",
  };
}

export function nodeMarks(node: string): Map<string, string> {
  return new Map([
    [OWNER, "node" satisfies OwnerKind],
    [NODE, node],
  ]);
}
