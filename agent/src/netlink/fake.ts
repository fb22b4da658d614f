/** A Netlink without a kernel: state in memory, a log of what was asked, faults on demand. For tests. */
import { connectedRoutes, FakeKernel, type FakeLink } from "./fake-kernel.js";
import {
  HOST_NETNS,
  type Link,
  type LinkAddress,
  type LinkRequest,
  type LinkRoute,
  type Netlink,
  NetlinkError,
  type NetnsPath,
} from "./port.js";
import { describeRequest, validateLinkName, validateRequests } from "./request.js";

export type FakeAction = LinkRequest["kind"] | "links" | "addresses" | "routes" | "netns-exists" | "delete-links";

/** Which action fails, and how. An action is one line of the log: a request of `execute`, or another call. */
export interface Fault {
  /** Its place in the log, from 0. */
  readonly at?: number;
  readonly kind?: FakeAction;
  readonly netns?: NetnsPath;
  /** How many that match succeed before; default 0. */
  readonly skip?: number;
  /** How many then fail; default 1. */
  readonly times?: number;
  /** "after": the action takes effect, and its answer is an error all the same, as when the thread dies. Default "before". */
  readonly moment?: "before" | "after";
  readonly errno: string;
  readonly detail?: string;
}

/**
 * Differs from the kernel in this: links get no IPv6 link-local address, and `up` is all there is of a link's state. Every call
 * takes effect in a later turn of the event loop than it was made in, in the order of the calls.
 */
export class FakeNetlink implements Netlink {
  /** One line per action, "NETNS: create-veth k1", the host as "host". Failed ones are marked with their errno. */
  readonly log: string[] = [];
  readonly #kernel = new FakeKernel();
  readonly #faults: { fault: Fault; seen: number }[] = [];
  #tail: Promise<void> = Promise.resolve();
  #closed = false;

  /** `netns` exist from the start, beside the host's. */
  constructor(...netns: readonly NetnsPath[]) {
    for (const path of [HOST_NETNS, ...netns]) this.#kernel.addNetns(path);
  }

  addNetns(path: NetnsPath): void {
    this.#kernel.addNetns(path);
  }

  /** What a runtime does to a sandbox: the links inside go, and the host ends of its veths. */
  removeNetns(path: NetnsPath): void {
    this.#kernel.removeNetns(path);
  }

  /** A link that the machine has without us, `kind` "" by default (a network card). */
  addLink(netns: NetnsPath, link: Partial<Omit<Link, "index" | "peerIndex">> & { readonly name: string }): void {
    this.#kernel.addLink(netns, link);
  }

  inject(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  /** Calls made from now on wait, as behind a slow kernel, until the returned function is called. */
  pause(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = this.#tail.then(() => promise);
    return resolve;
  }

  /** Everything there is but loopback links, as text: equal states give equal texts. */
  state(): string {
    return this.#kernel
      .netnsPaths()
      .toSorted()
      .flatMap((path) => [
        path === HOST_NETNS ? "host" : path,
        ...this.#kernel
          .linksOf(path)
          .filter(({ name }) => name !== "lo")
          .toSorted((one, other) => (one.name < other.name ? -1 : 1))
          .flatMap(describeLink)
          .map((line) => `  ${line}`),
      ])
      .join("\n");
  }

  execute(netns: NetnsPath, requests: readonly LinkRequest[], signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, () => {
      validateRequests(requests);
      this.#kernel.linksOf(netns);
      for (const request of requests) {
        this.#act(request.kind, netns, describeRequest(request), () => this.#kernel.perform(netns, request), request);
      }
    });
  }

  links(netns: NetnsPath, name?: string, signal?: AbortSignal): Promise<Link[]> {
    return this.#turn(signal, () => {
      if (name !== undefined) validateLinkName(name);
      return this.#act("links", netns, name === undefined ? "links" : `links ${name}`, () =>
        this.#kernel
          .linksOf(netns)
          .filter((link) => name === undefined || link.name === name)
          .map(asLink),
      );
    });
  }

  addresses(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkAddress[]> {
    return this.#turn(signal, () => {
      validateLinkName(link);
      return this.#act("addresses", netns, `addresses ${link}`, () =>
        [...(this.#kernel.find(netns, link)?.addresses ?? [])].map((address) => ({ link, address })),
      );
    });
  }

  routes(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkRoute[]> {
    return this.#turn(signal, () => {
      validateLinkName(link);
      return this.#act("routes", netns, `routes ${link}`, () => {
        const found = this.#kernel.find(netns, link);
        if (found === undefined) return [];
        const connected = connectedRoutes(found).filter((destination) => !found.routes.has(destination));
        return [
          ...connected.map((destination) => ({ link, destination, gateway: "" })),
          ...[...found.routes].map(([destination, { gateway }]) => ({ link, destination, gateway })),
        ];
      });
    });
  }

  deleteLinks(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, () => {
      for (const name of names) validateLinkName(name);
      this.#act("delete-links", HOST_NETNS, `delete-links ${names.join(" ")}`, () => {
        const refused: NetlinkError[] = [];
        for (const name of names) {
          try {
            this.#kernel.deleteLink(HOST_NETNS, name);
          } catch (error) {
            if (!(error instanceof NetlinkError)) throw error;
            refused.push(reword(error, `delete-link ${name}: ${error.message}`));
          }
        }
        if (refused[0] !== undefined) throw refused[0];
      });
    });
  }

  netnsExists(netns: NetnsPath, signal?: AbortSignal): Promise<boolean> {
    return this.#turn(signal, () => this.#act("netns-exists", netns, "netns-exists", () => this.#kernel.has(netns)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }

  /** One call after the other; the signal counts until the call's turn has come. */
  #turn<T>(signal: AbortSignal | undefined, run: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new NetlinkError("netlink is closed", "ESHUTDOWN"));
    const result = this.#tail.then(() => {
      signal?.throwIfAborted();
      return run();
    });
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #act<T>(kind: FakeAction, netns: NetnsPath, what: string, run: () => T, request?: LinkRequest): T {
    const place = this.log.length;
    const where = netns === HOST_NETNS ? "host" : netns;
    this.log.push(`${where}: ${what}`);
    try {
      const fault = this.#nextFault(kind, netns, place);
      if (fault !== undefined && fault.moment !== "after") throw asError(fault);
      const result = run();
      if (fault !== undefined) throw asError(fault);
      return result;
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      this.log[place] = `${where}: ${what} ${error.errno}`;
      if (request === undefined) throw error;
      const suffix = netns === HOST_NETNS ? "" : ` in ${netns}`;
      throw reword(error, `${what}${suffix}: ${error.message}`, request);
    }
  }

  #nextFault(kind: FakeAction, netns: NetnsPath, place: number): Fault | undefined {
    let chosen: Fault | undefined;
    for (const entry of this.#faults) {
      const { at = place, kind: ofKind = kind, netns: inNetns = netns, skip = 0, times = 1 } = entry.fault;
      if (at !== place || ofKind !== kind || inNetns !== netns) continue;
      const turn = entry.seen++;
      if (turn >= skip && turn < skip + times) chosen ??= entry.fault;
    }
    return chosen;
  }
}

function asLink({ index, name, kind, mac, mtu, up, alias, peer }: FakeLink): Link {
  return { index, name, kind, mac, mtu, up, alias, peerIndex: peer?.index ?? 0 };
}

function describeLink(link: FakeLink): string[] {
  const peer = link.peer === undefined ? "" : ` to ${link.peer.netns || "host"} ${link.peer.name}`;
  const alias = link.alias === "" ? "" : ` alias "${link.alias}"`;
  const off = [link.txChecksum ? "" : " tx-checksum off", link.ipv6 ? "" : " ipv6 off"].join("");
  const head = `${link.name}: ${link.kind || "physical"}${peer} ${link.up ? "up" : "down"} mtu ${link.mtu} mac ${link.mac}`;
  return [
    `${head}${alias}${off}`,
    ...[...link.addresses].toSorted().map((address) => `  address ${address}`),
    ...[...link.routes].toSorted().map(([destination, { gateway, source, onlink }]) => {
      const details = [gateway && ` via ${gateway}`, source && ` from ${source}`, onlink ? " onlink" : ""];
      return `  route ${destination}${details.join("")}`;
    }),
    ...[...link.neighbours].toSorted().map(([address, mac]) => `  neighbour ${address} at ${mac}`),
  ];
}

function asError({ errno, detail = "injected" }: Fault): NetlinkError {
  return new NetlinkError(`${errno}: ${detail}`, errno, detail);
}

function reword(error: NetlinkError, message: string, request?: LinkRequest): NetlinkError {
  return new NetlinkError(message, error.errno, error.detail, request, error.unreachable);
}
