/** The conversation with the kernel, with a scripted kernel: what a real one does once in a million dumps. */
import { test } from "tap";
import { encodeRequest, MalformedNetlink, type Message, NLM_F, NLMSG, type Request } from "./codec.js";
import { dumpLinks, setLink } from "./link.js";
import { RouteSocket } from "./socket.js";

interface Answer {
  readonly type: number;
  readonly flags?: number;
  readonly payload?: readonly number[];
  /** Added to the request's sequence number. */
  readonly shift?: number;
}

const ROW = 16;
const row = (value: number, fields: Partial<Answer> = {}): Answer => ({
  type: ROW,
  flags: NLM_F.MULTI,
  payload: [value, 0, 0, 0],
  ...fields,
});
const done: Answer = { type: NLMSG.DONE, flags: NLM_F.MULTI, payload: [0, 0, 0, 0] };

function acknowledge(errno: number, fields: Partial<Answer> = {}): Answer {
  const number = Uint8Array.of((256 - errno) & 0xff, ...(errno === 0 ? [0, 0, 0] : [0xff, 0xff, 0xff]));
  return { type: NLMSG.ERROR, flags: NLM_F.CAPPED, payload: [...number, ...new Uint8Array(16)], ...fields };
}

/** Answers each send with the next script: a list of datagrams, each a list of messages or raw bytes. */
class ScriptedKernel {
  readonly sent: number[] = [];
  readonly #scripts: (readonly (readonly Answer[] | Uint8Array | number)[])[];
  #datagrams: (readonly Answer[] | Uint8Array | number)[] = [];
  #sequence = 0;

  constructor(...scripts: (readonly (readonly Answer[] | Uint8Array | number)[])[]) {
    this.#scripts = scripts;
  }

  send(_fd: number, data: Uint8Array, length: number): void {
    this.#sequence = new DataView(data.buffer).getUint32(8, true);
    this.sent.push(length);
    this.#datagrams.push(...(this.#scripts.shift() ?? []));
  }

  async sendInBackground(fd: number, data: Uint8Array, length: number): Promise<void> {
    await Promise.resolve();
    this.send(fd, data, length);
  }

  receive(_fd: number, into: Uint8Array): number {
    const datagram = this.#datagrams.shift();
    if (datagram === undefined) throw new Error("the kernel has nothing more to say");
    if (typeof datagram === "number") return datagram;
    if (datagram instanceof Uint8Array) {
      into.set(datagram);
      return datagram.length;
    }
    let end = 0;
    for (const { type, flags = 0, payload = [], shift = 0 } of datagram) {
      const message: Request = { type, flags, header: Uint8Array.from(payload), attributes: [] };
      end = encodeRequest(into, end, message, this.#sequence + shift);
    }
    return end;
  }
}

const asRow = (message: Message): number[] => (message.type === ROW ? [message.payload[0] ?? -1] : []);
const request = setLink({ index: 1 }, { up: true });

test("a dump of several datagrams is one list", (t) => {
  const kernel = new ScriptedKernel([[row(1), row(2)], [row(3)], [done]], [[done]]);
  const socket = new RouteSocket(-1, kernel);
  t.strictSame(socket.dump(dumpLinks(), asRow), [1, 2, 3]);
  t.strictSame(socket.dump(dumpLinks(), asRow), []);
  t.end();
});

test("a dump that changed under way is read to its end, then again", (t) => {
  const changed = row(2, { flags: NLM_F.MULTI | NLM_F.DUMP_INTR });
  const kernel = new ScriptedKernel(
    [
      [row(1), changed],
      [row(3), done],
    ],
    [[row(1)], [{ ...done, flags: NLM_F.MULTI | NLM_F.DUMP_INTR }]],
    [[row(4), row(5), done]],
  );
  t.strictSame(new RouteSocket(-1, kernel).dump(dumpLinks(), asRow), [4, 5]);
  t.equal(kernel.sent.length, 3);
  const restless = new ScriptedKernel(...Array.from({ length: 100 }, () => [[changed, done]]));
  t.throws(() => new RouteSocket(-1, restless).dump(dumpLinks(), asRow), { message: /changed 10 times/ });
  t.equal(restless.sent.length, 10, "not for ever");
  t.end();
});

test("a dump that fails, at its beginning or midway", (t) => {
  const midway: Answer = { ...done, payload: [(256 - 12) & 0xff, 0xff, 0xff, 0xff] };
  const kernel = new ScriptedKernel([[acknowledge(19)]], [[row(1)], [midway]], [[row(7), done]]);
  const socket = new RouteSocket(-1, kernel);
  t.throws(() => socket.dump(dumpLinks(), asRow), { message: "ENODEV" });
  t.throws(() => socket.dump(dumpLinks(), asRow), { message: "ENOMEM" });
  t.strictSame(socket.dump(dumpLinks(), asRow), [7], "the socket still works");
  t.end();
});

test("what an earlier request left behind is nobody's answer", (t) => {
  const kernel = new ScriptedKernel(
    [
      [acknowledge(17, { shift: -1 }), row(9, { shift: -1 })],
      [row(1), acknowledge(0)],
    ],
    [
      [row(9, { shift: -1 }), row(9, { shift: 1 }), { ...done, shift: -1 }],
      [row(2), done],
    ],
  );
  const socket = new RouteSocket(-1, kernel);
  t.strictSame(socket.get(request, asRow), [1]);
  t.strictSame(socket.dump(dumpLinks(), asRow), [2]);
  t.end();
});

test("several requests in one send: each has its own outcome, in whatever order they come", (t) => {
  const outcomes = [acknowledge(0, { shift: 2 }), acknowledge(17), acknowledge(19, { shift: 1 })];
  const kernel = new ScriptedKernel([outcomes]);
  const refusals = new RouteSocket(-1, kernel).exchange([request, request, request]);
  t.strictSame(
    refusals.map((refusal) => refusal?.errno),
    ["EEXIST", "ENODEV", undefined],
  );
  t.equal(kernel.sent.length, 1, "one system call");
  t.end();
});

test("in the background: the same answers", async (t) => {
  const kernel = new ScriptedKernel([[acknowledge(0)]], [[acknowledge(95)]]);
  const socket = new RouteSocket(-1, kernel);
  await socket.requestInBackground(request);
  await t.rejects(socket.requestInBackground(request), { message: "EOPNOTSUPP" });
});

test("an answer that is no netlink, or too long, is an error and no guess", (t) => {
  const kernel = new ScriptedKernel([Uint8Array.of(1, 2, 3)], [100_000], []);
  const socket = new RouteSocket(-1, kernel);
  t.throws(() => socket.request(request), MalformedNetlink);
  t.throws(() => socket.dump(dumpLinks(), asRow), { name: "LostAnswer", message: /an answer of 100000 bytes/ });
  t.throws(() => socket.request(request), { name: "LostAnswer", message: /nothing more to say/ });
  t.end();
});
