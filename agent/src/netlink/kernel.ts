/** What the Netlink port promises, against the kernel; synchronous but for deletions. One per kernel thread. */
import { dumpAddresses, parseAddress } from "./address.js";
import { deleteTogether, type Undeleted } from "./deletion.js";
import { AF_INET, AF_INET6 } from "./ip.js";
import { dumpLinks, type LinkRow, parseLink } from "./link.js";
import { NetnsSockets } from "./netns-sockets.js";
import { perform } from "./perform.js";
import { type Link, type LinkAddress, type LinkRequest, type LinkRoute, NetlinkError, type NetnsPath } from "./port.js";
import { dumpRoutes, parseRoute } from "./route.js";
import { absentIsEmpty, findLink, type RouteSocket } from "./socket.js";

/** The request that failed, by its place in the list. */
export class FailedRequest extends Error {
  override readonly name = "FailedRequest";
  readonly index: number;
  readonly reason: NetlinkError;

  constructor(index: number, reason: NetlinkError) {
    super(reason.message, { cause: reason });
    this.index = index;
    this.reason = reason;
  }
}

export class Kernel {
  readonly #sockets: NetnsSockets;
  readonly #deleting: RouteSocket;

  /** `host` is what HOST_NETNS stands for: a path, or "" for the process's own namespace. Throws NetlinkError. */
  constructor(host: NetnsPath) {
    this.#sockets = new NetnsSockets(host);
    this.#deleting = this.#sockets.openHostSocket();
  }

  /** Throws FailedRequest, or NetlinkError when the namespace can't be entered. */
  execute(netns: NetnsPath, requests: readonly LinkRequest[]): void {
    this.#sockets.within(netns, (entered) => {
      for (const [index, request] of requests.entries()) {
        try {
          perform(this.#sockets, entered, request);
        } catch (error) {
          throw error instanceof NetlinkError ? new FailedRequest(index, error) : error;
        }
      }
    });
  }

  links(netns: NetnsPath, name?: string): Link[] {
    return this.#sockets.within(netns, ({ socket }) => {
      const rows = name === undefined ? socket.dump(dumpLinks(), parseLink) : findLink(socket, name);
      return rows.map(asLink);
    });
  }

  addresses(netns: NetnsPath, link: string): LinkAddress[] {
    return this.#sockets.within(netns, ({ socket }) =>
      ofLink(socket, link, (index) =>
        socket
          .dump(dumpAddresses(index), parseAddress)
          .filter(({ linkIndex }) => linkIndex === index)
          .map(({ address }) => ({ link, address })),
      ),
    );
  }

  routes(netns: NetnsPath, link: string): LinkRoute[] {
    return this.#sockets.within(netns, ({ socket }) =>
      ofLink(socket, link, (index) =>
        ([AF_INET, AF_INET6] as const)
          // ENOENT: this namespace has no main table of that family yet.
          .flatMap((family) => absentIsEmpty("ENOENT", () => socket.dump(dumpRoutes(index, family), parseRoute)))
          .filter(({ linkIndex }) => linkIndex === index)
          .map(({ destination, gateway }) => ({ link, destination, gateway })),
      ),
    );
  }

  /** Resolves to what could not be deleted. The caller awaits it before the next deletion. */
  deleteLinks(names: readonly string[]): Promise<Undeleted[]> {
    return deleteTogether(this.#deleting, names);
  }

  netnsExists(netns: NetnsPath): boolean {
    try {
      return this.#sockets.withDescriptor(netns, () => true);
    } catch (error) {
      if (error instanceof NetlinkError && (error.errno === "ENOENT" || error.errno === "EINVAL")) return false;
      throw error;
    }
  }

  close(): void {
    this.#deleting.close();
    this.#sockets.close();
  }
}

function ofLink<T>(socket: RouteSocket, name: string, read: (index: number) => T[]): T[] {
  const index = socket.linkIndex(name);
  // A link may go away between the two questions.
  return index === undefined ? [] : absentIsEmpty("ENODEV", () => read(index));
}

function asLink({ index, name, kind, mac, mtu, up, alias, peerIndex }: LinkRow): Link {
  return { index, name, kind, mac, mtu, up, alias, peerIndex };
}
