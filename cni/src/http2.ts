import { type ByteWriter, concatenate, readUint16, readUint32, uint32 } from "./bytes.js";

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

/** Appends one frame to `out`. */
export function writeFrame(
  out: ByteWriter,
  type: number,
  flags: number,
  stream: number,
  payload: ArrayLike<number>,
): void {
  const { length } = payload;
  out.append([length >> 16, (length >> 8) & 0xff, length & 0xff, type, flags, ...uint32(stream)]).append(payload);
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Uint8Array | undefined;

  /** The frames that are complete now. Throws an Error when one is larger than we allow. */
  push(bytes: Uint8Array): Frame[] {
    const all = this.#rest === undefined ? bytes : concatenate([this.#rest, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (at + HEADER_BYTES <= all.length) {
      const length = ((all[at] ?? 0) << 16) | readUint16(all, at + 1);
      if (length > DEFAULT_FRAME_SIZE) throw new Error(`HTTP/2: a frame of ${length} bytes`);
      const end = at + HEADER_BYTES + length;
      if (end > all.length) break;
      const payload = all.subarray(at + HEADER_BYTES, end);
      frames.push({
        type: all[at + 3] ?? 0,
        flags: all[at + 4] ?? 0,
        stream: readUint32(all, at + 5) & LARGEST_WINDOW,
        payload,
      });
      at = end;
    }
    this.#rest = at === all.length ? undefined : all.slice(at);
    return frames;
  }
}
