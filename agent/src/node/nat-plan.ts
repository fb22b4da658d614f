import { isIpv6 } from "../network/ip-address.js";

export interface NatOptions {
  readonly clusterCIDR: readonly string[];
  readonly managementLink: string;
  readonly egressLink: string;
  readonly masquerade: boolean;
}

/** Name of the nftables table; everything in it is ours. */
export const NAT_TABLE = "k8shost";

/**
 * The node's source NAT, as one nft script that replaces what was there in one transaction.
 *
 * Pods leave the cluster with the node's address. What kube-proxy sent on to a pod returns through this node only when
 * its source is the node: the pods' own network would otherwise carry the answer straight back, past the translation.
 */
export function natRuleset(options: NatOptions): string {
  const lines = [`add table inet ${NAT_TABLE}`, `delete table inet ${NAT_TABLE}`];
  if (!options.masquerade) return `${lines.join("\n")}\n`;
  const rules = options.clusterCIDR.flatMap((cidr) => {
    const family = isIpv6(cidr) ? "ip6" : "ip";
    const others = options.clusterCIDR.filter((other) => isIpv6(other) === isIpv6(cidr)).join(", ");
    return [
      `    oifname "${options.managementLink}" ${family} saddr ${cidr} ct status dnat masquerade`,
      `    iifname != "${options.managementLink}" oifname != { "${options.managementLink}", "${options.egressLink}" } ` +
        `${family} saddr ${cidr} ${family} daddr != { ${others} } masquerade`,
    ];
  });
  return [
    ...lines,
    `table inet ${NAT_TABLE} {`,
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    ...rules,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The script that removes it. */
export function natRemoval(): string {
  return `add table inet ${NAT_TABLE}\ndelete table inet ${NAT_TABLE}\n`;
}
