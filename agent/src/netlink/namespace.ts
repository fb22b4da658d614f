/** Entering network namespaces. Runs in the kernel thread only; everything here is synchronous, see DESIGN.md. */
import { close, isNamespace, isNetworkNamespace, openPath, readlink, reopen, setNetworkNamespace } from "./libc.js";
import { NetlinkError, type NetnsPath } from "./port.js";

/** The calling thread's, unlike /proc/self, which is the main thread's. */
const OWN = "/proc/thread-self/ns/net";
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ESRCH", "ELOOP", "ENAMETOOLONG"]);

/**
 * The thread can't get back into its own namespace. Nothing may run in it any more: it is no NetlinkError, so worker.ts
 * lets it end the thread.
 */
export class LostNamespace extends Error {
  override readonly name = "LostNamespace";
}

/**
 * A descriptor of the network namespace at `path`; the caller closes it.
 *
 * The file is looked at through O_PATH before it is opened: what is no namespace is never opened, and what was looked at is
 * what is opened, whatever happens to the path in between.
 * Throws NetlinkError with `unreachable`: ENOENT when nothing is there, EINVAL when it is something else.
 */
export function openNamespace(path: NetnsPath): number {
  if (path.includes("\0")) throw unreachable(path, "EINVAL", "contains a NUL byte");
  let named: number | undefined;
  try {
    named = openPath(path);
    if (!isNamespace(named))
      throw unreachable(path, "EINVAL", "is no namespace: give the path of one, like /run/netns/NAME");
    const fd = reopen(named);
    if (isNetworkNamespace(fd)) return fd;
    close(fd);
    throw unreachable(path, "EINVAL", "is a namespace, but not of the network kind");
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.unreachable !== undefined) throw error;
    throw ABSENT.has(error.errno)
      ? unreachable(path, "ENOENT", "does not exist")
      : unreachable(path, error.errno, error.message);
  } finally {
    if (named !== undefined) close(named);
  }
}

function unreachable(path: NetnsPath, errno: string, reason: string): NetlinkError {
  return new NetlinkError(`network namespace ${path}: ${errno}: ${reason}`, errno, reason, undefined, path);
}

/** The namespace that this thread was born in, and trips from there into others. */
export class HomeNamespace {
  /** For those who need a descriptor of it; closed with `close`. */
  readonly fd: number;
  readonly #identity: string;

  /** Throws NetlinkError EPERM when this process may not switch namespaces. */
  constructor() {
    this.fd = openNamespace(OWN);
    this.#identity = readlink(OWN);
    setNetworkNamespace(this.fd);
  }

  /**
   * Runs `work` inside `netns`. It must be synchronous and do nothing but system calls of libc.ts: a thread that libuv or V8 starts
   * meanwhile inherits the namespace and keeps it for ever. (A promise is no number: the compiler refuses an async `work`.)
   * Throws LostNamespace when there is no way back.
   */
  inside(netns: number, work: () => number): number {
    setNetworkNamespace(netns);
    try {
      return work();
    } finally {
      this.#return();
    }
  }

  /** A descriptor number can come to mean another file, so the return is checked, not believed. */
  #return(): void {
    let place: string;
    try {
      setNetworkNamespace(this.fd);
      place = readlink(OWN);
    } catch (error) {
      throw new LostNamespace(`no return to the own network namespace ${this.#identity}`, { cause: error });
    }
    if (place !== this.#identity) {
      throw new LostNamespace(`came to network namespace ${place} instead of the own one, ${this.#identity}`);
    }
  }

  close(): void {
    close(this.fd);
  }
}
