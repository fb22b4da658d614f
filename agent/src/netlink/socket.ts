/** A NETLINK_ROUTE socket: requests out, acknowledgements and dumps in. Runs in the kernel thread only. */
import {
  type Acknowledgement,
  decodeAcknowledgement,
  decodeDone,
  decodeMessages,
  encodeRequest,
  type Message,
  NLM_F,
  NLMSG,
  type Request,
} from "./codec.js";
import { errnoName } from "./errno.js";
import { close, enableNetlinkOption, ethtool, fixed, linkIndex, receive, send, sendInBackground } from "./libc.js";
import { getLink, type LinkRow, parseLink } from "./link.js";
import { NetlinkError } from "./port.js";

const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
/** The kernel fills at most 32 KiB per datagram of a dump. */
const RECEIVE_SIZE = 64 * 1024;
const DUMP_ATTEMPTS = 10;

// Shared by the sockets of a thread: whatever uses them is done before the next request begins.
const sending = fixed(16 * 1024);
const receiving = fixed(RECEIVE_SIZE);

/**
 * A request was sent and its answer can't be had, so its outcome is unknown and the rest of the answer may still come. No
 * NetlinkError: worker.ts lets it end the thread, and the socket with it.
 */
export class LostAnswer extends Error {
  override readonly name = "LostAnswer";
}

/** How datagrams come and go: libc.ts, or a script in tests. */
export interface Wire {
  send(fd: number, data: Uint8Array, length: number): void;
  sendInBackground(fd: number, data: Uint8Array, length: number): Promise<void>;
  receive(fd: number, into: Uint8Array): number;
}

export class RouteSocket {
  readonly #fd: number;
  readonly #wire: Wire;
  #sequence = 0;

  /** `fd` comes from `openRouteSocket`, called inside of the namespace. */
  constructor(fd: number, wire: Wire = { send, sendInBackground, receive }) {
    this.#fd = fd;
    this.#wire = wire;
    enableNetlinkOption(fd, NETLINK_EXT_ACK);
    enableNetlinkOption(fd, NETLINK_CAP_ACK);
    // Makes the kernel heed the filters of dumps (4.20); parsers filter again, so that older kernels are right, if slower.
    enableNetlinkOption(fd, NETLINK_GET_STRICT_CHK);
  }

  close(): void {
    close(this.#fd);
  }

  /** Throws NetlinkError when the kernel refuses. */
  request(request: Request): void {
    const [refusal] = this.exchange([request]);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * As `request`, without holding up the thread while the kernel works. Nothing else may use the socket before the
   * promise settles.
   */
  async requestInBackground(request: Request): Promise<void> {
    const own = fixed(512);
    const length = this.#encode(own, [request]);
    const sequence = this.#sequence;
    await this.#wire.sendInBackground(this.#fd, own, length);
    const [refusal] = this.#acknowledgements(sequence, 1);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * Sends all requests in one system call, which a signal can't split: the kernel has worked through every one of them
   * before the process can die. One that is refused does not stop those behind it.
   * Returns for each, in order, its refusal or undefined; `onData` gets what is no acknowledgement.
   */
  exchange(requests: readonly Request[], onData?: (message: Message) => unknown): (NetlinkError | undefined)[] {
    const first = this.#send(requests);
    return this.#acknowledgements(first, requests.length, onData);
  }

  /** What `parse` makes of the answers to a question that is no dump. Throws NetlinkError. */
  get<T>(request: Request, parse: (message: Message) => readonly T[]): T[] {
    const rows: T[] = [];
    const [refusal] = this.exchange([request], (message) => rows.push(...parse(message)));
    if (refusal !== undefined) throw refusal;
    return rows;
  }

  /** Everything that `parse` makes of a dump. One that changed while it was read is read again. Throws NetlinkError. */
  dump<T>(request: Request, parse: (message: Message) => readonly T[]): T[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const rows: T[] = [];
      if (this.#dumpOnce(request, (message) => rows.push(...parse(message)))) return rows;
    }
    throw new NetlinkError(`a dump changed ${DUMP_ATTEMPTS} times while it was read`, "EINTR");
  }

  /** Undefined when the socket's namespace has no such link. */
  linkIndex(name: string): number | undefined {
    return linkIndex(this.#fd, name);
  }

  /** One ethtool command with a number in and out. Throws NetlinkError. */
  ethtool(link: string, command: number, value = 0): number {
    return ethtool(this.#fd, link, command, value);
  }

  /** False when the kernel says that the dump is not consistent. */
  #dumpOnce(request: Request, onRow: (message: Message) => void): boolean {
    const sequence = this.#send([request]);
    let consistent = true;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F.DUMP_INTR) !== 0) consistent = false;
        if (message.type === NLMSG.DONE || message.type === NLMSG.ERROR) {
          const refusal = refusalOf(message.type === NLMSG.DONE ? decodeDone(message) : decodeAcknowledgement(message));
          if (refusal !== undefined) throw refusal;
          return consistent;
        }
        onRow(message);
      }
    }
  }

  /** Returns the first request's sequence number; those behind it count on. */
  #send(requests: readonly Request[]): number {
    const length = this.#encode(sending, requests);
    this.#wire.send(this.#fd, sending, length);
    return this.#sequence - requests.length + 1;
  }

  #encode(target: Uint8Array, requests: readonly Request[]): number {
    if (this.#sequence > 0x7fff0000) this.#sequence = 0;
    let end = 0;
    for (const request of requests) end = encodeRequest(target, end, request, ++this.#sequence);
    return end;
  }

  #acknowledgements(
    first: number,
    count: number,
    onData?: (message: Message) => unknown,
  ): (NetlinkError | undefined)[] {
    const results = new Map<number, NetlinkError | undefined>();
    while (results.size < count) {
      for (const message of this.#receive()) {
        // Older: what an earlier call, cut short by an error, left behind.
        if (message.sequence < first) continue;
        if (message.type === NLMSG.ERROR) results.set(message.sequence, refusalOf(decodeAcknowledgement(message)));
        else onData?.(message);
      }
    }
    return Array.from({ length: count }, (_, index) => results.get(first + index));
  }

  #receive(): Message[] {
    let length: number;
    try {
      length = this.#wire.receive(this.#fd, receiving);
    } catch (error) {
      throw new LostAnswer(error instanceof Error ? error.message : String(error), { cause: error });
    }
    if (length > RECEIVE_SIZE) throw new LostAnswer(`an answer of ${length} bytes, room for ${RECEIVE_SIZE}`);
    return decodeMessages(receiving.subarray(0, length));
  }
}

/** The named link, or nothing. */
export function findLink(socket: Pick<RouteSocket, "get">, name: string): LinkRow[] {
  return absentIsEmpty("ENODEV", () => socket.get(getLink({ name }), parseLink));
}

/** `read`'s answer, or nothing when the kernel answers with `errno`. */
export function absentIsEmpty<T>(errno: string, read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === errno) return [];
    throw error;
  }
}

/** Runs `run`; that the kernel answers with `errno` (what was to go is not there) is success too. */
export function unlessAbsent(errno: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.errno !== errno) throw error;
  }
}

function refusalOf({ errno, detail }: Acknowledgement): NetlinkError | undefined {
  if (errno === 0) return undefined;
  const name = errnoName(errno);
  return new NetlinkError(detail === "" ? name : `${name}: ${detail}`, name, detail);
}
