import { hostLinkName } from "../ovn/names.js";
import type { AttachmentKey } from "./attachment.js";
import type { ObservedAttachment } from "./observed.js";

export type DelStep =
  | { readonly kind: "unplug-ovs-port"; readonly portUuid: string; readonly link: string }
  | { readonly kind: "delete-link"; readonly link: string }
  | {
      readonly kind: "delete-logical-port";
      readonly uuid: string;
      readonly logicalSwitch: string;
      readonly name: string;
    }
  | { readonly kind: "release" };

/** Lanes run side by side. Inside a lane a failed step stops those behind it; the other lane goes on. */
export interface DelPlan {
  readonly lanes: readonly (readonly DelStep[])[];
}

/**
 * The steps that remove an attachment, whatever exists of it.
 *
 * The address goes back only after the logical port is gone: two ports must never carry one address. The link goes
 * after its OVS port, so that vswitchd never sees a port without a device. Link and address are always tried: nothing
 * but the kernel and PrismNET can say that they are gone, and both treat that as success.
 */
export function planDel(key: AttachmentKey, observed: ObservedAttachment): DelPlan {
  const { ovsPort, logicalPort } = observed;
  const link = observed.link?.name ?? ovsPort?.link ?? hostLinkName(key);
  const local: DelStep[] = [{ kind: "delete-link", link }];
  if (ovsPort !== undefined) local.unshift({ kind: "unplug-ovs-port", portUuid: ovsPort.portUuid, link: ovsPort.link });
  const cluster: DelStep[] = [{ kind: "release" }];
  if (logicalPort !== undefined) {
    const { uuid, logicalSwitch, name } = logicalPort;
    cluster.unshift({ kind: "delete-logical-port", uuid, logicalSwitch, name });
  }
  return { lanes: [cluster, local] };
}
