import type { Link, LinkAddress, LinkRoute } from "../netlink/port.js";
import type { AttachmentSpec } from "./attachment.js";
import { bareAddress, canonical } from "./ip-address.js";
import type { ObservedLogicalPort, ObservedOvsPort } from "./observed.js";

/** What prevResult promised the runtime. */
export interface ExpectedAttachment extends Pick<AttachmentSpec, "key" | "netns"> {
  /** With prefix length; empty when the runtime gave no prevResult. */
  readonly addresses: readonly string[];
  readonly routes: readonly { readonly destination: string; readonly gateway: string }[];
  /** MAC address of the sandbox interface; empty when unknown. */
  readonly mac: string;
}

/** Everything that CHECK looked at. */
export interface CheckedAttachment {
  readonly hostLink: Link | undefined;
  readonly sandboxLink: Link | undefined;
  readonly addresses: readonly LinkAddress[];
  readonly routes: readonly LinkRoute[];
  readonly ovsPort: ObservedOvsPort | undefined;
  readonly logicalPort: ObservedLogicalPort | undefined;
}

/** Every way in which reality differs from what ADD promised, each with what to look at. Empty: all is well. */
export function differences(expected: ExpectedAttachment, actual: CheckedAttachment): string[] {
  return [
    ...sandboxDifferences(expected, actual),
    ...ovsDifferences(actual),
    ...logicalPortDifferences(expected, actual),
  ];
}

function sandboxDifferences(expected: ExpectedAttachment, actual: CheckedAttachment): string[] {
  const { sandboxLink, hostLink } = actual;
  const name = expected.key.ifName;
  if (sandboxLink === undefined) return [`interface ${name} is missing in ${expected.netns}`];
  const found: string[] = [];
  if (!sandboxLink.up) found.push(`interface ${name} is down`);
  if (expected.mac !== "" && sandboxLink.mac.toLowerCase() !== expected.mac.toLowerCase()) {
    found.push(`interface ${name} has MAC address ${sandboxLink.mac} instead of ${expected.mac}`);
  }
  if (hostLink === undefined) found.push("the host end of the veth pair is missing");
  else {
    if (hostLink.peerIndex !== sandboxLink.index) found.push(`${hostLink.name} is not the peer of ${name}`);
    if (!hostLink.up) found.push(`${hostLink.name} is down`);
  }
  const present = new Set(actual.addresses.map(({ address }) => canonical(address)));
  for (const address of expected.addresses) {
    if (!present.has(canonical(address))) found.push(`address ${address} is missing on ${name}`);
  }
  for (const { destination, gateway } of expected.routes) {
    const there = actual.routes.some(
      (route) =>
        canonical(route.destination) === canonical(destination) &&
        (gateway === "" || canonical(route.gateway) === canonical(gateway)),
    );
    if (!there) found.push(`route to ${destination}${gateway === "" ? "" : ` via ${gateway}`} is missing`);
  }
  return found;
}

function ovsDifferences({ ovsPort }: CheckedAttachment): string[] {
  if (ovsPort === undefined) return ["the port is missing on the integration bridge (ovs-vsctl list-ports br-int)"];
  const found: string[] = [];
  if (ovsPort.ofport === undefined || ovsPort.ofport <= 0) {
    found.push(`ovs-vswitchd has no OpenFlow port for ${ovsPort.link}: ${ovsPort.error || "is it running?"}`);
  }
  if (!ovsPort.linkUp) found.push(`ovs-vswitchd sees ${ovsPort.link} down`);
  if (!ovsPort.installed) found.push(`ovn-controller has not installed the flows of ${ovsPort.logicalPort}`);
  return found;
}

function logicalPortDifferences(expected: ExpectedAttachment, { logicalPort }: CheckedAttachment): string[] {
  if (logicalPort === undefined) return ["the logical port is missing in the northbound database"];
  const bare = new Set(logicalPort.addresses.map(canonical));
  return expected.addresses
    .filter((address) => !bare.has(canonical(bareAddress(address))))
    .map((address) => `logical port ${logicalPort.name} does not have ${address}`);
}
