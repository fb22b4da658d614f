import { type AttachmentKey, keyText, type PodIdentity } from "../network/attachment.js";
import type { ObservedLink, ObservedLogicalPort, ObservedOvsPort } from "../network/observed.js";

/** The order is that of severity: what an operator should look at first. */
export const PORT_STATES = ["no-link", "no-logical-port", "link-down", "waiting", "installed"] as const;
export type PortState = (typeof PORT_STATES)[number];

/** All that is known of one attachment. */
export interface ObservedPort {
  readonly key: AttachmentKey;
  /** Empty names when only the host's link tells of it. */
  readonly pod: PodIdentity;
  readonly ovsPort: ObservedOvsPort | undefined;
  readonly logicalPort: ObservedLogicalPort | undefined;
  readonly link: ObservedLink | undefined;
  /** False: the northbound database was not read yet, so a missing logical port means nothing. */
  readonly logicalPortsKnown: boolean;
}

/** What the sources hold of this node's pods. */
export interface ObservedPorts {
  readonly ovsPorts: readonly ObservedOvsPort[];
  /** Undefined while the northbound database has not been read. */
  readonly logicalPorts: readonly ObservedLogicalPort[] | undefined;
  /** Host links that carry our mark. */
  readonly links: readonly ObservedLink[];
}

/**
 * Joins what the local database, the northbound database and the kernel say, by attachment. Sorted by namespace and pod.
 * A link alone counts when its sandbox was configured; before that it is an ADD at work.
 */
export function joinPorts({ ovsPorts, logicalPorts, links }: ObservedPorts): ObservedPort[] {
  const ovsByKey = new Map(ovsPorts.map((port) => [keyText(port.marks.key), port]));
  const logicalByKey = new Map((logicalPorts ?? []).map((port) => [keyText(port.marks.key), port]));
  const linkByKey = new Map(links.map((link) => [keyText(link.mark.key), link]));
  const configured = [...linkByKey].filter(([, { mark }]) => mark.addresses.length > 0);
  const keys = new Set([...ovsByKey.keys(), ...logicalByKey.keys(), ...configured.map(([key]) => key)]);
  return [...keys]
    .flatMap((text) => {
      const [ovsPort, logicalPort, link] = [ovsByKey.get(text), logicalByKey.get(text), linkByKey.get(text)];
      const key = (ovsPort ?? logicalPort)?.marks.key ?? link?.mark.key;
      if (key === undefined) return [];
      const pod = (ovsPort ?? logicalPort)?.marks.pod ?? { namespace: "", name: "", uid: "" };
      return [{ key, pod, ovsPort, logicalPort, link, logicalPortsKnown: logicalPorts !== undefined }];
    })
    .sort((a, b) => compare(a.pod.namespace, b.pod.namespace) || compare(a.pod.name, b.pod.name));
}

/**
 * One word for a port. `ovn-installed` alone proves nothing: it stays true after the veth vanished, ovn-controller died
 * or the chassis was removed. So whatever contradicts it counts first.
 */
export function portState({ ovsPort, logicalPort, link, logicalPortsKnown }: ObservedPort): PortState {
  if (link === undefined || ovsPort === undefined || ovsPort.error !== "" || ovsPort.ofport === -1) return "no-link";
  if (logicalPort === undefined && logicalPortsKnown) return "no-logical-port";
  if (ovsPort.ofport !== undefined && !ovsPort.linkUp) return "link-down";
  return ovsPort.installed ? "installed" : "waiting";
}

/** What no single port shows: two that claim the same logical port or the same address. */
export function portWarnings(ports: readonly ObservedPort[]): string[] {
  const claims = new Map<string, string[]>();
  for (const { key, pod, ovsPort, logicalPort } of ports) {
    const owner = `${pod.namespace}/${pod.name} (${keyText(key)})`;
    const claimed = [
      ...(ovsPort === undefined ? [] : [`logical port ${ovsPort.logicalPort}`]),
      ...(logicalPort?.addresses ?? []).map((address) => `address ${address}`),
    ];
    for (const claim of claimed) claims.set(claim, [...(claims.get(claim) ?? []), owner]);
  }
  return [...claims]
    .filter(([, owners]) => owners.length > 1)
    .map(
      ([claim, owners]) => `${claim} belongs to several sandboxes: ${owners.join(", ")}; delete all but the newest pod`,
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
