import { link, route, utils } from "iproute";
import { leftBehind, type Inventory } from "./inventory.js";

/**
 * Links, routes and forwarding of the machine's own network namespace, which no bed may touch.
 *
 * Through the package iproute: it reads exactly this namespace, the one that its caller is in (test/DESIGN.md says why
 * nothing else here uses it).
 */
export async function lookAtMachine(): Promise<Inventory> {
  const [links, routes, forwarding4, forwarding6] = await Promise.all([
    link.show({}),
    route.show({}),
    utils.ipForwarding.v4.status(),
    utils.ipForwarding.v6.status(),
  ]);
  return new Set([
    ...arrayOf(links).map(({ ifname }) => `link of the machine: ${ifname}`),
    ...arrayOf(routes).map(({ dst, dev }) => `route of the machine: ${dst} dev ${dev}`),
    `IPv4 forwarding of the machine: ${String(forwarding4).trim()}`,
    `IPv6 forwarding of the machine: ${String(forwarding6).trim()}`,
  ]);
}

/** A dry run is the only thing that returns no array. */
function arrayOf<Row>(shown: readonly Row[] | object): readonly Row[] {
  return Array.isArray(shown) ? (shown as readonly Row[]) : [];
}

/** Names of links that a bed's nodes and our agents make. */
const LINKS = /\b(pn[0-9a-f]{12}|prism[01]|br-int|br-phys|phys0|ovs-netdev|ovs-system|genev_sys_\d+)\b/;

/** Changes of the machine's own network that came from a bed; other programs' links come and go meanwhile. */
export function changesByBed(before: Inventory, after: Inventory): string[] {
  return leftBehind(before, after).filter((line) => line.includes("forwarding") || LINKS.test(line));
}
