/** The Netlink port against the kernel: a thread of synchronous system calls behind promises. See DESIGN.md. */
import { access } from "node:fs";
import { endianness } from "node:os";
import { DeletionQueue } from "./deletion-queue.js";
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
import { type Call, fromFailure, type Results } from "./protocol.js";
import { describeRequest, validateLinkName, validateRequests } from "./request.js";
import { CallFailed, KernelThread } from "./thread.js";

/** The kernel holds its one lock on all network configuration for ~0.3 ms per link: nobody's ADD should wait for hundreds. */
const MOST_DELETED_AT_ONCE = 64;

export interface NetlinkOptions {
  /** What HOST_NETNS stands for; default the process's own namespace. */
  readonly hostNetns?: NetnsPath;
}

export class LinuxNetlink implements Netlink {
  readonly #thread: KernelThread;
  readonly #deletions: DeletionQueue;
  #closed: Promise<void> | undefined;

  constructor({ hostNetns = HOST_NETNS }: NetlinkOptions = {}) {
    this.#thread = new KernelThread("netlink", hostNetns);
    this.#deletions = new DeletionQueue((names) => this.#deleteNow(names), MOST_DELETED_AT_ONCE);
    // Makes libuv start its whole thread pool now, from a thread that nothing ever moves to another namespace.
    access("/proc/self/ns/net", () => undefined);
  }

  /**
   * Starts the kernel thread (the first call does so too) and checks that it can work.
   * Needs CAP_SYS_ADMIN (to enter namespaces) and CAP_NET_ADMIN.
   * Throws NetlinkError: EPERM without those, ENOENT or EINVAL when `hostNetns` is no network namespace.
   */
  async start(): Promise<void> {
    if (process.platform !== "linux" || endianness() !== "LE") {
      throw new NetlinkError("rtnetlink is spoken on little-endian Linux only", "EOPNOTSUPP");
    }
    try {
      await this.netnsExists(HOST_NETNS);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.errno !== "EPERM") throw error;
      const message = `${error.message}: run as root, or grant CAP_SYS_ADMIN and CAP_NET_ADMIN`;
      throw new NetlinkError(message, "EPERM", error.detail);
    }
  }

  async execute(netns: NetnsPath, requests: readonly LinkRequest[], signal?: AbortSignal): Promise<void> {
    validateRequests(requests);
    try {
      await this.#thread.call({ op: "execute", netns, requests }, signal);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      const { failure } = error;
      const request = failure.index === undefined ? undefined : requests[failure.index];
      const where = netns === HOST_NETNS ? "" : ` in ${netns}`;
      const message =
        request === undefined ? failure.message : `${describeRequest(request)}${where}: ${failure.message}`;
      throw fromFailure(failure, message, request);
    }
  }

  async links(netns: NetnsPath, name?: string, signal?: AbortSignal): Promise<Link[]> {
    if (name !== undefined) validateLinkName(name);
    return this.#ask({ op: "links", netns, name }, signal);
  }

  async addresses(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkAddress[]> {
    validateLinkName(link);
    return this.#ask({ op: "addresses", netns, link }, signal);
  }

  async routes(netns: NetnsPath, link: string, signal?: AbortSignal): Promise<LinkRoute[]> {
    validateLinkName(link);
    return this.#ask({ op: "routes", netns, link }, signal);
  }

  async netnsExists(netns: NetnsPath, signal?: AbortSignal): Promise<boolean> {
    return this.#ask({ op: "netns-exists", netns }, signal);
  }

  async deleteLinks(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) validateLinkName(name);
    if (this.#closed !== undefined) throw new NetlinkError("netlink is closed", "ESHUTDOWN");
    signal?.throwIfAborted();
    await this.#deletions.delete(names, signal);
  }

  close(): Promise<void> {
    this.#closed ??= this.#deletions.drain().then(() => this.#thread.close());
    return this.#closed;
  }

  async #deleteNow(names: readonly string[]): Promise<Map<string, Error>> {
    const undeleted = await this.#thread.call({ op: "delete-links", names });
    return new Map(
      undeleted.map(({ name, failure }) => [name, fromFailure(failure, `delete-link ${name}: ${failure.message}`)]),
    );
  }

  async #ask<C extends Call>(call: C, signal: AbortSignal | undefined): Promise<Results[C["op"]]> {
    try {
      return await this.#thread.call(call, signal);
    } catch (error) {
      throw error instanceof CallFailed ? fromFailure(error.failure) : error;
    }
  }
}
