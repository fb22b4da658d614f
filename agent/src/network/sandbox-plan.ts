import type { LinkRequest } from "../netlink/port.js";
import type { AddressLease, AttachmentSpec, RouteSpec } from "./attachment.js";
import { isIpv6 } from "./ip-address.js";
import { linkMark } from "./link-mark.js";

/** The veth pair: host end marked as ours and up, its peer directly in the sandbox and still down. */
export function createRequests(spec: AttachmentSpec, link: string): LinkRequest[] {
  return [
    {
      kind: "create-veth",
      name: link,
      alias: linkMark({ key: spec.key, addresses: [] }),
      mtu: spec.mtu,
      peer: { name: spec.key.ifName, netns: spec.netns, mac: undefined },
    },
    // Router solicitations and duplicate address detection on the host end would double vswitchd's work for the port.
    { kind: "set-ipv6", link, enabled: false },
    { kind: "set-link", name: link, up: true },
  ];
}

/** Inside the sandbox: MAC address, addresses, routes, checksum offload. */
export function configureRequests(spec: AttachmentSpec, lease: AddressLease, txChecksum: boolean): LinkRequest[] {
  const link = spec.key.ifName;
  const requests: LinkRequest[] = [
    { kind: "set-ipv6", link, enabled: lease.addresses.some(({ address }) => isIpv6(address)) },
    { kind: "set-link", name: link, mac: lease.mac, up: true },
  ];
  if (!txChecksum) requests.push({ kind: "set-tx-checksum", link, enabled: false });
  for (const { address } of lease.addresses) requests.push({ kind: "add-address", link, address });
  for (const route of effectiveRoutes(spec.routes, lease)) {
    requests.push({ kind: "replace-route", link, destination: route.destination, gateway: route.gateway });
  }
  return requests;
}

/** Routes with their gateway filled in; a default route per address family when none were asked for. */
export function effectiveRoutes(asked: readonly RouteSpec[], lease: AddressLease): RouteSpec[] {
  const gateways = new Map(lease.addresses.map(({ address, gateway }) => [isIpv6(address), gateway]));
  if (asked.length === 0) {
    return [...gateways].map(([v6, gateway]) => ({ destination: v6 ? "::/0" : "0.0.0.0/0", gateway }));
  }
  return asked.flatMap(({ destination, gateway }) => {
    // A route of a family that the pod has no address of is meaningless, not wrong: dual-stack configurations list both.
    const own = gateways.get(isIpv6(destination));
    return own === undefined ? [] : [{ destination, gateway: gateway === "" ? own : gateway }];
  });
}
