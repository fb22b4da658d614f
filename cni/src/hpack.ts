import { decodeHuffman } from "./huffman.js";

/**
 * HPACK (RFC 7541) as far as one unary call needs it. We announce a dynamic table of size zero, so a peer may use the
 * static table and literals only; we send literals that nobody indexes.
 */

/** Appendix A, in order; "=" divides name and value. A function, so that it costs nothing where nobody asks. */
// prettier-ignore
const staticTable = (): readonly string[] => [
  ":authority", ":method=GET", ":method=POST", ":path=/", ":path=/index.html", ":scheme=http", ":scheme=https",
  ":status=200", ":status=204", ":status=206", ":status=304", ":status=400", ":status=404", ":status=500",
  "accept-charset", "accept-encoding=gzip, deflate", "accept-language", "accept-ranges", "accept",
  "access-control-allow-origin", "age", "allow", "authorization", "cache-control", "content-disposition",
  "content-encoding", "content-language", "content-length", "content-location", "content-range", "content-type",
  "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since",
  "if-none-match", "if-range", "if-unmodified-since", "last-modified", "link", "location", "max-forwards",
  "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh", "retry-after", "server",
  "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent", "vary", "via",
  "www-authenticate",
];

const HUFFMAN = 0x80;

/**
 * A header field as a literal that is not indexed and not Huffman-coded (sections 5.2 and 6.2.2), in characters below 0x80
 * for every byte: names and values are ASCII of at most 126 characters.
 */
export function literal(name: string, value: string): string {
  return `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
}

/**
 * The wanted header fields of a block, by name. It is read until all of them are found: without a dynamic table what
 * follows has no effect. Throws an Error when what is read is malformed.
 */
export function decodeHeaders(block: Uint8Array, wanted: readonly string[]): Record<string, string> {
  const input = new BlockReader(block);
  const headers: Record<string, string> = {};
  let missing = wanted.length;
  const found = (name: string, value: string): void => {
    if (!(name in headers)) missing--;
    headers[name] = value;
  };
  while (missing > 0 && !input.atEnd()) {
    const first = input.peek();
    if (first & 0x80) {
      const [name, value] = staticEntry(input.integer(7));
      if (wanted.includes(name)) found(name, value);
    } else if ((first & 0xe0) === 0x20) {
      if (input.integer(5) !== 0) throw new Error("HPACK: the peer makes its table larger than we announced");
    } else {
      // With incremental indexing (6 bits), without, or never indexed (4 bits): with no table all the same.
      const index = input.integer(first & 0x40 ? 6 : 4);
      const name = index === 0 ? input.text() : staticEntry(index)[0];
      if (wanted.includes(name)) found(name, input.text());
      else input.skipText();
    }
  }
  return headers;
}

function staticEntry(index: number): [string, string] {
  const entry = staticTable()[index - 1];
  if (entry === undefined) throw new Error(`HPACK: index ${index} is not in the static table`);
  const divider = entry.indexOf("=");
  return divider < 0 ? [entry, ""] : [entry.slice(0, divider), entry.slice(divider + 1)];
}

class BlockReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error("HPACK: the block ends within a field");
    return byte;
  }

  /** Section 5.1; the bits above the prefix belong to the caller. */
  integer(prefixBits: number): number {
    const full = (1 << prefixBits) - 1;
    let value = this.#next() & full;
    if (value < full) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#next();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error("HPACK: an integer of more than four bytes");
  }

  text(): string {
    const isHuffman = (this.peek() & HUFFMAN) !== 0;
    const bytes = this.#string();
    if (!isHuffman) return asciiText(bytes);
    const decoded = decodeHuffman(bytes);
    if (decoded === undefined) throw new Error("HPACK: a string is not Huffman-coded as announced");
    return decoded;
  }

  skipText(): void {
    this.#string();
  }

  #string(): Uint8Array {
    const length = this.integer(7);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error("HPACK: a string reaches beyond the block");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  #next(): number {
    const byte = this.peek();
    this.#at++;
    return byte;
  }
}

function asciiText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
