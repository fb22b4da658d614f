import { AgentError } from "../errors.js";
import { canonical, isIpv6 } from "../network/ip-address.js";
import { HOST_NETNS, type Netlink } from "../netlink/port.js";

/** Bytes that an encapsulation over IPv4 adds: Ethernet header of the inner frame, its own header, UDP, outer IP. */
export const OVERHEAD = {
  // 14 inner Ethernet + 16 Geneve with OVN's 8-byte option + 8 UDP + 20 IPv4
  geneve: 58,
  vxlan: 50,
};
const IPV6_EXTRA = 20;

export type Encapsulation = keyof typeof OVERHEAD;

/**
 * The largest MTU that pods can use: that of the link which carries the tunnel address, minus the encapsulation.
 * Throws INVALID_CONFIG when no link of the node has `tunnelAddress` (external_ids:ovn-encap-ip).
 */
export async function podMtu(netlink: Netlink, tunnelAddress: string, encapsulation: Encapsulation): Promise<number> {
  const overhead = OVERHEAD[encapsulation] + (isIpv6(tunnelAddress) ? IPV6_EXTRA : 0);
  for (const link of await netlink.links(HOST_NETNS)) {
    const addresses = await netlink.addresses(HOST_NETNS, link.name);
    const carries = addresses.some(({ address }) => canonical(address).split("/")[0] === canonical(tunnelAddress));
    if (carries) return link.mtu - overhead;
  }
  const remedy = "set network.mtu, or external_ids:ovn-encap-ip to an address of this node";
  throw new AgentError("INVALID_CONFIG", `no link has the tunnel address ${tunnelAddress}: ${remedy}`);
}
