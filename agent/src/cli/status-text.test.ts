import type { GetNodeStatusResponse } from "@k8shost/proto/agent/v1/node_status";
import { test } from "tap";
import { portsText } from "./ports.js";
import { problemsOf } from "./problems.js";
import { statusText } from "./status-text.js";
import { BROKEN, database, node, NOW, PLAIN, port } from "./testing/node.js";

test("a healthy node", (t) => {
  t.equal(
    statusText(node(), NOW, PLAIN),
    `worker-1 is healthy: 2 pods connected.

Chassis     worker-1
Datapath    userspace (netdev), pod MTU 1442
Node's port prism0 100.64.0.2/16 ready
Agent       0.1.0, up 3d 5h, 83 MB, event loop 0.4 ms late (p99), leftovers swept

DATABASE     STATE      ROLE        ROUND TRIP  SILENT  ROWS  QUEUED  RECONNECTS  REMOTE
northbound   connected  leader         0.31 ms      1s    42       0           0  tcp:prismnet-server:6641
openvswitch  connected  standalone     0.31 ms      1s    42       0           0  unix:/var/run/openvswitch/db.sock

NAMESPACE  POD         ADDRESS        STATE      LINK            LOGICAL PORT                                 CONTAINER
shop       web         10.244.1.5/24  installed  pn0123456789ab  web-web0123456789abcdef0123456789abc         web0123456789abcdef0123456789abc
shop       web-canary  10.244.1.5/24  installed  pn0123456789ab  web-canary-web-canary0123456789abcdef012345  web-canary0123456789abcdef012345
`,
  );
  t.end();
});

test("a broken node: what is wrong comes first, with its remedy", (t) => {
  t.equal(
    statusText(BROKEN, NOW, { columns: 80, colour: false }),
    `worker-1: 2 problems, 4 warnings.
  FAIL  new pods get no network: the OVN northbound database does not answer
        (tcp:prismnet-server:6641: connect ECONNREFUSED)
        fix: \`k8shost doctor\` checks each part and says how to mend it.
  FAIL  1 pod link-down: shop/db
        fix: The pod's end of the veth is down or gone. Look at
             \`ip -n NETNS link\` in its sandbox; when its eth0 is missing, delete
             the pod.
  WARN  1 pod waiting: shop/api
        fix: ovn-controller has not installed its flows. Normal for less than a
             second; else look at ovn-controller's log and at \`ovn-sbctl show\`.
  WARN  the node's own port prism0 is not ready: no address from PrismNET
        fix: Until it is, kubelet's probes, Services and egress do not work for
             the pods of this node. \`k8shost doctor\` looks closer.
  WARN  1 DEL from when the agent was down waits for replay
        fix: The agent replays them by itself as soon as new pods get their
             network; until then their addresses stay taken.
  WARN  1 operation failed in the last 10m, most recently ADD at stage installed
        (DEADLINE)
        fix: Their messages are below, each with what to look at.

Chassis     not known: not registered, or the southbound database cannot be read
Datapath    not known yet
Node's port prism0 not ready
Agent       0.1.0, up 3d 5h, 83 MB, event loop 0.4 ms late (p99), leftovers not swept yet

DATABASE    STATE  ROLE  ROUND TRIP  SILENT  ROWS  QUEUED  RECONNECTS  REMOTE
northbound  down   -              -       -     0       0           3  tcp:prismnet-se…

NAMESPACE  POD  ADDRESS        STATE      LINK            LOGICAL PORT  CONTAINER
shop       db   10.244.1.5/24  link-down  pn0123456789ab  db-db012345…  db012345678…
shop       api  -              waiting    pn0123456789ab  api-api0123…  api01234567…
shop       web  10.244.1.5/24  installed  pn0123456789ab  web-web0123…  web01234567…

Last failures
  2m 5s ago  ADD shop/db-0  stage installed  DEADLINE
        installed: ovn-controller did not install the port's flows (look at
        ovn-controller's log)
  1h ago  ADD c9  stage installed  DEADLINE
        installed: ovn-controller did not install the port's flows (look at
        ovn-controller's log)
`,
  );
  t.end();
});

test("the southbound database and the chassis", (t) => {
  const southbound = database("southbound", { remote: "tcp:sb:6642" });
  const whats = (changes: Partial<GetNodeStatusResponse>) =>
    problemsOf(node(changes), NOW).map(({ severity, what }) => `${severity} ${what}`);
  t.strictSame(whats({ databases: [southbound] }), []);
  t.strictSame(whats({ databases: [southbound], chassis: "" }), [
    "fail ovn-controller has not registered this node in the southbound database: new pods never become ready",
  ]);
  t.strictSame(whats({ databases: [{ ...southbound, connected: false, error: "refused" }], chassis: "" }), [
    "warn the southbound database cannot be read (tcp:sb:6642: refused)",
  ]);
  t.strictSame(whats({ databases: [database("northbound", { silentMs: 20_000 })] }), [
    "warn the northbound database has been silent for 20s (tcp:prismnet-server:6641)",
  ]);
  t.strictSame(whats({ eventLoopP99Us: 240_000, warnings: ["mtu differs"] }), [
    "warn the agent's event loop was 240ms late (99th percentile)",
    "warn mtu differs",
  ]);
  t.end();
});

test("ports: broken ones first, and many of a kind in one line", (t) => {
  const many = Array.from({ length: 5 }, (_, n) => port(`db-${n}`, { state: "no-link", hostLink: "" }));
  t.equal(
    portsText([port("web"), ...many], undefined, PLAIN).split("\n\n")[0],
    `6 pods, 1 connected.
  FAIL  5 pods no-link: shop/db-0, shop/db-1, shop/db-2 and 2 more
        fix: The host's end of the veth or its port on the integration bridge is gone, and the pod
             has no network. Delete the pod so that it is made anew.`,
  );
  t.equal(portsText([], "shop", PLAIN), "No pods of namespace shop on this node.\n");
  t.end();
});
