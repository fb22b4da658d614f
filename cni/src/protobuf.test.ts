import * as generated from "@k8shost/proto/agent/v1/pod_network";
import t from "tap";
import * as tables from "./pod-network.js";
import { type Schema, decode, encode } from "./protobuf.js";

/** The generated code, as far as the test needs it. */
interface Generated<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

const attachment = { containerId: "4f9c", ifName: "eth0" };
const pod = { namespace: "shop", name: "web-é-€-😀", uid: "3b1f" };
const route = { destination: "0.0.0.0/0", gateway: "10.244.1.1" };
const link = { name: "eth0", mac: "0a:58:0a:f4:01:05", mtu: 1442, sandbox: "/var/run/netns/x" };
const ip = { address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 300 };
const empty = { name: "", mac: "", mtu: 0, sandbox: "" };

/** Both ways, byte for byte; `extra` is the lists that the generated message has and the table leaves out. */
function compare<T extends object, G extends T>(
  name: string,
  schema: Schema<T>,
  code: Generated<G>,
  message: T,
  extra: Omit<G, keyof T>,
): void {
  t.test(name, async (t) => {
    const whole = { ...message, ...extra } as G;
    t.same(decode(schema, code.encode(whole).finish()), message, "theirs, decoded by us");
    const lists = Object.fromEntries(Object.keys(extra).map((key) => [key, []]));
    t.same(code.decode(encode(schema, message)), { ...message, ...lists }, "ours, decoded by them");
    if (Object.keys(extra).length === 0) t.same([...encode(schema, message)], [...code.encode(whole).finish()]);
    const codes = Object.values<number | readonly [number, object]>(schema).map((field) => [field].flat()[0] as number);
    codes.forEach((code, at) => t.equal(code >> 4, at + 1, "numbers count up"));
  });
}

const add: generated.AddRequest = {
  attachment,
  pod,
  netns: "/var/run/netns/x",
  network: "prismnet",
  mtu: 65_535,
  staticAddresses: ["10.244.0.7", "fd00::7"],
  rangeStart: "10.244.0.10",
  rangeEnd: "10.244.255.254",
  subnet: "10.244.0.0/16",
  routes: [route, { destination: "::/0", gateway: "" }],
  ovnNorthbound: "tcp:nb:6641",
  ovnSouthbound: "tcp:sb:6642",
  ovnEncapType: "geneve",
  prismnetEndpoint: "x".repeat(70_000),
};
const nothing: generated.AddRequest = generated.AddRequest.decode(new Uint8Array(0));
const answer = {
  interfaces: [empty, link],
  ips: [ip, { ...ip, interface: 0 }],
  routes: [route],
  dnsServers: ["10.96.0.10"],
};
const stages = [{ stage: "total", microseconds: 4_294_967_295 }];
const none = {};

compare("AddRequest", tables.addRequest, generated.AddRequest, add, none);
compare("AddRequest with nothing in it", tables.addRequest, generated.AddRequest, nothing, none);
compare("AddResponse", tables.addResponse, generated.AddResponse, answer, { stages });
compare("DelRequest", tables.delRequest, generated.DelRequest, { attachment, pod, netns: "" }, none);
compare("DelResponse", tables.delResponse, generated.DelResponse, {}, { stages });
const check = { attachment, pod: undefined, netns: "/x", ips: [ip], routes: [route], interfaces: [link] };
compare("CheckRequest", tables.checkRequest, generated.CheckRequest, check, none);
compare("CheckResponse", tables.checkResponse, generated.CheckResponse, {}, none);
compare("StatusRequest", tables.statusRequest, generated.StatusRequest, {}, none);
const conditions = [{ cniCode: 51, message: "away" }];
compare("StatusResponse", tables.statusResponse, generated.StatusResponse, { conditions }, none);
compare("GcRequest", tables.gcRequest, generated.GcRequest, { valid: [attachment, attachment], network: "n" }, none);
compare("GcResponse", tables.gcResponse, generated.GcResponse, { released: [attachment] }, none);

t.test("the methods are the service's", async (t) => {
  for (const [name, { path }] of Object.entries(tables.methods)) {
    t.equal(path, generated.PodNetworkService[name as keyof typeof tables.methods].path);
  }
});

t.test("fields of a newer agent are skipped, whatever their type", async (t) => {
  const known = [...encode(tables.route, route)];
  const varint = [0x78, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
  const fixed64 = [0x79, 1, 2, 3, 4, 5, 6, 7, 8];
  const delimited = [0x7a, 2, 0xff, 0xff];
  const fixed32 = [0x7d, 1, 2, 3, 4];
  const bytes = Uint8Array.from([...varint, ...known, ...fixed64, ...delimited, ...fixed32]);
  t.same(decode(tables.route, bytes), route);
});

t.test("a field of the wrong type, a group, and a message cut anywhere are errors", async (t) => {
  t.throws(() => decode(tables.route, Uint8Array.from([0x08, 1])), /field destination has wire type 0/);
  t.throws(() => decode(tables.route, Uint8Array.from([0x7b])), /wire type 3/);
  t.throws(() => decode(tables.route, new Uint8Array(11).fill(0x80)), /more than ten bytes/);
  const whole = encode(tables.ipConfig, ip);
  const ends = [...whole.keys()].filter((end) => {
    try {
      decode(tables.ipConfig, whole.subarray(0, end));
      return true;
    } catch {
      return false;
    }
  });
  // Where one field ends and the next begins, what is there is a whole message.
  t.same(ends, [0, 15, 27]);
});
