import type { PodMarks } from "../../ovn/owner.js";
import { hostLinkName, logicalPortName } from "../../ovn/names.js";
import type { AddressLease, AttachmentSpec } from "../attachment.js";
import type { ObservedAllocation, ObservedLink, ObservedLogicalPort, ObservedOvsPort } from "../observed.js";

/** One attachment, described once; the functions below are what each source tells of it. */
export function attachmentSpec(overrides: Partial<AttachmentSpec> = {}): AttachmentSpec {
  return {
    key: { containerId: "c1", ifName: "eth0" },
    pod: { namespace: "default", name: "web", uid: "u1" },
    netns: "/run/netns/c1",
    mtu: 1442,
    staticAddresses: [],
    rangeStart: "",
    rangeEnd: "",
    subnet: "",
    routes: [],
    ...overrides,
  };
}

export const lease: AddressLease = {
  addresses: [{ address: "10.244.1.5/24", gateway: "10.244.1.1" }],
  logicalSwitch: "k8s-default",
  mac: "0a:58:0a:f4:01:05",
  dnsServers: [],
};

export function marksOf(spec: AttachmentSpec): PodMarks {
  return { node: "node1", key: spec.key, pod: spec.pod, netns: spec.netns };
}

export function linkOf(spec: AttachmentSpec, complete = true): ObservedLink {
  return { name: hostLinkName(spec.key), mark: { key: spec.key, addresses: complete ? ["10.244.1.5/24"] : [] } };
}

export function ovsPortOf(spec: AttachmentSpec): ObservedOvsPort {
  return {
    portUuid: "11111111-1111-1111-1111-111111111111",
    link: hostLinkName(spec.key),
    logicalPort: logicalPortName(spec.pod.name, spec.key),
    marks: marksOf(spec),
    ofport: 3,
    linkUp: true,
    installed: true,
    error: "",
  };
}

export function logicalPortOf(spec: AttachmentSpec): ObservedLogicalPort {
  return {
    uuid: "22222222-2222-2222-2222-222222222222",
    name: logicalPortName(spec.pod.name, spec.key),
    logicalSwitch: "k8s-default",
    mac: lease.mac,
    addresses: ["10.244.1.5"],
    marks: marksOf(spec),
  };
}

export function allocationOf(spec: AttachmentSpec): ObservedAllocation {
  return { key: spec.key, namespace: spec.pod.namespace, pod: spec.pod.name };
}
