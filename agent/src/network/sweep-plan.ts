import { type AttachmentKey, keyText, type PodIdentity } from "./attachment.js";
import { bareAddress } from "./ip-address.js";
import type {
  ObservedAllocation,
  ObservedAttachment,
  ObservedLink,
  ObservedLogicalPort,
  ObservedOvsPort,
} from "./observed.js";
import { NOTHING } from "./observed.js";

/** Everything of ours on this node, each source read once. */
export interface NodeState {
  readonly links: readonly ObservedLink[];
  readonly ovsPorts: readonly ObservedOvsPort[];
  readonly logicalPorts: readonly ObservedLogicalPort[];
  /** Undefined when PrismNET could not be asked: then no address is judged. */
  readonly allocations: readonly ObservedAllocation[] | undefined;
}

export type SweepAction =
  | {
      readonly kind: "remove";
      readonly key: AttachmentKey;
      readonly pod: PodIdentity;
      readonly observed: ObservedAttachment;
      readonly reason: string;
    }
  | {
      readonly kind: "repair";
      readonly key: AttachmentKey;
      readonly pod: PodIdentity;
      readonly netns: string;
      /** What the sandbox has, without prefix: the address that must be claimed again. */
      readonly addresses: readonly string[];
      readonly observed: ObservedAttachment;
      readonly reason: string;
    };

interface Entry {
  readonly key: AttachmentKey;
  link?: ObservedLink;
  ovsPort?: ObservedOvsPort;
  logicalPort?: ObservedLogicalPort;
  allocation?: ObservedAllocation;
}

/**
 * What to do with each attachment of this node when the agent starts.
 *
 * The host link is the bit that says "alive": the kernel deletes it with its peer, and the peer with its network
 * namespace. A link that is not marked complete belongs to an ADD that nobody got an answer from. A complete link is a
 * running pod: whatever else of it is missing (a database restored from a backup, say) is put back, never taken away.
 */
export function planSweep(state: NodeState): SweepAction[] {
  const actions: SweepAction[] = [];
  for (const entry of join(state)) {
    const { key } = entry;
    const marks = entry.ovsPort?.marks ?? entry.logicalPort?.marks;
    const pod = marks?.pod ?? {
      namespace: entry.allocation?.namespace ?? "",
      name: entry.allocation?.pod ?? "",
      uid: "",
    };
    const observed: ObservedAttachment = { ...NOTHING, ...entry };
    const reason = whyDead(entry);
    if (reason !== undefined) {
      actions.push({ kind: "remove", key, pod, observed, reason });
      continue;
    }
    const missing = whatIsMissing(entry, state.allocations !== undefined);
    if (missing === undefined) continue;
    const addresses = (entry.link?.mark.addresses ?? []).map(bareAddress);
    actions.push({ kind: "repair", key, pod, netns: marks?.netns ?? "", addresses, observed, reason: missing });
  }
  return actions;
}

function whyDead(entry: Entry): string | undefined {
  if (entry.link === undefined) return "its link is gone";
  if (entry.link.mark.addresses.length === 0) return "its ADD was cut short";
  if (entry.ovsPort === undefined && entry.logicalPort === undefined) return "nothing tells which pod it belonged to";
  return undefined;
}

function whatIsMissing(entry: Entry, allocationsKnown: boolean): string | undefined {
  if (entry.ovsPort === undefined) return "its OVS port is missing";
  if (entry.logicalPort === undefined) return "its logical port is missing";
  if (allocationsKnown && entry.allocation === undefined) return "its address is not allocated";
  return undefined;
}

function join(state: NodeState): Iterable<Entry> {
  const entries = new Map<string, Entry>();
  const of = (key: AttachmentKey): Entry => {
    const text = keyText(key);
    const known = entries.get(text);
    if (known !== undefined) return known;
    const fresh: Entry = { key };
    entries.set(text, fresh);
    return fresh;
  };
  for (const link of state.links) of(link.mark.key).link = link;
  for (const port of state.ovsPorts) of(port.marks.key).ovsPort = port;
  for (const port of state.logicalPorts) of(port.marks.key).logicalPort = port;
  for (const allocation of state.allocations ?? []) of(allocation.key).allocation = allocation;
  return entries.values();
}
