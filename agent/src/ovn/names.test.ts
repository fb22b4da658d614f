import t from "tap";
import { hostLinkName, logicalPortName, logicalSwitchName } from "./names.js";

t.test("names of the specification", async (t) => {
  t.equal(logicalSwitchName("project-123"), "k8s-project-123");
  t.equal(logicalPortName("web-0", { containerId: "abc", ifName: "eth0" }), "web-0-abc");
  t.equal(logicalPortName("web-0", { containerId: "abc", ifName: "net1" }), "web-0-abc-net1");
});

t.test("host links: stable, short, one per attachment", async (t) => {
  const key = { containerId: "0123456789abcdef", ifName: "eth0" };
  t.equal(hostLinkName(key), hostLinkName({ ...key }));
  t.match(hostLinkName(key), /^pn[0-9a-f]{12}$/);
  const names = new Set<string>();
  for (let i = 0; i < 20_000; i += 1) names.add(hostLinkName({ containerId: `c${i}`, ifName: "eth0" }));
  names.add(hostLinkName({ containerId: "c0", ifName: "eth1" }));
  t.equal(names.size, 20_001);
});
