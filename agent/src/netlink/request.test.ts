import { test } from "tap";
import { type LinkRequest, NetlinkError } from "./port.js";
import { validateLinkName, validateRequests } from "./request.js";

const good: readonly LinkRequest[] = [
  {
    kind: "create-veth",
    name: "k8s0123456789ab",
    alias: "",
    mtu: 1400,
    peer: { name: "eth0", netns: "", mac: undefined },
  },
  { kind: "set-link", name: "eth0", up: true, mtu: 68, mac: "0a:58:00:00:00:01", alias: "x".repeat(255) },
  { kind: "delete-link", name: "eth0.5" },
  { kind: "add-address", link: "eth0", address: "10.0.0.5/24" },
  { kind: "remove-address", link: "eth0", address: "fd00::5/64" },
  {
    kind: "replace-route",
    link: "eth0",
    destination: "0.0.0.0/0",
    gateway: "169.254.1.1",
    source: "10.0.0.5",
    onlink: true,
  },
  { kind: "remove-route", link: "eth0", destination: "::/0" },
  { kind: "replace-neighbour", link: "eth0", address: "fd00::1", mac: "0a:58:00:00:00:01" },
  { kind: "set-tx-checksum", link: "eth0", enabled: false },
  { kind: "set-ipv6", link: "eth0", enabled: true },
];

const link = "eth0";
const peer = { name: "eth0", netns: "", mac: undefined };
const bad: readonly (readonly [LinkRequest, RegExp])[] = [
  [{ kind: "delete-link", name: "" }, /name: "" has 0 bytes: a link name has 1 to 15/],
  [{ kind: "delete-link", name: "a234567890123456" }, /has 16 bytes/],
  [{ kind: "delete-link", name: "ééééééééx" }, /has 17 bytes/],
  [{ kind: "set-ipv6", link: "../../../kernel", enabled: true }, /link: .* can't name a link/],
  [{ kind: "set-ipv6", link: "..", enabled: true }, /can't name a link/],
  [{ kind: "set-link", name: "eth%d" }, /can't name a link/],
  [{ kind: "set-link", name: "a b" }, /can't name a link/],
  [{ kind: "set-link", name: "a\0b" }, /can't name a link/],
  [{ kind: "set-link", name: "e", mtu: 1.5 }, /mtu: 1.5 is no integer from 68 to 65535/],
  [{ kind: "set-link", name: "e", mtu: Number.NaN }, /mtu/],
  [{ kind: "set-link", name: "e", mac: "01:00:5e:00:00:01" }, /mac: .* multicast/],
  [{ kind: "set-link", name: "e", mac: "00:00:00:00:00:00" }, /mac/],
  [{ kind: "set-link", name: "e", alias: "é".repeat(128) }, /alias: 256 bytes: the kernel keeps 255/],
  [{ kind: "set-link", name: "e", alias: "a\0b" }, /alias: contains a NUL byte/],
  [{ kind: "create-veth", name: "k1", alias: "", mtu: 10, peer }, /mtu/],
  [{ kind: "create-veth", name: "k1", alias: "", mtu: 1400, peer: { ...peer, name: "a/b" } }, /peer\.name/],
  [
    { kind: "create-veth", name: "k1", alias: "", mtu: 1400, peer: { ...peer, mac: "x" } },
    /peer\.mac: "x" is no MAC address/,
  ],
  [{ kind: "add-address", link, address: "10.0.0.1" }, /address: "10\.0\.0\.1" has no prefix length/],
  [{ kind: "remove-address", link, address: "nonsense/8" }, /address: "nonsense" is no IP address/],
  [{ kind: "replace-route", link, destination: "10.0.0.1/8" }, /destination: .* host bits set/],
  [
    { kind: "replace-route", link, destination: "0.0.0.0/0", gateway: "fd00::1" },
    /gateway: fd00::1 is not of the family/,
  ],
  [{ kind: "replace-route", link, destination: "::/0", source: "10.0.0.1" }, /source: /],
  [{ kind: "replace-route", link, destination: "::/0", onlink: true }, /onlink: there is no gateway/],
  [{ kind: "remove-route", link, destination: "default" }, /destination/],
  [{ kind: "replace-neighbour", link, address: "10.0.0.1/24", mac: "0a:58:00:00:00:01" }, /address/],
];

test("good requests pass", (t) => {
  t.doesNotThrow(() => validateRequests(good));
  t.doesNotThrow(() => validateLinkName("eth0"));
  t.end();
});

test("a bad field is named, with the request and the remedy", (t) => {
  for (const [request, expected] of bad) {
    try {
      validateRequests([...good, request]);
      t.fail(`${JSON.stringify(request)} passed`);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      t.match(error.message, expected);
      t.ok(error.message.startsWith(`${request.kind} `), error.message);
      t.equal(error.errno, "EINVAL");
      t.equal(error.request, request);
    }
  }
  t.throws(() => validateLinkName("a:b"), NetlinkError);
  t.end();
});
