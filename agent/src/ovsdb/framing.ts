import { FrameTooLarge, ProtocolError } from "./errors.js";

/**
 * Cuts a byte stream into the JSON objects that it is made of (RFC 7047, section 4: JSON-RPC with no delimiter). Each
 * byte is looked at once, as it comes, so a large message costs no long pause before it is complete; the first byte that
 * can't belong to an object ends the connection.
 */
export class FrameReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True in the middle of a message. */
  get partial(): boolean {
    return this.#depth > 0;
  }

  /** The messages that `chunk` completes. Throws ProtocolError or FrameTooLarge. */
  *push(chunk: Buffer): Generator<unknown, void, void> {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#depth === 0) {
        start = this.#skipWhitespace(chunk, at);
        if (start === chunk.length) return;
        at = start;
      }
      at = this.#scan(chunk, at);
      this.#keep(chunk.subarray(start, at));
      if (this.#depth > 0) return;
      start = at;
      yield this.#take();
    }
  }

  #skipWhitespace(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === openBrace) return at;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        throw new ProtocolError(`expected a JSON object, got ${JSON.stringify(chunk.toString("latin1", at, at + 40))}`);
      }
    }
    return at;
  }

  /** The end of the message that starts or goes on at `from`, or of the chunk. */
  #scan(chunk: Buffer, from: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at++];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === quote) inString = false;
        else if (byte === backslash) escaped = true;
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) depth += 1;
      else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        if (depth === 0) break;
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return at;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) {
      throw new FrameTooLarge(`a message is longer than ${this.#maxBytes} bytes: raise maxFrameBytes, or monitor less`);
    }
    this.#parts.push(part);
  }

  #take(): unknown {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return parse(whole.toString("utf8"));
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** JSON numbers of 16 digits and more may not be exact as doubles. */
const longNumber = /[[,:]\s*-?\d{16}/;

function parse(text: string): unknown {
  try {
    if (longNumber.test(text)) return JSON.parse(text, exactInteger as Reviver);
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError(`malformed JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

/** A reviver that gets the number's source text (ECMAScript "JSON.parse source text access", which TypeScript lacks). */
function exactInteger(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context.source ?? "";
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}
