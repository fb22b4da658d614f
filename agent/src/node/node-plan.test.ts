import t from "tap";
import { managementPortOperations, nodeLinkRequests, type NodePorts } from "./node-plan.js";
import { natRuleset } from "./nat-plan.js";

const ports: NodePorts = {
  management: {
    link: "prism0",
    logicalPort: "k8s_nodes-node1",
    logicalSwitch: "k8s_nodes",
    mac: "0a:58:0a:f4:00:03",
    addresses: [
      { address: "10.244.0.3/24", gateway: "10.244.0.1" },
      { address: "fd00::3/64", gateway: "fd00::1" },
    ],
  },
  egress: { link: "prism1", logicalPort: "k8s_egress", mac: "0a:58:0a:f4:00:02", addresses: ["10.244.0.2", "fd00::2"] },
  clusterCIDR: ["10.244.0.0/16", "fd00::/48"],
  mtu: 1442,
};
const identity = { node: "node1", chassis: "chassis-1" };

t.test("both links get addresses, the management link the routes", async (t) => {
  const text = nodeLinkRequests(ports, true).map((request) => Object.values(request).join(" "));
  t.same(text, [
    "set-ipv6 prism0 true",
    "set-link prism0 true",
    "set-ipv6 prism1 true",
    "set-link prism1 true",
    "add-address prism0 10.244.0.3/24",
    "add-address prism0 fd00::3/64",
    "add-address prism1 10.244.0.2/32",
    "add-address prism1 fd00::2/128",
    "replace-route prism0 10.244.0.0/16 10.244.0.1",
    "replace-route prism0 fd00::/48 fd00::1",
  ]);
  t.equal(nodeLinkRequests(ports, false).filter(({ kind }) => kind === "set-tx-checksum").length, 2);
});

t.test("without egress there is one link", async (t) => {
  const links = new Set(
    nodeLinkRequests({ ...ports, egress: undefined }, true).map((r) => ("link" in r ? r.link : r.name)),
  );
  t.same([...links], ["prism0"]);
});

t.test("the management port is made once and kept up to date afterwards", async (t) => {
  t.same(
    managementPortOperations(ports, identity, false).map(({ op }) => op),
    ["wait", "insert", "mutate"],
  );
  t.same(
    managementPortOperations(ports, identity, true).map(({ op }) => op),
    ["update"],
  );
});

t.test("source NAT, whole", async (t) => {
  const options = { clusterCIDR: ports.clusterCIDR, managementLink: "prism0", egressLink: "prism1", masquerade: true };
  t.equal(
    natRuleset(options),
    `add table inet k8shost
delete table inet k8shost
table inet k8shost {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "prism0" ip saddr 10.244.0.0/16 ct status dnat masquerade
    iifname != "prism0" oifname != { "prism0", "prism1" } ip saddr 10.244.0.0/16 ip daddr != { 10.244.0.0/16 } masquerade
    oifname "prism0" ip6 saddr fd00::/48 ct status dnat masquerade
    iifname != "prism0" oifname != { "prism0", "prism1" } ip6 saddr fd00::/48 ip6 daddr != { fd00::/48 } masquerade
  }
}
`,
  );
  t.equal(natRuleset({ ...options, masquerade: false }), "add table inet k8shost\ndelete table inet k8shost\n");
});
