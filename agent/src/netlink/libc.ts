/**
 * The system calls that we need, through libc and koffi. Loaded by the kernel thread only.
 *
 * Calls are synchronous, but for `sendInBackground`: koffi's `.async` runs a call on a libuv pool thread, where nothing may ever touch
 * a network namespace, and a socket's send does not. Buffers are passed as pointers; each lies in an ArrayBuffer of its own,
 * whose memory V8 never moves. Layouts are those of 64-bit little-endian Linux.
 */
import koffi, { type KoffiFunc } from "koffi";
import { viewOf } from "./codec.js";
import { errnoName } from "./errno.js";
import { NetlinkError } from "./port.js";

const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const EINTR = 4;
const CLONE_NEWNET = 0x40000000;
const NSFS_MAGIC = 0x6e736673;
const NS_GET_NSTYPE = 0xb703;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SOCK_RAW_CLOEXEC = 3 | O_CLOEXEC;
const SOL_NETLINK = 270;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const SOCKADDR_NL = 12;

// The process itself instead of "libc.so.6": Node has libc in it, be it glibc or musl.
const libc = koffi.load(null);
type Buffers = Uint8Array;
function bind<F extends (...args: never[]) => number>(definition: string): KoffiFunc<F> {
  return libc.func(definition) as KoffiFunc<F>;
}
const c = {
  open: bind<(path: string, flags: number, mode: number) => number>("int open(const char *path, int flags, int mode)"),
  close: bind<(fd: number) => number>("int close(int fd)"),
  write: bind<(fd: number, data: Buffers, size: number) => number>(
    "intptr_t write(int fd, const void *data, size_t size)",
  ),
  readlink: bind<(path: string, target: Buffers, size: number) => number>(
    "intptr_t readlink(const char *path, void *target, size_t size)",
  ),
  fstatfs: bind<(fd: number, result: Buffers) => number>("int fstatfs(int fd, void *result)"),
  setns: bind<(fd: number, type: number) => number>("int setns(int fd, int type)"),
  ioctl: bind<(fd: number, request: number, argument: Buffers) => number>(
    "int ioctl(int fd, unsigned long request, void *argument)",
  ),
  socket: bind<(family: number, type: number, protocol: number) => number>(
    "int socket(int family, int type, int protocol)",
  ),
  bind: bind<(fd: number, address: Buffers, size: number) => number>(
    "int bind(int fd, const void *address, uint32_t size)",
  ),
  setsockopt: bind<(fd: number, level: number, name: number, value: Buffers, size: number) => number>(
    "int setsockopt(int fd, int level, int name, const void *value, uint32_t size)",
  ),
  sendto: bind<(fd: number, data: Buffers, size: number, flags: number, address: Buffers, length: number) => number>(
    "intptr_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t length)",
  ),
  recvfrom: bind<(fd: number, data: Buffers, size: number, flags: number, address: Buffers, length: Buffers) => number>(
    "intptr_t recvfrom(int fd, void *data, size_t size, int flags, void *address, void *length)",
  ),
};

/** Descriptors of this thread. They belong to the process: a thread that dies must close its own (see worker.ts). */
const opened = new Set<number>();
const scratch = fixed(512);
const kernelAddress = fixed(SOCKADDR_NL);
viewOf(kernelAddress).setUint16(0, AF_NETLINK, true);
const senderAddress = fixed(SOCKADDR_NL);
const senderLength = fixed(4);

/** A buffer whose memory stays where it is. */
export function fixed(size: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(size));
}

export function openForWriting(path: string): number {
  return keep(call("open", () => c.open(path, O_WRONLY | O_CLOEXEC, 0)));
}

/** A descriptor that names the file without opening it: nothing of a device or a FIFO is touched. */
export function openPath(path: string): number {
  return keep(call("open", () => c.open(path, O_PATH | O_CLOEXEC, 0)));
}

/** The file behind an `openPath` descriptor, for reading. */
export function reopen(fd: number): number {
  return keep(call("open", () => c.open(`/proc/thread-self/fd/${fd}`, O_CLOEXEC, 0)));
}

export function close(fd: number): void {
  opened.delete(fd);
  // Never repeated on EINTR: Linux has closed the descriptor by then.
  c.close(fd);
}

export function closeAll(): void {
  for (const fd of opened) close(fd);
}

export function write(fd: number, text: string): number {
  const bytes = new TextEncoder().encode(text);
  scratch.set(bytes);
  return call("write", () => c.write(fd, scratch, bytes.length));
}

export function readlink(path: string): string {
  const length = call("readlink", () => c.readlink(path, scratch, scratch.length));
  return new TextDecoder().decode(scratch.subarray(0, length));
}

/** True for a file of the kernel's namespace filesystem, whatever its name says. */
export function isNamespace(fd: number): boolean {
  call("fstatfs", () => c.fstatfs(fd, scratch));
  return viewOf(scratch).getUint32(0, true) === NSFS_MAGIC;
}

/** Of namespaces: true for a network one. */
export function isNetworkNamespace(fd: number): boolean {
  return call("ioctl NS_GET_NSTYPE", () => c.ioctl(fd, NS_GET_NSTYPE, scratch)) === CLONE_NEWNET;
}

/** Moves the calling thread. Only namespace.ts may. */
export function setNetworkNamespace(fd: number): void {
  call("setns", () => c.setns(fd, CLONE_NEWNET));
}

/** A netlink socket in the namespace that the thread is in; it stays there for good. */
export function openRouteSocket(): number {
  const fd = keep(call("socket", () => c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE)));
  call("bind", () => c.bind(fd, kernelAddress, SOCKADDR_NL));
  return fd;
}

/** False when the kernel is too old to know the option. */
export function enableNetlinkOption(fd: number, option: number): boolean {
  viewOf(scratch).setUint32(0, 1, true);
  return c.setsockopt(fd, SOL_NETLINK, option, scratch, 4) === 0;
}

export function send(fd: number, data: Uint8Array, length: number): void {
  call("sendto", () => c.sendto(fd, data, length, 0, kernelAddress, SOCKADDR_NL));
}

/** As `send`, on a pool thread: for what the kernel takes long over. `data` must stay as it is meanwhile. */
export function sendInBackground(fd: number, data: Uint8Array, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    c.sendto.async(fd, data, length, 0, kernelAddress, SOCKADDR_NL, (error: Error | null, result: number) => {
      const errno = koffi.errno();
      if (error !== null) reject(error);
      else if (result >= 0) resolve();
      else reject(failed("sendto", errno));
    });
  });
}

/**
 * The next datagram of the kernel: its true length, which exceeds `into` when that is too small. Others may write to
 * the socket too, theirs are dropped. Never waits: rtnetlink has answered when `send` returns.
 */
export function receive(fd: number, into: Uint8Array): number {
  for (;;) {
    viewOf(senderLength).setUint32(0, SOCKADDR_NL, true);
    const length = call("recvfrom", () =>
      c.recvfrom(fd, into, into.length, MSG_DONTWAIT | MSG_TRUNC, senderAddress, senderLength),
    );
    if (viewOf(senderAddress).getUint32(4, true) === 0) return length;
  }
}

/** Undefined when the socket's namespace has no such link. */
export function linkIndex(fd: number, name: string): number | undefined {
  writeName(name);
  try {
    call("ioctl SIOCGIFINDEX", () => c.ioctl(fd, SIOCGIFINDEX, scratch));
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === "ENODEV") return undefined;
    throw error;
  }
  return viewOf(scratch).getInt32(16, true);
}

/** One ethtool command with a number in and out (struct ethtool_value), on a link of the socket's namespace. */
export function ethtool(fd: number, link: string, command: number, value: number): number {
  writeName(link);
  const view = viewOf(scratch);
  view.setBigUint64(16, koffi.address(scratch) + 64n, true);
  view.setUint32(64, command, true);
  view.setUint32(68, value, true);
  call("ioctl SIOCETHTOOL", () => c.ioctl(fd, SIOCETHTOOL, scratch));
  return view.getUint32(68, true);
}

function writeName(name: string): void {
  scratch.fill(0, 0, 40);
  scratch.set(new TextEncoder().encode(name));
}

function keep(fd: number): number {
  opened.add(fd);
  return fd;
}

function call(name: string, run: () => number): number {
  for (;;) {
    const result = run();
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) throw failed(name, errno);
  }
}

function failed(name: string, errno: number): NetlinkError {
  return new NetlinkError(`${name}: ${errnoName(errno)}`, errnoName(errno), name);
}
