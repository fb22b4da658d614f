import { hostLinkName, logicalPortName } from "../ovn/names.js";
import type { AttachmentSpec } from "./attachment.js";
import type { ObservedAttachment } from "./observed.js";

/** One effect of ADD. What an earlier step learns (the lease) reaches a later one through the run's state. */
export type AddStep =
  /** `inUse`: a port or a sandbox carries the address already, so it is not ours to give back. */
  | { readonly kind: "allocate"; readonly inUse: boolean }
  | { readonly kind: "create-link"; readonly link: string }
  | { readonly kind: "plug-ovs-port"; readonly link: string; readonly logicalPort: string }
  | { readonly kind: "commit-logical-port"; readonly logicalPort: string }
  | { readonly kind: "configure-sandbox"; readonly link: string }
  | { readonly kind: "await-installed"; readonly link: string };

/** Steps of one lane run one after the other. */
export type Lane = readonly AddStep[];

/** Lanes of one phase run side by side; a phase begins when the one before is complete. */
export interface AddPlan {
  readonly phases: readonly (readonly Lane[])[];
}

/**
 * The steps that ADD still has to take: all of them for a new attachment, fewer when it is repeated or completed after
 * a crash.
 *
 * Address and link do not need each other, and OVS may learn of the link before the logical port exists: ovn-controller
 * binds the two when the second arrives. So everything of ours runs beside the northbound commit, which starts OVN's
 * own work. The sandbox is configured only after that commit, and the link's mark with it: a link marked complete
 * always had its logical port.
 */
export function planAdd(spec: AttachmentSpec, observed: ObservedAttachment): AddPlan {
  const link = observed.ovsPort?.link ?? hostLinkName(spec.key);
  const logicalPort = logicalPortName(spec.pod.name, spec.key);

  const configured = observed.link !== undefined && observed.link.mark.addresses.length > 0;
  const addressing: AddStep[] = [{ kind: "allocate", inUse: configured || observed.logicalPort !== undefined }];
  if (observed.logicalPort === undefined) addressing.push({ kind: "commit-logical-port", logicalPort });

  const plugging: AddStep[] = [];
  if (observed.link === undefined) plugging.push({ kind: "create-link", link });
  if (observed.ovsPort === undefined) plugging.push({ kind: "plug-ovs-port", link, logicalPort });

  const finishing: Lane[] = [[{ kind: "await-installed", link }]];
  if (!configured) finishing.unshift([{ kind: "configure-sandbox", link }]);

  return { phases: [[addressing, plugging].filter((lane) => lane.length > 0), finishing] };
}

/**
 * True when what exists cannot be completed into `spec` and has to go first: parts of another sandbox, a link without
 * the port that made it ours, or a logical port under another name.
 */
export function contradicts(spec: AttachmentSpec, observed: ObservedAttachment): boolean {
  const { link, ovsPort, logicalPort } = observed;
  for (const marks of [ovsPort?.marks, logicalPort?.marks]) {
    if (marks === undefined) continue;
    if (marks.netns !== spec.netns || marks.pod.name !== spec.pod.name) return true;
    if (marks.pod.namespace !== spec.pod.namespace || marks.pod.uid !== spec.pod.uid) return true;
  }
  // An OVS port whose link is gone is a black hole even after a link of that name returns.
  return ovsPort !== undefined && link === undefined;
}
