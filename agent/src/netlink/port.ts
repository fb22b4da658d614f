/**
 * What the agent needs of the kernel's rtnetlink, declared by its consumer. `linux.ts` speaks to the kernel,
 * `fake.ts` keeps state in memory and injects faults.
 */

/** A network namespace: its path (`/run/netns/x`, `/proc/7/ns/net`), or the agent's own. */
export type NetnsPath = string;
export const HOST_NETNS = "";

/**
 * One change. A list of them runs in order and stops at the first failure; each is idempotent where the kernel allows
 * it: an address or route that is already there, a link that is already gone, count as done.
 */
export type LinkRequest =
  | {
      readonly kind: "create-veth";
      readonly name: string;
      readonly alias: string;
      readonly mtu: number;
      readonly peer: { readonly name: string; readonly netns: NetnsPath; readonly mac: string | undefined };
    }
  | {
      readonly kind: "set-link";
      readonly name: string;
      readonly up?: boolean;
      readonly mtu?: number;
      readonly mac?: string;
      readonly alias?: string;
    }
  | { readonly kind: "delete-link"; readonly name: string }
  /** Added with NODAD; `address` has a prefix length. */
  | { readonly kind: "add-address"; readonly link: string; readonly address: string }
  | { readonly kind: "remove-address"; readonly link: string; readonly address: string }
  | {
      readonly kind: "replace-route";
      readonly link: string;
      readonly destination: string;
      readonly gateway?: string;
      readonly source?: string;
      /** The gateway is reachable on the link although no subnet of the link contains it. */
      readonly onlink?: boolean;
    }
  | { readonly kind: "remove-route"; readonly link: string; readonly destination: string }
  /** A permanent entry of the neighbour table. */
  | { readonly kind: "replace-neighbour"; readonly link: string; readonly address: string; readonly mac: string }
  /** `tx-checksumming` as of ethtool(8): the userspace datapath does not complete partial checksums. */
  | { readonly kind: "set-tx-checksum"; readonly link: string; readonly enabled: boolean }
  /** sysctl net.ipv6.conf.LINK.disable_ipv6. */
  | { readonly kind: "set-ipv6"; readonly link: string; readonly enabled: boolean };

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly alias: string;
  /** Index of the veth peer in its own namespace; 0 for other kinds. */
  readonly peerIndex: number;
}

export interface LinkAddress {
  readonly link: string;
  readonly address: string;
}

export interface LinkRoute {
  readonly link: string;
  readonly destination: string;
  readonly gateway: string;
}

export interface Netlink {
  /**
   * Runs `requests` in order inside `netns`, in one round trip to the kernel thread.
   * Throws a NetlinkError whose `request` is the one that failed; those before it took effect.
   */
  execute(netns: NetnsPath, requests: readonly LinkRequest[], signal?: AbortSignal): Promise<void>;
  /** Every link of a namespace, or the named one alone (empty list when it does not exist). */
  links(netns: NetnsPath, name?: string): Promise<Link[]>;
  addresses(netns: NetnsPath, link: string): Promise<LinkAddress[]>;
  /** Unicast routes of the main table. */
  routes(netns: NetnsPath, link: string): Promise<LinkRoute[]>;
  /**
   * Deletes links of the host. Gone is success. The kernel needs ~20 ms of grace period for each call, not for each
   * link: concurrent callers share one.
   */
  deleteLinks(names: readonly string[]): Promise<void>;
  /** True when the path is a network namespace that can be entered. */
  netnsExists(netns: NetnsPath): Promise<boolean>;
  close(): Promise<void>;
}

/** The kernel said no. `errno` is the symbolic name ("EEXIST"), `detail` the kernel's extended message when it sent one. */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  readonly errno: string;
  readonly detail: string;
  readonly request: LinkRequest | undefined;

  constructor(message: string, errno: string, detail = "", request?: LinkRequest) {
    super(message);
    this.errno = errno;
    this.detail = detail;
    this.request = request;
  }
}
