import t from "tap";
import { ByteWriter, concatenate, readUint32, uint32 } from "./bytes.js";
import { type Outcome, UnaryCall } from "./grpc.js";
import { literal } from "./hpack.js";
import { type Frame, FrameReader, PREFACE, flag, frameType, setting, writeFrame } from "./http2.js";

const ascii = new TextEncoder();

function frames(...parts: [type: number, flags: number, stream: number, payload: ArrayLike<number>][]): Uint8Array {
  const out = new ByteWriter();
  for (const part of parts) writeFrame(out, ...part);
  return out.written();
}

const fields = (...pairs: [string, string][]): Uint8Array =>
  ascii.encode(pairs.map(([name, value]) => literal(name, value)).join(""));
const message = (text: string): Uint8Array =>
  concatenate([Uint8Array.from([0, ...uint32(text.length)]), ascii.encode(text)]);
const settings = (id: number, value: number): number[] => [0, id, ...uint32(value)];

const OK = fields([":status", "200"], ["content-type", "application/grpc"]);
const DONE = fields(["grpc-status", "0"], ["grpc-message", "OK"]);
const END = flag.endHeaders | flag.endStream;

/** What the server's bytes lead to, and what was sent in answer. */
function converse(...arrived: Uint8Array[]): { outcome: Outcome | undefined; answers: Frame[] } {
  const call = new UnaryCall("/s/M", ascii.encode("request"), 1000);
  call.start();
  for (const bytes of arrived) call.receive(bytes);
  return { outcome: call.outcome, answers: new FrameReader().push(call.takeUnsent()) };
}

const text = (outcome: Outcome | undefined): string | undefined =>
  outcome?.kind === "reply" ? new TextDecoder().decode(outcome.message) : undefined;

t.test("what a call begins with", async (t) => {
  const bytes = new UnaryCall("/s/M", ascii.encode("request"), 1499.2).start();
  t.equal(new TextDecoder().decode(bytes.subarray(0, PREFACE.length)), PREFACE);
  const sent = new FrameReader().push(bytes.subarray(PREFACE.length));
  t.same(
    sent.map(({ type, flags, stream }) => [type, flags, stream]),
    [
      [frameType.settings, 0, 0],
      [frameType.windowUpdate, 0, 0],
      [frameType.headers, flag.endHeaders, 1],
      [frameType.data, flag.endStream, 1],
    ],
  );
  t.same([...(sent[0]?.payload.subarray(0, 6) ?? [])], [0, setting.headerTableSize, 0, 0, 0, 0]);
  t.ok(new TextDecoder().decode(sent[2]?.payload).includes("grpc-timeout\u00051500m"));
  t.same(sent[3]?.payload, message("request"));
});

const answer = frames(
  [frameType.settings, 0, 0, settings(3, 100)],
  [frameType.headers, flag.endHeaders, 1, OK],
  [frameType.data, 0, 1, message("reply")],
  [frameType.headers, END, 1, DONE],
);

t.test("an answer at once, and cut at every byte", async (t) => {
  t.equal(text(converse(answer).outcome), "reply");
  for (let cut = 1; cut < answer.length; cut++) {
    t.equal(text(converse(answer.slice(0, cut), answer.slice(cut)).outcome), "reply", `cut at ${cut}`);
  }
  t.equal(text(converse(...[...answer].map((byte) => Uint8Array.of(byte))).outcome), "reply", "byte by byte");
});

t.test("SETTINGS and PING are acknowledged, unknown frames ignored", async (t) => {
  const ping = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const { answers } = converse(
    frames(
      [frameType.settings, 0, 0, []],
      [frameType.settings, flag.ack, 0, []],
      [frameType.ping, 0, 0, ping],
      [frameType.ping, flag.ack, 0, ping],
      [frameType.priority, 0, 1, [0, 0, 0, 0, 16]],
      [0x77, 0xff, 1, [1, 2, 3]],
    ),
  );
  t.same(
    answers.map(({ type, flags, payload }) => [type, flags, [...payload]]),
    [
      [frameType.settings, flag.ack, []],
      [frameType.ping, flag.ack, [...ping]],
    ],
  );
});

t.test("an acknowledgement alone can wait, a PING and the rest of a request cannot", async (t) => {
  const call = new UnaryCall("/s/M", new Uint8Array(100_000), 1000);
  call.start();
  t.same([call.owes, call.isUrgent], [false, false]);
  call.receive(frames([frameType.settings, 0, 0, []]));
  t.same([call.owes, call.isUrgent], [true, false]);
  call.receive(frames([frameType.ping, 0, 0, new Uint8Array(8)]));
  t.same([call.owes, call.isUrgent], [true, true]);
  t.equal(new FrameReader().push(call.takeUnsent()).length, 2);
  call.receive(frames([frameType.windowUpdate, 0, 0, uint32(9)], [frameType.windowUpdate, 0, 1, uint32(9)]));
  t.same([call.owes, call.isUrgent], [true, true]);
});

t.test("padding, priority, CONTINUATION, informational headers, a message in pieces", async (t) => {
  const whole = message("reply");
  const padded = (payload: ArrayLike<number>) => [3, ...Array.from(payload), 0, 0, 0];
  const { outcome } = converse(
    frames(
      [frameType.headers, flag.endHeaders, 1, fields([":status", "100"])],
      [frameType.headers, flag.padded | flag.priority, 1, padded([0, 0, 0, 0, 16, ...OK.subarray(0, 5)])],
      [frameType.continuation, 0, 1, OK.subarray(5, 6)],
      [frameType.continuation, flag.endHeaders, 1, OK.subarray(6)],
      [frameType.data, 0, 1, whole.subarray(0, 2)],
      [frameType.data, 0, 1, []],
      [frameType.data, flag.padded, 1, padded(whole.subarray(2))],
      [frameType.headers, flag.endStream, 1, DONE.subarray(0, 4)],
      [frameType.continuation, flag.endHeaders, 1, DONE.subarray(4)],
    ),
  );
  t.equal(text(outcome), "reply");
});

t.test("a refusal, with headers of its own or with trailers only", async (t) => {
  const trailers: [string, string][] = [
    ["grpc-status", "8"],
    ["grpc-message", "100%25 f%C3%BCll%2C %zz"],
    ["k8shost-error", "ADDRESS_EXHAUSTED"],
    ["k8shost-cni-code", "11"],
  ];
  const expected = {
    kind: "status",
    status: 8,
    message: "100%25 f%C3%BCll%2C %zz",
    trailers: { error: "ADDRESS_EXHAUSTED", cniCode: "11" },
  };
  const only = frames([frameType.headers, END, 1, fields([":status", "200"], ...trailers)]);
  t.same(converse(only).outcome, expected, "a message that is not percent-encoded as it should be stays as it is");
  trailers[1] = ["grpc-message", "100%25 f%C3%BCll"];
  const both = frames([frameType.headers, flag.endHeaders, 1, OK], [frameType.headers, END, 1, fields(...trailers)]);
  t.same(converse(both).outcome, { ...expected, message: "100% füll" });
});

t.test("a request larger than the windows waits for them", async (t) => {
  const size = 200_000;
  const call = new UnaryCall("/s/M", new Uint8Array(size), 1000);
  const reader = new FrameReader();
  const data = (bytes: Uint8Array): Frame[] => reader.push(bytes).filter(({ type }) => type === frameType.data);
  const sum = (sent: Frame[]) => sent.reduce((total, { payload }) => total + payload.length, 0);
  const first = data(call.start().subarray(PREFACE.length));
  t.equal(sum(first), 65_535);
  const more = (...parts: Parameters<typeof frames>) => {
    call.receive(frames(...parts));
    return data(call.takeUnsent());
  };
  t.equal(sum(more([frameType.windowUpdate, 0, 0, uint32(100_000)])), 0, "the stream's window is still closed");
  t.equal(sum(more([frameType.windowUpdate, 0, 1, uint32(10)])), 10);
  // The initial window shrinks below what was sent: the stream's window is negative (section 6.9.2).
  t.equal(sum(more([frameType.settings, 0, 0, settings(setting.initialWindowSize, 65_435)])), 0);
  t.equal(sum(more([frameType.windowUpdate, 0, 1, uint32(100)])), 0);
  t.equal(sum(more([frameType.windowUpdate, 0, 1, uint32(50)])), 50);
  const large = more([frameType.windowUpdate, 0, 1, uint32(1_000_000)]);
  t.equal(sum(large), 100_000 - 60, "now the connection's window is the limit");
  t.equal(large[0]?.payload.length, 16_384);
  const last = more([frameType.windowUpdate, 0, 0, uint32(1_000_000)]);
  t.equal(sum(last), size + 5 - 65_535 - 100_000);
  t.equal((last.at(-1)?.flags ?? 0) & flag.endStream, flag.endStream);
});

t.test("frames grow when the server takes larger ones", async (t) => {
  const call = new UnaryCall("/s/M", new Uint8Array(200_000), 1000);
  call.start();
  const size = settings(setting.maxFrameSize, 20_000);
  const windows = frames(
    [frameType.windowUpdate, 0, 0, uint32(90_000)],
    [frameType.windowUpdate, 0, 1, uint32(90_000)],
  );
  call.receive(frames([frameType.settings, 0, 0, size]));
  call.takeUnsent();
  call.receive(windows);
  const sent = call.takeUnsent();
  t.equal(readUint32(Uint8Array.from([0, ...sent.subarray(0, 3)]), 0), 20_000);
});

t.test("ends of the connection and of the stream", async (t) => {
  const cases: [string, Uint8Array, RegExp][] = [
    ["GOAWAY before our stream", frames([frameType.goAway, 0, 0, [...uint32(0), ...uint32(0)]]), /shutting down/],
    ["RST_STREAM", frames([frameType.rstStream, 0, 1, uint32(8)]), /HTTP\/2 error 8/],
  ];
  for (const [name, bytes, reason] of cases) t.match(converse(bytes).outcome, { kind: "lost", reason }, name);
  const going = frames([frameType.goAway, 0, 0, [...uint32(1), ...uint32(0)]]);
  t.equal(text(converse(going, answer).outcome), "reply", "GOAWAY that leaves us our stream");
  const call = new UnaryCall("/s/M", new Uint8Array(0), 1000);
  call.receive(answer.subarray(0, answer.length - 1));
  call.receive(new Uint8Array(0));
  t.match(call.outcome, { kind: "lost", reason: /closed the connection/ });
});

t.test("what no gRPC server says", async (t) => {
  const headers: Parameters<typeof frames>[0] = [frameType.headers, flag.endHeaders, 1, OK];
  const done: Parameters<typeof frames>[0] = [frameType.headers, END, 1, DONE];
  const data = (payload: ArrayLike<number>, flags = 0): Parameters<typeof frames>[0] => [
    frameType.data,
    flags,
    1,
    payload,
  ];
  const cases: [Uint8Array, RegExp][] = [
    [frames(headers, done), /without a message/],
    [frames(headers, data([0, 0, 0, 0, 9, 1]), done), /not one whole message/],
    [frames(headers, data(concatenate([message("a"), message("b")])), done), /not one whole message/],
    [frames(headers, data([1, 0, 0, 0, 1, 1]), done), /compressed/],
    [frames(headers, data(message("a"), flag.endStream)), /no grpc-status/],
    [frames([frameType.headers, END, 1, fields([":status", "404"])]), /HTTP status 404/],
    [frames([frameType.headers, END, 1, fields(["server", "x"])]), /HTTP status missing/],
    [frames([frameType.headers, flag.endHeaders, 3, OK]), /stream 3/],
    [frames([frameType.data, 0, 2, []]), /stream 2/],
    [frames([frameType.headers, 0, 1, OK], data([])), /between HEADERS and its CONTINUATION/],
    [frames([frameType.continuation, flag.endHeaders, 1, OK]), /CONTINUATION without HEADERS/],
    [frames([frameType.pushPromise, 0, 1, []]), /PUSH_PROMISE/],
    [frames(headers, data([9, 1], flag.padded)), /padding/],
    [frames([frameType.settings, 0, 0, [1]]), /SETTINGS/],
    [frames([frameType.settings, 0, 0, settings(setting.initialWindowSize, 0x8000_0000)]), /initial window/],
    [frames([frameType.ping, 0, 0, [1]]), /PING/],
    [frames([frameType.windowUpdate, 0, 0, [1]]), /WINDOW_UPDATE/],
    [frames([frameType.headers, flag.endHeaders, 1, [0xbe]]), /HPACK/],
    [Uint8Array.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]), /a frame of 16777215 bytes/],
    [ascii.encode("HTTP/1.1 400 Bad Request\r\n\r\n"), /HTTP\/2/],
  ];
  for (const [bytes, reason] of cases) t.match(converse(bytes).outcome, { kind: "protocol", reason }, String(reason));
});

t.test("replies and headers without an end are cut off", async (t) => {
  const call = new UnaryCall("/s/M", new Uint8Array(0), 1000);
  call.receive(frames([frameType.headers, flag.endHeaders, 1, OK]));
  const part = frames([frameType.data, 0, 1, new Uint8Array(16_384)]);
  for (let i = 0; i < 300 && call.outcome === undefined; i++) call.receive(part);
  t.match(call.outcome, { kind: "protocol", reason: /more than 4194304 bytes/ });
  const headers = new UnaryCall("/s/M", new Uint8Array(0), 1000);
  headers.receive(frames([frameType.headers, 0, 1, OK]));
  const more = frames([frameType.continuation, 0, 1, new Uint8Array(16_384)]);
  for (let i = 0; i < 300 && headers.outcome === undefined; i++) headers.receive(more);
  t.match(headers.outcome, { kind: "protocol", reason: /bytes of headers/ });
});

t.test("numbers of 32 bits", async (t) => {
  for (const value of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    t.equal(readUint32(Uint8Array.from(uint32(value)), 0), value);
  }
});
