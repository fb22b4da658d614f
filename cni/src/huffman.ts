/**
 * Huffman decoding of HPACK strings (RFC 7541, section 5.2 and appendix B).
 *
 * The code is canonical: among codes of one length they count up in the order of the symbols, and the first code of a
 * length follows from the shorter ones. So the symbols in the order of their codes, and how many there are of each length,
 * are the whole table; nothing is built at start.
 */
const SYMBOLS =
  "012aceiost %-./3456789=A_bdfghlmnpru:BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz&*,;XZ!\"()?'+|#>\x00$@[]~^}<`{\\\xc3" +
  "\xd0\x80\x82\x83\xa2\xb8\xc2\xe0\xe2\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6\x81\x84\x85\x86\x88" +
  "\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9\x01\x87\x89\x8a\x8b\x8c" +
  "\x8d\x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5\xe7\xef\x09\x8e\x90\x91" +
  "\x94\x9f\xab\xce\xd7\xe1\xec\xed\xc7\xcf\xea\xeb\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff" +
  "\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe\x02\x03\x04\x05\x06\x07\x08\x0b" +
  "\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\xdc\xf9\x0a\x0d\x16";

/** How many symbols have a code of so many bits; the shortest codes have 5, the longest 30. */
const COUNTS = [0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 3];
const SHORTEST = 5;
const LONGEST = 30;

/** Undefined when the bytes are not a Huffman-coded string. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  const bits = bytes.length * 8;
  const bitsAt = (at: number, count: number): number => {
    const two = ((bytes[at >> 3] ?? 0) << 8) | (bytes[(at >> 3) + 1] ?? 0);
    return (two >> (16 - (at & 7) - count)) & ((1 << count) - 1);
  };

  let decoded = "";
  let at = 0;
  while (at + SHORTEST <= bits) {
    let length = SHORTEST;
    let code = bitsAt(at, SHORTEST);
    // The first code of this length, and where its symbol stands.
    let first = 0;
    let index = 0;
    while (code - first >= (COUNTS[length] ?? 0)) {
      if (at + length >= bits || length === LONGEST) return isPadding(bits - at, bitsAt(at, 8)) ? decoded : undefined;
      index += COUNTS[length] ?? 0;
      first = (first + (COUNTS[length] ?? 0)) << 1;
      code = (code << 1) | bitsAt(at + length, 1);
      length++;
    }
    decoded += SYMBOLS.charAt(index + code - first);
    at += length;
  }
  return isPadding(bits - at, bitsAt(at, 8)) ? decoded : undefined;
}

/** Less than a byte, all of it ones: the beginning of the code of EOS. */
function isPadding(left: number, next: number): boolean {
  return left < 8 && next >> (8 - left) === (1 << left) - 1;
}
