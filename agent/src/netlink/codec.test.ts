import { test } from "tap";
import { addAddress, dumpAddresses, parseAddress, replaceNeighbour } from "./address.js";
import {
  attribute,
  decodeAcknowledgement,
  decodeAttributes,
  decodeDone,
  decodeMessages,
  encodeRequest,
  MalformedNetlink,
  type Message,
  NLM_F,
  NLMSG,
  readText,
  readU32,
  type Request,
} from "./codec.js";
import { createVeth, dumpLinks, parseLink, parseNetnsId, setLink } from "./link.js";
import { parseRoute, replaceRoute } from "./route.js";

const veth = {
  kind: "create-veth",
  name: "k8s0123456789",
  alias: "k8shost:c1/eth0",
  mtu: 1400,
  peer: { name: "eth0", netns: "/run/netns/pod", mac: "0a:58:0a:f4:01:05" },
} as const;
const route = {
  kind: "replace-route",
  link: "eth0",
  destination: "10.9.0.0/16",
  gateway: "10.1.0.1",
  source: "10.1.0.5",
} as const;

const requests: readonly Request[] = [
  createVeth(veth, 7, 0x40000001),
  setLink({ index: 3 }, { up: true, mtu: 1400, mac: "0a:58:0a:f4:01:05", alias: "é", group: 0 }),
  addAddress(2, "10.1.0.5/24"),
  addAddress(2, "fd00::5/64"),
  replaceRoute(2, route),
  replaceNeighbour(2, "169.254.1.1", "0a:58:0a:f4:01:01"),
  dumpLinks(),
  dumpAddresses(2),
];

function encode(...messages: readonly Request[]): Uint8Array {
  const buffer = new Uint8Array(16 * 1024).fill(0xff);
  let end = 0;
  for (const [index, message] of messages.entries()) end = encodeRequest(buffer, end, message, 100 + index);
  return buffer.slice(0, end);
}

function only(bytes: Uint8Array): Message {
  const [message] = decodeMessages(bytes);
  if (message === undefined) throw new Error("no message");
  return message;
}

/** An NLMSG_ERROR as the kernel builds it: number, the request (whole or its header alone), attributes. */
function acknowledgement(errno: number, flags: number, repeated: Uint8Array, attributes: Uint8Array): Message {
  const payload = new Uint8Array(4 + repeated.length + attributes.length);
  new DataView(payload.buffer).setInt32(0, -errno, true);
  payload.set(repeated, 4);
  payload.set(attributes, 4 + repeated.length);
  return { type: NLMSG.ERROR, flags, sequence: 1, payload };
}

/** The attributes alone, as bytes. */
function attributeBytes(...attributes: Request["attributes"]): Uint8Array {
  return encode({ type: 0, flags: 0, header: new Uint8Array(), attributes }).slice(16);
}

test("several requests in one buffer come out as they went in", (t) => {
  const messages = decodeMessages(encode(...requests));
  t.strictSame(
    messages.map(({ type, flags, sequence }) => ({ type, flags, sequence })),
    requests.map(({ type, flags }, index) => ({ type, flags, sequence: 100 + index })),
  );
  for (const [index, request] of requests.entries()) {
    const message = messages[index];
    t.strictSame(message?.payload.subarray(0, request.header.length), request.header);
    t.strictSame(
      [...decodeAttributes(message?.payload ?? new Uint8Array(), request.header.length).keys()],
      request.attributes.map(({ type }) => type),
    );
  }
  t.end();
});

test("nested attributes: the peer of a veth behind its own header", (t) => {
  const outer = decodeAttributes(only(encode(createVeth(veth, 7, 0x40000001))).payload, 16);
  t.equal(readText(outer.get(3)), veth.name);
  t.equal(readU32(outer.get(27)), 0x40000001, "the group");
  const info = decodeAttributes(outer.get(18) ?? new Uint8Array());
  t.equal(readText(info.get(1)), "veth");
  const peer = decodeAttributes(decodeAttributes(info.get(2) ?? new Uint8Array()).get(1) ?? new Uint8Array(), 16);
  t.equal(readText(peer.get(3)), "eth0");
  t.equal(readU32(peer.get(28)), 7, "the descriptor of its namespace");
  t.strictSame(peer.get(1), Uint8Array.of(0x0a, 0x58, 0x0a, 0xf4, 0x01, 0x05));
  t.end();
});

test("padding is zero, whatever was in the buffer before", (t) => {
  const bytes = encode({
    type: 1,
    flags: 1,
    header: new Uint8Array(),
    attributes: [attribute.bytes(1, Uint8Array.of(9))],
  });
  t.strictSame(bytes.slice(16), Uint8Array.of(5, 0, 1, 0, 9, 0, 0, 0));
  t.end();
});

test("a request that does not fit is refused", (t) => {
  const big = { type: 1, flags: 1, header: new Uint8Array(), attributes: [attribute.text(1, "x".repeat(300))] };
  t.throws(() => encodeRequest(new Uint8Array(256), 0, big, 1), RangeError);
  t.end();
});

test("acknowledgements: success, refusal, and the kernel's words", (t) => {
  const header = encode({ type: 1, flags: 1, header: new Uint8Array(), attributes: [] });
  const words = attributeBytes(attribute.text(1, "Nexthop has invalid gateway"));
  t.strictSame(decodeAcknowledgement(acknowledgement(0, NLM_F.CAPPED, header, new Uint8Array())), {
    errno: 0,
    detail: "",
  });
  t.strictSame(decodeAcknowledgement(acknowledgement(17, NLM_F.CAPPED, header, new Uint8Array())), {
    errno: 17,
    detail: "",
  });
  const capped = acknowledgement(101, NLM_F.CAPPED | NLM_F.ACK_TLVS, header, words);
  t.strictSame(decodeAcknowledgement(capped), { errno: 101, detail: "Nexthop has invalid gateway" });
  const whole = encode(addAddress(2, "10.1.0.5/24"));
  const uncapped = acknowledgement(101, NLM_F.ACK_TLVS, whole, words);
  t.strictSame(decodeAcknowledgement(uncapped), { errno: 101, detail: "Nexthop has invalid gateway" });
  const missing = acknowledgement(22, NLM_F.CAPPED | NLM_F.ACK_TLVS, header, attributeBytes(attribute.u32(5, 4)));
  t.strictSame(decodeAcknowledgement(missing), { errno: 22, detail: "attribute 4 is missing" });
  t.throws(() => decodeAcknowledgement({ ...capped, payload: capped.payload.subarray(0, 12) }), MalformedNetlink);
  t.end();
});

test("the end of a dump carries its error", (t) => {
  const done = (payload: Uint8Array, flags: number = NLM_F.MULTI) => ({
    type: NLMSG.DONE,
    flags,
    sequence: 1,
    payload,
  });
  t.strictSame(decodeDone(done(Uint8Array.of(0, 0, 0, 0))), { errno: 0, detail: "" });
  t.strictSame(decodeDone(done(new Uint8Array())), { errno: 0, detail: "" });
  const failed = Uint8Array.of(...[-19 & 0xff, 0xff, 0xff, 0xff], ...attributeBytes(attribute.text(1, "gone")));
  t.strictSame(decodeDone(done(failed, NLM_F.MULTI | NLM_F.ACK_TLVS)), { errno: 19, detail: "gone" });
  t.end();
});

test("wrong lengths are refused", (t) => {
  const header = (length: number) => Uint8Array.of(length, 0, 0, 0, 3, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0);
  for (const length of [0, 4, 15, 17, 255])
    t.throws(() => decodeMessages(header(length)), MalformedNetlink, `${length}`);
  t.equal(decodeMessages(header(16)).length, 1);
  t.throws(() => decodeMessages(new Uint8Array(7)), MalformedNetlink);
  t.throws(() => decodeAttributes(Uint8Array.of(3, 0, 1, 0)), MalformedNetlink, "shorter than its own header");
  t.throws(
    () => decodeAttributes(Uint8Array.of(9, 0, 1, 0, 1, 2, 3, 4)),
    MalformedNetlink,
    "longer than its container",
  );
  t.throws(() => decodeAttributes(new Uint8Array(3), 4), MalformedNetlink, "no room for the header");
  t.throws(() => readU32(Uint8Array.of(1, 2)), MalformedNetlink);
  t.equal(readText(Uint8Array.of(0x61, 0x62)), "ab", "text without its NUL");
  t.end();
});

/** What the kernel sends for a link, an address and routes: cut anywhere, it is parsed or refused, never misread. */
function answers(): Request[] {
  const row = (type: number, header: Uint8Array, ...attributes: Request["attributes"]) => ({
    type,
    flags: 2,
    header,
    attributes,
  });
  const ifinfomsg = new Uint8Array(16).fill(1, 4, 12);
  const info = attribute.nest(18, [attribute.text(1, "veth")]);
  const link = row(
    16,
    ifinfomsg,
    attribute.text(3, "k1"),
    attribute.u32(4, 1400),
    attribute.u32(5, 2),
    info,
    attribute.text(20, "mark"),
  );
  const address = row(20, Uint8Array.of(2, 24, 0, 0, 2, 0, 0, 0), attribute.bytes(2, Uint8Array.of(10, 1, 0, 5)));
  const rtmsg = Uint8Array.of(2, 16, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0);
  const destination = attribute.bytes(1, Uint8Array.of(10, 9, 0, 0));
  const gateway = attributeBytes(attribute.bytes(5, Uint8Array.of(10, 1, 0, 1)));
  const hop = Uint8Array.of(8 + gateway.length, 0, 0, 0, 2, 0, 0, 0, ...gateway);
  return [link, address, row(24, rtmsg, destination, attribute.bytes(9, Uint8Array.of(...hop, ...hop)))];
}

test("answers parse", (t) => {
  const [link, address, several] = decodeMessages(encode(...answers()));
  if (link === undefined || address === undefined || several === undefined) throw new Error("no messages");
  t.match(parseLink(link), [{ name: "k1", kind: "veth", mtu: 1400, peerIndex: 2, alias: "mark", peerNetnsId: -1 }]);
  t.strictSame(parseAddress(address), [{ linkIndex: 2, address: "10.1.0.5/24" }]);
  t.strictSame(
    parseRoute(several),
    [1, 2].map(() => ({ linkIndex: 2, destination: "10.9.0.0/16", gateway: "10.1.0.1" })),
    "one row per next hop",
  );
  for (const parse of [parseLink, parseAddress, parseRoute, parseNetnsId]) {
    t.strictSame(parse({ type: 99, flags: 0, sequence: 1, payload: new Uint8Array() }), [], "another type is no row");
  }
  t.end();
});

test("answers cut or corrupted at any byte never do worse than MalformedNetlink", (t) => {
  const whole = encode(...answers());
  const parse = (bytes: Uint8Array): "parsed" | "refused" => {
    try {
      for (const message of decodeMessages(bytes)) {
        parseLink(message);
        parseAddress(message);
        parseRoute(message);
      }
      return "parsed";
    } catch (error) {
      if (error instanceof MalformedNetlink) return "refused";
      throw error;
    }
  };
  const outcomes = { parsed: 0, refused: 0 };
  for (let length = 0; length < whole.length; length++) outcomes[parse(whole.slice(0, length))]++;
  for (let place = 0; place < whole.length; place++) {
    for (const value of [0x00, 0x01, 0x7f, 0xff]) outcomes[parse(whole.slice().fill(value, place, place + 1))]++;
  }
  t.ok(outcomes.parsed > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
  t.end();
});
