import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import t from "tap";
import { decodeHeaders, literal } from "./hpack.js";
import { FrameReader, frameType } from "./http2.js";
import { decodeHuffman } from "./huffman.js";
import { UnaryCall } from "./grpc.js";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

t.test("RFC 7541, appendix C.4 and C.6: Huffman-coded strings", async (t) => {
  for (const [code, text] of [
    ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
    ["a8eb 1064 9cbf", "no-cache"],
    ["25a8 49e9 5ba9 7d7f", "custom-key"],
    ["25a8 49e9 5bb8 e8b4 bf", "custom-value"],
    ["6402", "302"],
    ["aec3 771a 4b", "private"],
    ["d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3", "https://www.example.com"],
  ] as const) {
    t.equal(decodeHuffman(hex(code)), text);
  }
});

t.test("padding of a byte or more, padding with zeros, and EOS are no strings", async (t) => {
  t.equal(decodeHuffman(hex("6402 ff")), undefined);
  t.equal(decodeHuffman(hex("00")), undefined, "a zero and three bits that are none of EOS's");
  t.equal(decodeHuffman(hex("ffff fffc")), undefined, "EOS");
  t.equal(decodeHuffman(new Uint8Array(0)), "");
});

t.test("RFC 7541, appendix C.2: every way to write a field", async (t) => {
  const read = (block: string, ...wanted: string[]) => decodeHeaders(hex(block), wanted);
  t.same(read("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key"), {
    "custom-key": "custom-header",
  });
  t.same(read("040c 2f73 616d 706c 652f 7061 7468", ":path"), { ":path": "/sample/path" });
  t.same(read("1008 7061 7373 776f 7264 0673 6563 7265 74", "password"), { password: "secret" });
  t.same(read("82", ":method"), { ":method": "GET" });
  t.same(read("20 88", ":status"), { ":status": "200" }, "a table of size zero is announced first");
});

t.test("our own literals", async (t) => {
  const block = new TextEncoder().encode(literal("te", "trailers") + literal("grpc-timeout", "1m"));
  t.same(decodeHeaders(block, ["grpc-timeout", "te"]), { te: "trailers", "grpc-timeout": "1m" });
});

t.test("malformed blocks are errors", async (t) => {
  for (const [block, message] of [
    ["be", /index 62/],
    ["80", /index 0/],
    ["3fe11f", /table larger/],
    ["40 05 61", /beyond the block/],
    ["40", /within a field/],
    ["ff ff ff ff ff ff", /more than four bytes/],
    ["00 82 ffff", /Huffman/],
  ] as const) {
    t.throws(() => decodeHeaders(hex(block), ["x"]), message, block);
  }
});

t.test("every character that Node's HTTP/2 server may send", async (t) => {
  // Among many "a" (5 bits) each character is worth a Huffman code, whatever its own length is.
  const characters = [...Array(256).keys()].filter((code) => code >= 0x20 && code !== 0x7f);
  const sent = (code: number) => `aaaaaaaaaaaaaaaaaaaaaaaa${String.fromCharCode(code)}aaaaaaaaaaaaaaaaaaaaaaaa`;
  const server = createServer((request, response) => {
    const headers = Object.fromEntries(characters.map((code) => [`x-${code}`, sent(code)]));
    response.writeHead(200, headers).end();
    request.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  t.teardown(() => {
    socket.destroy();
    server.close();
  });
  socket.write(new UnaryCall("/x", new Uint8Array(0), 30_000).start());
  const block: Uint8Array[] = [];
  const reader = new FrameReader();
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const frames = reader
      .push(chunk)
      .filter(({ type }) => type === frameType.headers || type === frameType.continuation);
    block.push(...frames.map(({ payload }) => Uint8Array.from(payload)));
    if (frames.some(({ flags }) => (flags & 0x4) !== 0)) break;
  }
  const all = Uint8Array.from(Buffer.concat(block));
  const headers = decodeHeaders(all, [":status", ...characters.map((code) => `x-${code}`)]);
  t.equal(headers[":status"], "200");
  for (const code of characters) t.equal(headers[`x-${code}`], sent(code), `character ${code}`);
  t.ok(all.length < characters.length * 40, "they came Huffman-coded");
});
