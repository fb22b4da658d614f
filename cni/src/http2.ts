/** Frames of HTTP/2 (RFC 9113, section 4). */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const setting = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4, maxFrameSize: 5 } as const;

/** What either side starts with, until SETTINGS say otherwise. */
export const DEFAULT_WINDOW = 65_535;
export const DEFAULT_FRAME_SIZE = 16_384;
export const LARGEST_WINDOW = 0x7fff_ffff;

export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADER_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export function frame(type: number, flags: number, stream: number, payload: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const { length } = payload;
  bytes.set([length >> 16, (length >> 8) & 0xff, length & 0xff, type, flags, ...uint32(stream)]);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

export function uint32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Four bytes from `at`; the caller knows that they are there. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) * 0x1_0000 + readUint16(bytes, at + 2)) >>> 0;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** The frames that are complete now. Throws an Error when one is larger than we allow. */
  push(bytes: Uint8Array): Frame[] {
    const all = this.#rest.length === 0 ? bytes : concatenate([this.#rest, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (at + HEADER_BYTES <= all.length) {
      const length = ((all[at] ?? 0) << 16) | readUint16(all, at + 1);
      if (length > DEFAULT_FRAME_SIZE) throw new Error(`HTTP/2: a frame of ${length} bytes`);
      const end = at + HEADER_BYTES + length;
      if (end > all.length) break;
      const payload = all.subarray(at + HEADER_BYTES, end);
      frames.push({ type: all[at + 3] ?? 0, flags: all[at + 4] ?? 0, stream: readUint32(all, at + 5) & LARGEST_WINDOW, payload });
      at = end;
    }
    this.#rest = all.slice(at);
    return frames;
  }
}
