/** Sockets in the namespaces that requests name. One per kernel thread. */
import { close, openRouteSocket } from "./libc.js";
import { HomeNamespace, openNamespace } from "./namespace.js";
import { HOST_NETNS, type NetnsPath } from "./port.js";
import { RouteSocket } from "./socket.js";

/** A namespace with a socket in it. */
export interface Entered {
  readonly path: NetnsPath;
  readonly fd: number;
  readonly socket: RouteSocket;
}

/**
 * A namespace is entered to open the socket and left at once; the socket stays in it and works from outside. The host's is
 * open for good, all others for one call: a socket that stays open keeps a pod's namespace, and its links, alive.
 */
export class NetnsSockets {
  readonly host: Entered;
  readonly #home: HomeNamespace;

  /** `host` is what HOST_NETNS stands for: a path, or "" for the thread's own namespace. Throws NetlinkError. */
  constructor(host: NetnsPath) {
    this.#home = new HomeNamespace();
    const fd = host === "" ? this.#home.fd : openNamespace(host);
    this.host = { path: HOST_NETNS, fd, socket: this.#openSocket(fd) };
  }

  /** Another socket of the host, for good: the caller closes it. */
  openHostSocket(): RouteSocket {
    return this.#openSocket(this.host.fd);
  }

  /** Throws NetlinkError with `unreachable` when there is no namespace at `path`. */
  within<T>(path: NetnsPath, use: (entered: Entered) => T): T {
    if (path === HOST_NETNS) return use(this.host);
    return this.withDescriptor(path, (fd) => {
      const socket = this.#openSocket(fd);
      try {
        return use({ path, fd, socket });
      } finally {
        socket.close();
      }
    });
  }

  /** Runs `use` with a descriptor of the namespace at `path`, without entering it. */
  withDescriptor<T>(path: NetnsPath, use: (fd: number) => T): T {
    if (path === HOST_NETNS) return use(this.host.fd);
    const fd = openNamespace(path);
    try {
      return use(fd);
    } finally {
      close(fd);
    }
  }

  /** As HomeNamespace.inside: for what has no message and follows the calling thread instead, like /proc/sys/net. */
  inside(netns: number, work: () => number): void {
    this.#home.inside(netns, work);
  }

  close(): void {
    this.host.socket.close();
    if (this.host.fd !== this.#home.fd) close(this.host.fd);
    this.#home.close();
  }

  #openSocket(fd: number): RouteSocket {
    return new RouteSocket(this.#home.inside(fd, openRouteSocket));
  }
}
