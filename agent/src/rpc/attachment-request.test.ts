import { AddRequest, CheckRequest } from "@k8shost/proto/agent/v1/pod_network";
import t from "tap";
import { AgentError } from "../errors.js";
import { attachmentKey, attachmentSpec, expectedAttachment, podIdentity } from "./attachment-request.js";

const good = AddRequest.fromPartial({
  attachment: { containerId: "0123abcd", ifName: "eth0" },
  pod: { namespace: "default", name: "web-0", uid: "u-1" },
  netns: "/run/netns/x",
});

const node = { mtu: 1442, networks: ["10.244.0.0/16", "10.96.0.0/12"] };

t.test("a pod with routes of its own choice still reaches pods and Services", async (t) => {
  const routesOf = (...destinations: string[]) =>
    attachmentSpec(
      { ...good, routes: destinations.map((destination) => ({ destination, gateway: "" })) },
      node,
    ).routes.map(({ destination }) => destination);
  t.same(routesOf(), []);
  t.same(routesOf("0.0.0.0/0"), ["0.0.0.0/0"]);
  t.same(routesOf("192.0.2.0/24", "10.96.0.0/12"), ["192.0.2.0/24", "10.96.0.0/12", "10.244.0.0/16"]);
});

t.test("a request becomes a specification; 0 stands for the node's MTU", async (t) => {
  t.match(attachmentSpec(good, node), { mtu: 1442, netns: "/run/netns/x", pod: { name: "web-0" } });
  t.equal(attachmentSpec({ ...good, mtu: 1300 }, node).mtu, 1300);
});

t.test("bad input is refused with the field's name", async (t) => {
  const cases: [Partial<AddRequest>, string][] = [
    [{ attachment: { containerId: "../../etc", ifName: "eth0" } }, "attachment.container_id"],
    [{ attachment: { containerId: "", ifName: "eth0" } }, "attachment.container_id"],
    [{ attachment: { containerId: "a".repeat(200), ifName: "eth0" } }, "attachment.container_id"],
    [{ attachment: { containerId: "a\0b", ifName: "eth0" } }, "attachment.container_id"],
    [{ attachment: { containerId: "a", ifName: "eth0/../x" } }, "attachment.if_name"],
    [{ attachment: { containerId: "a", ifName: "." } }, "attachment.if_name"],
    [{ attachment: { containerId: "a", ifName: "sixteen-chars-ab" } }, "attachment.if_name"],
    [{ attachment: { containerId: "a", ifName: "et\x07" } }, "attachment.if_name"],
    [{ pod: { namespace: "Default", name: "web", uid: "" } }, "pod.namespace"],
    [{ pod: { namespace: "", name: "web", uid: "" } }, "pod.namespace"],
    [{ pod: { namespace: "default", name: "we b", uid: "" } }, "pod.name"],
    [{ pod: { namespace: "default", name: "web", uid: "a b" } }, "pod.uid"],
    [{ netns: "run/netns/x" }, "netns"],
    [{ netns: "/run/\0" }, "netns"],
    [{ mtu: 100 }, "mtu"],
    [{ mtu: 70_000 }, "mtu"],
    [{ staticAddresses: ["10.0.0.1", "10.0.0.300"] }, "static_addresses[1]"],
    [{ subnet: "10.0.0.0/33" }, "subnet"],
    [{ rangeStart: "ten" }, "range_start"],
    [{ routes: [{ destination: "default", gateway: "" }] }, "routes[0].destination"],
    [{ routes: [{ destination: "0.0.0.0/0", gateway: "gw" }] }, "routes[0].gateway"],
  ];
  for (const [part, field] of cases) {
    t.throws(
      () => attachmentSpec({ ...good, ...part }, node),
      { code: "INVALID_REQUEST", fields: { field } },
      `${field}: ${JSON.stringify(part)}`,
    );
  }
});

t.test("DEL needs no pod, but not a bad one", async (t) => {
  t.same(podIdentity(undefined, true), { namespace: "", name: "", uid: "" });
  t.throws(() => podIdentity({ namespace: "../x", name: "", uid: "" }, true), AgentError);
  t.throws(() => attachmentKey(undefined), AgentError);
});

t.test("CHECK takes the sandbox's interface from prevResult", async (t) => {
  const { attachment, pod, netns } = good;
  const request = CheckRequest.create({
    attachment,
    pod,
    netns,
    interfaces: [
      { name: "pn0", mac: "02:00:00:00:00:01", sandbox: "" },
      { name: "eth0", mac: "0a:58:0a:f4:01:05", sandbox: "/run/netns/x" },
    ],
    ips: [{ address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 1 }],
  });
  t.match(expectedAttachment(request), { mac: "0a:58:0a:f4:01:05", addresses: ["10.244.1.5/24"] });
});
