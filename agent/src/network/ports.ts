import type { AddressLease, AttachmentKey, AttachmentSpec, PodIdentity } from "./attachment.js";
import type { ObservedAllocation, ObservedLogicalPort, ObservedOvsPort } from "./observed.js";

/** What pod networking needs of PrismNET, of the northbound database and of the local OVS database. */
export interface Addresses {
  /** `existing` tells that an earlier call made this allocation: then it is not ours to undo. */
  allocate(spec: AttachmentSpec, signal: AbortSignal): Promise<{ lease: AddressLease; existing: boolean }>;
  /** Releasing what is not allocated is success. */
  release(key: AttachmentKey, pod: PodIdentity, signal: AbortSignal): Promise<void>;
  /** This node's allocations. */
  list(signal: AbortSignal): Promise<ObservedAllocation[]>;
}

/** Enough to remove a logical port. */
export type LogicalPortRef = Pick<ObservedLogicalPort, "uuid" | "logicalSwitch">;

/** Enough to remove an OVS port. */
export type OvsPortRef = Pick<ObservedOvsPort, "portUuid">;

export interface LogicalPorts {
  find(key: AttachmentKey): ObservedLogicalPort | undefined;
  /** This node's pods. */
  all(): ObservedLogicalPort[];
  /** Adds the port to its logical switch, in one transaction. */
  commit(spec: AttachmentSpec, lease: AddressLease, signal: AbortSignal): Promise<LogicalPortRef>;
  /** Removing what is gone is success. */
  remove(port: LogicalPortRef, signal: AbortSignal): Promise<void>;
}

export interface OvsPorts {
  find(key: AttachmentKey): ObservedOvsPort | undefined;
  all(): ObservedOvsPort[];
  /** Ports of the pods with this name, whatever their namespace; found by index. */
  ofPod(name: string): ObservedOvsPort[];
  plug(spec: AttachmentSpec, link: string, logicalPort: string, signal: AbortSignal): Promise<OvsPortRef>;
  /** Unplugging what is gone is success. */
  unplug(port: OvsPortRef, signal: AbortSignal): Promise<void>;
  /** Resolves when ovn-controller has installed the flows of the port on `link`. */
  untilInstalled(link: string, signal: AbortSignal): Promise<void>;
}
