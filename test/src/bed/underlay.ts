import type { Bed } from "./bed.js";
import { ipBatch, run } from "./command.js";

/**
 * The network below the overlay: a Linux bridge in a namespace of its own, where central listens, and a host "outside"
 * that knows no route to pods. 192.0.2.0/24 and 198.51.100.0/24 are documentation ranges (RFC 5737).
 */
export interface Underlay {
  readonly bed: Bed;
  /** Namespace of the bridge; central runs in it. */
  readonly netns: string;
  /** Addresses of the bridge, one for each member of a database cluster. */
  readonly centralAddresses: readonly [string, string, string];
  readonly outside: OutsideHost;
}

/** A host beyond the nodes' default route: what pods reach through source NAT, and only so. */
export interface OutsideHost {
  readonly netns: string;
  /** On the underlay: the nodes' default gateway. */
  readonly gateway: string;
  readonly gatewayV6: string;
  /** Behind it: "the internet". */
  readonly address: string;
  readonly addressV6: string;
}

export const UNDERLAY_PREFIX = 24;
export const UNDERLAY_PREFIX_V6 = 64;
const BRIDGE = "br0";

/** Builds the bridge and the host outside. */
export async function startUnderlay(bed: Bed): Promise<Underlay> {
  const netns = await bed.createNetns("underlay");
  const centralAddresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
  await ipBatch(netns, [
    `link add ${BRIDGE} type bridge mcast_snooping 0`,
    `link set ${BRIDGE} up`,
    ...centralAddresses.map((address) => `address add ${address}/${UNDERLAY_PREFIX} dev ${BRIDGE}`),
  ]);
  const outside: OutsideHost = {
    netns: await bed.createNetns("outside"),
    gateway: "192.0.2.254",
    gatewayV6: "2001:db8:1::fe",
    address: "198.51.100.1",
    addressV6: "2001:db8:ffff::1",
  };
  const underlay = { bed, netns, centralAddresses, outside };
  await plug(underlay, outside.netns, "eth0", "outside");
  await ipBatch(outside.netns, [
    `address add ${outside.gateway}/${UNDERLAY_PREFIX} dev eth0`,
    `address add ${outside.gatewayV6}/${UNDERLAY_PREFIX_V6} dev eth0 nodad`,
    `address add ${outside.address}/32 dev lo`,
    `address add ${outside.addressV6}/128 dev lo nodad`,
    "link set eth0 up",
  ]);
  await fillInChecksums(netns, BRIDGE);
  await fillInChecksums(outside.netns, "eth0");
  return underlay;
}

/** Has a link compute checksums before its frames leave: a userspace datapath reads them before the kernel would. */
async function fillInChecksums(netns: string, link: string): Promise<void> {
  await run(["ethtool", "-K", link, "tx", "off"], { netns });
}

/** A veth from a namespace to the bridge: `link` there, `port` here. Its own end is left down. */
export async function plug(underlay: Underlay, netns: string, link: string, port: string): Promise<void> {
  await ipBatch(underlay.netns, [
    `link add ${port} type veth peer name ${link} netns ${netns}`,
    `link set ${port} master ${BRIDGE} up`,
  ]);
}

/** Takes a port off the bridge; its other end goes with it. */
export async function unplug(underlay: Underlay, port: string): Promise<void> {
  await ipBatch(underlay.netns, [`link del ${port}`]);
}
