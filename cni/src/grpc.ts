import { ByteWriter, concatenate, readUint16, readUint32, uint32 } from "./bytes.js";
import { decodeHeaders, literal } from "./hpack.js";
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  type Frame,
  FrameReader,
  LARGEST_WINDOW,
  PREFACE,
  flag,
  frameType,
  setting,
  writeFrame,
} from "./http2.js";

/**
 * One unary gRPC call over one HTTP/2 connection, without any input or output of its own: it says what to send and is told
 * what arrived. The connection is closed after it.
 */

/** How a call ended. */
export type Outcome =
  | { readonly kind: "reply"; readonly message: Uint8Array }
  | { readonly kind: "status"; readonly status: number; readonly message: string; readonly trailers: Trailers }
  /** The connection or the stream broke: nobody knows how far the agent came. */
  | { readonly kind: "lost"; readonly reason: string }
  /** The peer does not speak HTTP/2 or gRPC as it should. */
  | { readonly kind: "protocol"; readonly reason: string };

export interface Trailers {
  /** A code of the agent's error catalogue; empty when the agent named none. */
  readonly error: string;
  /** Decimal; empty when the agent named none. */
  readonly cniCode: string;
}

const STREAM = 1;
/** gRPC's usual limit on a message. */
const LARGEST_REPLY = 4 << 20;
/** More than a reply may have, so that no WINDOW_UPDATE is ever due. */
const RECEIVE_WINDOW = 2 * LARGEST_REPLY;
const LARGEST_HEADERS = 256 << 10;
const MESSAGE_PREFIX = 5;
const TRAILERS = ["grpc-status", "grpc-message", "k8shost-error", "k8shost-cni-code"];

export class UnaryCall {
  readonly #reader = new FrameReader();
  #unsent = new ByteWriter();
  #isUrgent = false;
  readonly #body: Uint8Array;
  #sent = 0;
  #connectionWindow = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #initialWindow = DEFAULT_WINDOW;
  #frameSize = DEFAULT_FRAME_SIZE;
  #httpStatus = "";
  #headerBlock: { parts: Uint8Array[]; size: number; endStream: boolean } | undefined;
  #reply: Uint8Array[] = [];
  #replySize = 0;
  #outcome: Outcome | undefined;
  readonly #path: string;
  readonly #timeout: number;

  /** `timeout`: milliseconds, told to the agent as grpc-timeout. */
  constructor(path: string, message: Uint8Array, timeout: number) {
    this.#path = path;
    this.#timeout = timeout;
    this.#body = concatenate([Uint8Array.from([0, ...uint32(message.length)]), message]);
  }

  /** Undefined until the call has ended. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** The first bytes on the connection. */
  start(): Uint8Array {
    const encoder = new TextEncoder();
    const settings = [
      ...[0, setting.headerTableSize, ...uint32(0)],
      ...[0, setting.enablePush, ...uint32(0)],
      ...[0, setting.initialWindowSize, ...uint32(RECEIVE_WINDOW)],
    ];
    const headers =
      literal(":method", "POST") +
      literal(":scheme", "http") +
      literal(":path", this.#path) +
      literal(":authority", "localhost") +
      literal("content-type", "application/grpc") +
      literal("te", "trailers") +
      literal("grpc-timeout", `${Math.max(1, Math.ceil(this.#timeout))}m`);
    const out = this.#unsent.append(encoder.encode(PREFACE));
    writeFrame(out, frameType.settings, 0, 0, settings);
    writeFrame(out, frameType.windowUpdate, 0, 0, uint32(RECEIVE_WINDOW - DEFAULT_WINDOW));
    writeFrame(out, frameType.headers, flag.endHeaders, STREAM, encoder.encode(headers));
    this.#writeBody();
    return this.takeUnsent();
  }

  /** Takes what arrived; no bytes are the end of the connection. */
  receive(bytes: Uint8Array): void {
    if (bytes.length === 0) return this.end();
    try {
      for (const arrived of this.#reader.push(bytes)) {
        this.#take(arrived);
        if (this.#outcome !== undefined) return;
      }
    } catch (error) {
      this.#outcome = { kind: "protocol", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** There is something to send. */
  get owes(): boolean {
    return this.#unsent.length > 0;
  }

  /** There is something to send that the peer may be waiting for: more than acknowledgements of its SETTINGS. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** What is to be sent; it then counts as sent. */
  takeUnsent(): Uint8Array {
    const bytes = this.#unsent.written();
    this.#unsent = new ByteWriter();
    this.#isUrgent = false;
    return bytes;
  }

  /** The peer closed the connection. */
  end(reason = "the agent closed the connection before it answered"): void {
    this.#outcome ??= { kind: "lost", reason };
  }

  #take(arrived: Frame): void {
    const { type, flags, stream, payload } = arrived;
    if (this.#headerBlock !== undefined && (type !== frameType.continuation || stream !== STREAM)) {
      throw new Error("HTTP/2: a frame between HEADERS and its CONTINUATION");
    }
    switch (type) {
      case frameType.data:
        return this.#data(arrived);
      case frameType.headers:
        return this.#headers(arrived);
      case frameType.continuation:
        return this.#continuation(payload, (flags & flag.endHeaders) !== 0);
      case frameType.settings:
        return flags & flag.ack ? undefined : this.#settings(payload);
      case frameType.windowUpdate:
        return this.#windowUpdate(stream, payload);
      case frameType.ping:
        return flags & flag.ack ? undefined : this.#ping(payload);
      case frameType.rstStream:
        return this.#reset(stream, payload);
      case frameType.goAway:
        return this.#goAway(payload);
      case frameType.pushPromise:
        throw new Error("HTTP/2: PUSH_PROMISE although push is off");
      default: // PRIORITY, and types that nobody has invented yet (section 4.1)
    }
  }

  #ping(payload: Uint8Array): void {
    if (payload.length !== 8) throw new Error("HTTP/2: a PING of another size than 8");
    writeFrame(this.#unsent, frameType.ping, flag.ack, 0, payload);
    this.#isUrgent = true;
  }

  #settings(payload: Uint8Array): void {
    if (payload.length % 6 !== 0) throw new Error("HTTP/2: SETTINGS of a size that is no multiple of 6");
    for (let at = 0; at < payload.length; at += 6) {
      const value = readUint32(payload, at + 2);
      switch (readUint16(payload, at)) {
        case setting.initialWindowSize:
          if (value > LARGEST_WINDOW) throw new Error("HTTP/2: an initial window beyond 2^31 - 1");
          // Section 6.9.2: the change counts for the open stream too, and may make its window negative.
          this.#streamWindow += value - this.#initialWindow;
          this.#initialWindow = value;
          break;
        case setting.maxFrameSize:
          this.#frameSize = Math.max(DEFAULT_FRAME_SIZE, Math.min(value, 0xff_ffff));
          break;
      }
    }
    writeFrame(this.#unsent, frameType.settings, flag.ack, 0, []);
    this.#writeBody();
  }

  #windowUpdate(stream: number, payload: Uint8Array): void {
    if (payload.length !== 4) throw new Error("HTTP/2: a WINDOW_UPDATE of another size than 4");
    const increment = readUint32(payload, 0) & LARGEST_WINDOW;
    if (stream === 0) this.#connectionWindow += increment;
    else if (stream === STREAM) this.#streamWindow += increment;
    this.#writeBody();
  }

  /** As much of the request as the windows allow. */
  #writeBody(): void {
    while (this.#sent < this.#body.length) {
      const left = this.#body.length - this.#sent;
      const size = Math.min(left, this.#frameSize, this.#connectionWindow, this.#streamWindow);
      if (size <= 0) return;
      const part = this.#body.subarray(this.#sent, this.#sent + size);
      writeFrame(this.#unsent, frameType.data, size === left ? flag.endStream : 0, STREAM, part);
      this.#isUrgent = true;
      this.#sent += size;
      this.#connectionWindow -= size;
      this.#streamWindow -= size;
    }
  }

  #headers({ flags, stream, payload }: Frame): void {
    if (stream !== STREAM) throw new Error(`HTTP/2: HEADERS on stream ${stream}`);
    const content = unpadded(payload, flags);
    const block = flags & flag.priority ? content.subarray(5) : content;
    this.#headerBlock = { parts: [], size: 0, endStream: (flags & flag.endStream) !== 0 };
    this.#continuation(block, (flags & flag.endHeaders) !== 0);
  }

  #continuation(part: Uint8Array, isLast: boolean): void {
    const block = this.#headerBlock;
    if (block === undefined) throw new Error("HTTP/2: CONTINUATION without HEADERS");
    block.parts.push(part);
    block.size += part.length;
    if (block.size > LARGEST_HEADERS) throw new Error(`HTTP/2: more than ${LARGEST_HEADERS} bytes of headers`);
    if (!isLast) return;
    this.#headerBlock = undefined;
    const headers = concatenate(block.parts);
    // Section 8.1: any number of informational answers (1xx) may come before the one that counts.
    if (this.#httpStatus === "" || this.#httpStatus.startsWith("1")) {
      this.#httpStatus = decodeHeaders(headers, [":status"])[":status"] ?? "";
    }
    if (block.endStream) this.#finish(decodeHeaders(headers, TRAILERS));
  }

  #data({ flags, stream, payload }: Frame): void {
    if (stream !== STREAM) throw new Error(`HTTP/2: DATA on stream ${stream}`);
    const content = unpadded(payload, flags);
    this.#reply.push(content);
    this.#replySize += content.length;
    if (this.#replySize > LARGEST_REPLY + MESSAGE_PREFIX)
      throw new Error(`gRPC: a reply of more than ${LARGEST_REPLY} bytes`);
    if (flags & flag.endStream) this.#finish({});
  }

  #reset(stream: number, payload: Uint8Array): void {
    if (stream === STREAM) this.end(`the agent reset the call (HTTP/2 error ${readUint32(payload, 0)})`);
  }

  /** Our stream goes on unless the peer says that it never looked at it. */
  #goAway(payload: Uint8Array): void {
    const lastStream = readUint32(payload, 0) & LARGEST_WINDOW;
    if (lastStream < STREAM) this.end("the agent is shutting down and refused the call");
  }

  /** The stream's end: the trailers, or the headers of a Trailers-Only answer. */
  #finish(trailers: Record<string, string>): void {
    const status = trailers["grpc-status"];
    if (status === undefined) {
      const http = this.#httpStatus === "200" ? "no grpc-status" : `HTTP status ${this.#httpStatus || "missing"}`;
      throw new Error(`gRPC: an answer with ${http}`);
    }
    this.#outcome =
      status === "0"
        ? { kind: "reply", message: this.#message() }
        : {
            kind: "status",
            status: Number(status),
            message: percentDecoded(trailers["grpc-message"] ?? ""),
            trailers: { error: trailers["k8shost-error"] ?? "", cniCode: trailers["k8shost-cni-code"] ?? "" },
          };
  }

  #message(): Uint8Array {
    const reply = concatenate(this.#reply);
    if (reply.length < MESSAGE_PREFIX) throw new Error("gRPC: status OK without a message");
    if (reply[0] !== 0) throw new Error("gRPC: a compressed reply that nobody asked for");
    if (readUint32(reply, 1) !== reply.length - MESSAGE_PREFIX)
      throw new Error("gRPC: the reply is not one whole message");
    return reply.subarray(MESSAGE_PREFIX);
  }
}

/** Section 6.1: a length byte in front, so many bytes of padding behind. */
function unpadded(payload: Uint8Array, flags: number): Uint8Array {
  if (!(flags & flag.padded)) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw new Error("HTTP/2: more padding than payload");
  return payload.subarray(1, payload.length - padding);
}

/** gRPC over HTTP/2, "Status-Message". What is not encoded as it should be is shown as it came. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
