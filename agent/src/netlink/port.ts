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
  /**
   * The peer is born in its namespace, and no crash leaves a host link without its alias. A pair that is already there
   * with this peer and this alias (or none yet) counts as done; anything else in the way of either name is EEXIST.
   */
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
  /** Holds up the requests behind it for ~20 ms: on the host, `deleteLinks` is the better way. */
  | { readonly kind: "delete-link"; readonly name: string }
  /** `address` has a prefix length. An IPv6 one is added with NODAD: usable at once. */
  | { readonly kind: "add-address"; readonly link: string; readonly address: string }
  | { readonly kind: "remove-address"; readonly link: string; readonly address: string }
  /** In the place of any route to the same destination, whatever its link, as `ip route replace`. */
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

/**
 * Every call takes a signal: a call that has not been started when it fires is dropped, nothing was done, and the promise
 * rejects with the signal's reason. One that the kernel is already working on runs to its end (microseconds to
 * milliseconds) and answers as if there were no signal, so that the caller knows what was done.
 *
 * A namespace that does not exist (any more) fails as ENOENT, a path that is none as EINVAL; `unreachable` names it.
 */
export interface Netlink {
  /**
   * Runs `requests` in order inside `netns`, in one round trip to the kernel thread. All of them are checked before the
   * first one is run (EINVAL names the field and the remedy).
   * Throws a NetlinkError whose `request` is the one that failed; those before it took effect.
   */
  execute(netns: NetnsPath, requests: readonly LinkRequest[], signal?: AbortSignal): Promise<void>;
  /** Every link of a namespace, or the named one alone (empty list when it does not exist). */
  links(netns: NetnsPath, name?: string, signal?: AbortSignal): Promise<Link[]>;
  /** With prefix length, link-local ones included; empty when the link does not exist. */
  addresses(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkAddress[]>;
  /** Unicast routes of the main table, those that the kernel made for an address included; empty when the link does not exist. */
  routes(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkRoute[]>;
  /**
   * Deletes links of the host. Gone is success. The kernel needs ~20 ms of grace period for each call, not for each
   * link: concurrent callers share one. When some can't be deleted the others are, and the error names the first.
   */
  deleteLinks(names: readonly string[], signal?: AbortSignal): Promise<void>;
  /** True when the path is a network namespace that can be entered. Throws when that can't be found out (EMFILE, EACCES). */
  netnsExists(netns: NetnsPath, signal?: AbortSignal): Promise<boolean>;
  /** Waits for what was begun; later calls fail with ESHUTDOWN. */
  close(): Promise<void>;
}

/**
 * The kernel said no. `errno` is the symbolic name ("EEXIST"), `detail` the kernel's extended message when it sent one.
 * ECONNRESET: the kernel thread died under the call, whose outcome is unknown; the next call gets a new thread.
 */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  readonly errno: string;
  readonly detail: string;
  readonly request: LinkRequest | undefined;
  /** The path that could not be entered, when that is what failed. */
  readonly unreachable: NetnsPath | undefined;

  constructor(message: string, errno: string, detail = "", request?: LinkRequest, unreachable?: NetnsPath) {
    super(message);
    this.errno = errno;
    this.detail = detail;
    this.request = request;
    this.unreachable = unreachable;
  }
}
