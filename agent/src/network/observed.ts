import type { PodMarks } from "../ovn/owner.js";
import type { AttachmentKey } from "./attachment.js";
import type { LinkMark } from "./link-mark.js";

/** Host end of a pod's veth, as the kernel has it. */
export interface ObservedLink {
  readonly name: string;
  readonly mark: LinkMark;
}

/** A pod's port on the integration bridge, as the local OVS database has it. */
export interface ObservedOvsPort {
  readonly portUuid: string;
  readonly link: string;
  readonly logicalPort: string;
  readonly marks: PodMarks;
  /** OpenFlow port number; undefined until vswitchd took the port, -1 when it could not. */
  readonly ofport: number | undefined;
  readonly linkUp: boolean;
  /** ovn-controller's word. It goes stale when the link vanishes: read it together with `linkUp`. */
  readonly installed: boolean;
  /** vswitchd's complaint, for example that there is no such device. */
  readonly error: string;
}

/** A pod's logical switch port, as the northbound database has it. */
export interface ObservedLogicalPort {
  readonly uuid: string;
  readonly name: string;
  readonly logicalSwitch: string;
  readonly mac: string;
  /** Without prefix. */
  readonly addresses: readonly string[];
  readonly marks: PodMarks;
}

/** An address that PrismNET keeps for a sandbox of this node. */
export interface ObservedAllocation {
  readonly key: AttachmentKey;
  readonly namespace: string;
  readonly pod: string;
}

/** What exists of one attachment. */
export interface ObservedAttachment {
  readonly link: ObservedLink | undefined;
  readonly ovsPort: ObservedOvsPort | undefined;
  readonly logicalPort: ObservedLogicalPort | undefined;
}

export const NOTHING: ObservedAttachment = { link: undefined, ovsPort: undefined, logicalPort: undefined };
