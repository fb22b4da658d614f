/**
 * Who holds an address, and the text that says so in the ledger. Pure.
 *
 * A holder has a key (at most one allocation per key, whichever server it asks) and a record (what ListAllocations needs
 * after a restart). Neither part of a record can hold a space or a slash: requests are validated before they get here.
 */
export type Holder =
  | {
      readonly kind: "pod";
      readonly containerId: string;
      readonly ifName: string;
      readonly nodeName: string;
      readonly podName: string;
    }
  | { readonly kind: "node"; readonly nodeName: string }
  | { readonly kind: "egress" };

/** The egress port: every node has it, with the same address. */
export const EGRESS: Holder = { kind: "egress" };

/** The key of an allocation; unique in the cluster. */
export function holderKey(holder: Holder): string {
  switch (holder.kind) {
    case "pod":
      return `pod/${holder.containerId}/${holder.ifName}`;
    case "node":
      return `node/${holder.nodeName}`;
    case "egress":
      return "egress";
  }
}

/** The ledger's value for an address in use. */
export function formatHolder(holder: Holder): string {
  switch (holder.kind) {
    case "pod":
      return `pod ${holder.containerId}/${holder.ifName} ${holder.nodeName || "-"} ${holder.podName || "-"}`;
    case "node":
      return `node ${holder.nodeName}`;
    case "egress":
      return "egress";
  }
}

/** Undefined when the text is not of ours; the address then counts as used, by nobody that we could release it for. */
export function parseHolder(text: string): Holder | undefined {
  const [kind, id = "", nodeName = "", podName = "", ...rest] = text.split(" ");
  if (kind === "egress" && id === "") return EGRESS;
  if (kind === "node" && id !== "" && nodeName === "") return { kind, nodeName: id };
  const [containerId = "", ifName = "", ...more] = id.split("/");
  const whole = containerId !== "" && ifName !== "" && nodeName !== "" && podName !== "";
  if (kind !== "pod" || !whole || rest.length > 0 || more.length > 0) return undefined;
  return { kind, containerId, ifName, nodeName: blank(nodeName), podName: blank(podName) };
}

function blank(part: string): string {
  return part === "-" ? "" : part;
}

const TOMBSTONE = "freed ";

/** The ledger's value for an address that was given back at `time`. */
export function formatTombstone(time: Date): string {
  return TOMBSTONE + time.toISOString();
}

/** When the address was given back, in milliseconds since the epoch; undefined when the text is no tombstone. */
export function parseTombstone(text: string): number | undefined {
  if (!text.startsWith(TOMBSTONE)) return undefined;
  const time = Date.parse(text.slice(TOMBSTONE.length));
  return Number.isNaN(time) ? undefined : time;
}
