import t from "tap";
import type { Link } from "../netlink/port.js";
import { type CheckedAttachment, differences } from "./check-plan.js";
import { attachmentSpec, lease, logicalPortOf, ovsPortOf } from "./testing/fixtures.js";

const spec = attachmentSpec();
const expected = {
  key: spec.key,
  netns: spec.netns,
  addresses: ["10.244.1.5/24"],
  routes: [{ destination: "0.0.0.0/0", gateway: "10.244.1.1" }],
  mac: lease.mac,
};
const link: Link = {
  index: 2,
  name: "eth0",
  kind: "veth",
  mac: lease.mac,
  mtu: 1442,
  up: true,
  alias: "",
  peerIndex: 9,
};
const good: CheckedAttachment = {
  sandboxLink: link,
  hostLink: { ...link, index: 9, name: "pn0", peerIndex: 2 },
  addresses: [{ link: "eth0", address: "10.244.1.5/24" }],
  routes: [{ link: "eth0", destination: "0.0.0.0/0", gateway: "10.244.1.1" }],
  ovsPort: ovsPortOf(spec),
  logicalPort: logicalPortOf(spec),
};

t.test("what ADD made passes", async (t) => {
  t.same(differences(expected, good), []);
});

t.test("every difference is named", async (t) => {
  const cases: [Partial<CheckedAttachment>, RegExp][] = [
    [{ sandboxLink: undefined }, /interface eth0 is missing in/],
    [{ sandboxLink: { ...link, up: false } }, /eth0 is down/],
    [{ sandboxLink: { ...link, mac: "02:00:00:00:00:01" } }, /instead of 0a:58/],
    [{ hostLink: undefined }, /host end .* is missing/],
    [{ hostLink: { ...link, peerIndex: 77 } }, /not the peer/],
    [{ addresses: [] }, /address 10.244.1.5\/24 is missing/],
    [{ routes: [] }, /route to 0.0.0.0\/0 via 10.244.1.1 is missing/],
    [{ ovsPort: undefined }, /integration bridge/],
    [{ ovsPort: { ...ovsPortOf(spec), ofport: -1, error: "no such device" } }, /no such device/],
    [{ ovsPort: { ...ovsPortOf(spec), linkUp: false } }, /sees .* down/],
    [{ ovsPort: { ...ovsPortOf(spec), installed: false } }, /has not installed/],
    [{ logicalPort: undefined }, /northbound/],
    [{ logicalPort: { ...logicalPortOf(spec), addresses: ["10.244.1.6"] } }, /does not have 10.244.1.5/],
  ];
  for (const [part, pattern] of cases) {
    const found = differences(expected, { ...good, ...part });
    t.equal(found.length, 1, pattern.source);
    t.match(found[0], pattern);
  }
});

t.test("one IPv6 address has many spellings", async (t) => {
  const v6 = { ...expected, addresses: ["FD00:0::5/64"], routes: [] };
  const actual = {
    ...good,
    addresses: [{ link: "eth0", address: "fd00::5/64" }],
    logicalPort: { ...logicalPortOf(spec), addresses: ["fd00:0:0:0::5"] },
  };
  t.same(differences(v6, actual), []);
});
