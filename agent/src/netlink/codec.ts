/**
 * Netlink on the wire (linux/netlink.h): messages, attributes, acknowledgements. Pure: bytes in, values out.
 *
 * Netlink is in the machine's byte order; every platform that we ship for (x64, arm64) is little-endian, and
 * `LinuxNetlink.start` refuses others.
 */

export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTR: 0x10,
  /** On an acknowledgement: the request is not repeated behind its header. */
  CAPPED: 0x100,
  /** On an acknowledgement: attributes follow (extended acknowledgement). */
  ACK_TLVS: 0x200,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  DUMP: 0x300,
} as const;

export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;

const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_MISS_TYPE = 5;

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array | Nest;
}

/** Attributes inside an attribute, behind a fixed header where the kernel wants one (VETH_INFO_PEER). */
export interface Nest {
  readonly header?: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** A request before it has a sequence number. `header` is the family's fixed part (ifinfomsg, rtmsg, ...). */
export interface Request {
  readonly type: number;
  readonly flags: number;
  readonly header: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** A received message; `payload` is a view into the receive buffer: copy what outlives the next receive. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

/** `errno` is 0 for success, else the kernel's positive error number. */
export interface Acknowledgement {
  readonly errno: number;
  readonly detail: string;
}

/** The bytes are no netlink: a length points outside of its container or a value has the wrong size. */
export class MalformedNetlink extends Error {
  override readonly name = "MalformedNetlink";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const attribute = {
  u8: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value) }),
  u32(type: number, value: number): Attribute {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return { type, value: bytes };
  },
  /** NUL-terminated, as interface names are. */
  text: (type: number, value: string): Attribute => ({ type, value: encoder.encode(`${value}\0`) }),
  bytes: (type: number, value: Uint8Array): Attribute => ({ type, value }),
  nest: (type: number, attributes: readonly Attribute[], header?: Uint8Array): Attribute => ({
    type,
    value: header === undefined ? { attributes } : { header, attributes },
  }),
};

/**
 * Writes `request` at `offset` of `target` and returns where the next message starts.
 * Throws RangeError when `target` is too small.
 */
export function encodeRequest(target: Uint8Array, offset: number, request: Request, sequence: number): number {
  let end = writeBytes(target, offset + HEADER, request.header);
  for (const each of request.attributes) end = writeAttribute(target, end, each);
  const view = viewOf(target);
  view.setUint32(offset, end - offset, true);
  view.setUint16(offset + 4, request.type, true);
  view.setUint16(offset + 6, request.flags, true);
  view.setUint32(offset + 8, sequence, true);
  view.setUint32(offset + 12, 0, true);
  return end;
}

function writeAttribute(target: Uint8Array, offset: number, { type, value }: Attribute): number {
  const start = offset + ATTRIBUTE_HEADER;
  const view = viewOf(target);
  if (value instanceof Uint8Array) {
    const end = writeBytes(target, start, value);
    view.setUint16(offset, ATTRIBUTE_HEADER + value.length, true);
    view.setUint16(offset + 2, type, true);
    return end;
  }
  let end = value.header === undefined ? start : writeBytes(target, start, value.header);
  for (const each of value.attributes) end = writeAttribute(target, end, each);
  view.setUint16(offset, end - offset, true);
  view.setUint16(offset + 2, type | NLA_F_NESTED, true);
  return end;
}

/** Copies and pads to four bytes with zeroes: the buffer is reused and the kernel refuses junk in padding. */
function writeBytes(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const end = offset + align(bytes.length);
  if (end > target.length) throw new RangeError(`a netlink request of more than ${target.length} bytes`);
  target.set(bytes, offset);
  target.fill(0, offset + bytes.length, end);
  return end;
}

/** The messages of one datagram. Throws MalformedNetlink. */
export function decodeMessages(datagram: Uint8Array): Message[] {
  const view = viewOf(datagram);
  const messages: Message[] = [];
  for (let offset = 0; offset < datagram.length;) {
    if (datagram.length - offset < HEADER) throw new MalformedNetlink("truncated message header");
    const length = view.getUint32(offset, true);
    if (length < HEADER || length > datagram.length - offset) {
      throw new MalformedNetlink(`message of ${length} bytes where ${datagram.length - offset} are left`);
    }
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      payload: datagram.subarray(offset + HEADER, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

/** The attributes behind a fixed header of `offset` bytes; of equal types the last one counts. Throws MalformedNetlink. */
export function decodeAttributes(payload: Uint8Array, offset = 0): Attributes {
  if (payload.length < offset)
    throw new MalformedNetlink(`${payload.length} bytes where a header of ${offset} belongs`);
  const view = viewOf(payload);
  const attributes = new Map<number, Uint8Array>();
  while (payload.length - offset >= ATTRIBUTE_HEADER) {
    const length = view.getUint16(offset, true);
    if (length < ATTRIBUTE_HEADER || length > payload.length - offset) {
      throw new MalformedNetlink(`attribute of ${length} bytes where ${payload.length - offset} are left`);
    }
    attributes.set(
      view.getUint16(offset + 2, true) & NLA_TYPE_MASK,
      payload.subarray(offset + ATTRIBUTE_HEADER, offset + length),
    );
    offset += align(length);
  }
  return attributes;
}

/** Reads an NLMSG_ERROR message, which the kernel sends for success (errno 0) too, with its extended text. */
export function decodeAcknowledgement(message: Message): Acknowledgement {
  const { payload, flags } = message;
  if (payload.length < 4 + HEADER) throw new MalformedNetlink("truncated acknowledgement");
  const view = viewOf(payload);
  const repeated = (flags & NLM_F.CAPPED) === 0 ? view.getUint32(4, true) : HEADER;
  return { errno: -view.getInt32(0, true), detail: extendedText(message, 4 + align(Math.max(repeated, HEADER))) };
}

/** Reads the NLMSG_DONE at the end of a dump: a dump that fails midway reports its error there. */
export function decodeDone(message: Message): Acknowledgement {
  if (message.payload.length < 4) return { errno: 0, detail: "" };
  return { errno: -viewOf(message.payload).getInt32(0, true), detail: extendedText(message, 4) };
}

function extendedText(message: Message, offset: number): string {
  if ((message.flags & NLM_F.ACK_TLVS) === 0 || message.payload.length <= offset) return "";
  const attributes = decodeAttributes(message.payload, offset);
  const missing = attributes.get(NLMSGERR_ATTR_MISS_TYPE);
  return (
    readText(attributes.get(NLMSGERR_ATTR_MSG)) ||
    (missing === undefined ? "" : `attribute ${readU32(missing)} is missing`)
  );
}

/** 0 for an absent attribute. */
export function readU32(value: Uint8Array | undefined): number {
  if (value === undefined) return 0;
  if (value.length !== 4) throw new MalformedNetlink(`a number of ${value.length} bytes instead of 4`);
  return viewOf(value).getUint32(0, true);
}

/** Up to the first NUL; "" for an absent attribute. */
export function readText(value: Uint8Array | undefined): string {
  if (value === undefined) return "";
  const end = value.indexOf(0);
  return decoder.decode(end < 0 ? value : value.subarray(0, end));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
