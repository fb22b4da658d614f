/** A buffer that grows, for what goes over the wire. */
export class ByteWriter {
  #buffer = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view of what was written; it changes with the next write. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  append(bytes: ArrayLike<number>): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Protocol Buffers' numbers: seven bits a byte, the lowest first. */
  varint(value: number): this {
    this.#reserve(5);
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#length++] = rest;
    return this;
  }

  #reserve(count: number): void {
    const end = this.#length + count;
    if (end <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, end));
    larger.set(this.written());
    this.#buffer = larger;
  }
}

export function uint32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Four bytes from `at`, the highest first; the caller knows that they are there. */
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
