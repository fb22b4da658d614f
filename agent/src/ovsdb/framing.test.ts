import { test } from "tap";
import { FrameTooLarge, ProtocolError } from "./errors.js";
import { FrameReader } from "./framing.js";

const messages = [
  { id: 1, result: { text: 'braces } ] { in "strings" \\', deep: [[[{ a: [] }]]] }, error: null },
  { method: "update3", params: ["ümläut 🎉", { "\u2028": "\\\\" }], id: null },
  {},
];

function read(reader: FrameReader, ...chunks: readonly (Buffer | string)[]): unknown[] {
  return chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]);
}

test("messages come out whole, wherever the stream is cut", (t) => {
  const bytes = Buffer.from(messages.map((message) => JSON.stringify(message)).join("\n \t\r"));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new FrameReader(1000);
    t.same(read(reader, bytes.subarray(0, cut), bytes.subarray(cut)), messages, `cut at ${cut}`);
    t.notOk(reader.partial);
  }
  const reader = new FrameReader(1000);
  t.same(read(reader, ...Array.from(bytes, (byte) => Buffer.from([byte]))), messages, "byte by byte");
  t.end();
});

test("a truncated message is known to be one", (t) => {
  const reader = new FrameReader(1000);
  t.same(read(reader, '{"id":1,"result":"}'), []);
  t.ok(reader.partial);
  t.end();
});

test("what is no JSON object ends the stream at its first byte", (t) => {
  for (const garbage of ["HTTP/1.1 400 Bad Request", "[1]", '"text"', "\u0000", "}{", "5"]) {
    t.throws(() => read(new FrameReader(1000), garbage), { name: "ProtocolError", message: /expected a JSON object/ });
    t.throws(() => read(new FrameReader(1000), `{} ${garbage}`), ProtocolError, "also after a message");
  }
  t.end();
});

test("malformed JSON inside of balanced brackets is an error", (t) => {
  for (const malformed of [
    '{"a":}',
    '{"a":1]',
    "{a:1}",
    '{"a":01}',
    '{"a":"\u0001"}',
    "{,}",
    '{"a":1,}',
    '{"a":NaN}',
  ]) {
    t.throws(
      () => read(new FrameReader(1000), malformed),
      { name: "ProtocolError", message: /malformed JSON/ },
      malformed,
    );
  }
  t.end();
});

test("a message may be as long as the limit, and no longer", (t) => {
  const message = JSON.stringify({ text: "x".repeat(89) });
  t.equal(message.length, 100);
  t.equal(read(new FrameReader(100), message, message).length, 2, "each message counts for itself");
  t.throws(() => read(new FrameReader(99), message), FrameTooLarge);
  t.throws(() => read(new FrameReader(99), message.slice(0, 60), message.slice(60)), {
    name: "FrameTooLarge",
    message: /99 bytes.*maxFrameBytes/,
  });
  const endless = new FrameReader(1000);
  t.throws(
    () => {
      for (;;) read(endless, '{"a":[');
    },
    FrameTooLarge,
    "nesting without end",
  );
  t.end();
});

test("integers beyond 2^53 are bigints, never rounded", (t) => {
  const text =
    '{"a":[9007199254740993,-9223372036854775808,9007199254740991,1e300,12345678901234567.5,0.1234567890123456789]}';
  t.strictSame(read(new FrameReader(1000), text), [
    {
      a: [
        9007199254740993n,
        -9223372036854775808n,
        9007199254740991,
        1e300,
        12345678901234567.5,
        0.1234567890123456789,
      ],
    },
  ]);
  t.end();
});
