import { status } from "@grpc/grpc-js";
import { AllocateIPRequest, ReleaseIPRequest } from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import { test } from "tap";
import { StatusError } from "../status-error.js";
import type { PoolConfig } from "./carve-plan.js";
import { parseCidr } from "./cidr.js";
import { parseAllocate, parseNamespace, parseNodeFilter, parseRelease } from "./request.js";

const cidr = (text: string) => parseCidr(text) ?? { family: 4 as const, base: 0n, prefix: 32 };
const pool: PoolConfig = { clusterCidrs: [cidr("10.244.0.0/16"), cidr("fd00::/56")], blockPrefix: { 4: 24, 6: 64 } };
const good = { namespace: "web", containerId: "c1", podName: "p", nodeName: "n" };

function refusal(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== status.INVALID_ARGUMENT) throw error;
    return error.message;
  }
}

test("bad fields are refused by name, whatever is in them", (t) => {
  const cases: [Partial<AllocateIPRequest>, RegExp][] = [
    [{ namespace: "", nodeName: "" }, /^namespace: is empty$/],
    [{ namespace: "" }, /^namespace: is empty, and a container needs one/],
    [{ namespace: "Web" }, /^namespace: "Web" is not a DNS label/],
    [{ namespace: "a\u0000b" }, /^namespace: "a\\u0000b" is not/],
    [{ namespace: "../etc" }, /^namespace: /],
    [{ namespace: "_nodes" }, /^namespace: /],
    [{ namespace: "a".repeat(64) }, /^namespace: has 64 characters, at most 63/],
    [{ namespace: "a".repeat(1_000_000) }, /^namespace: has 1000000 characters/],
    [{ containerId: "" }, /^container_id: is empty$/],
    [{ containerId: "../../x" }, /^container_id: /],
    [{ containerId: "a/b" }, /^container_id: /],
    [{ containerId: "a b" }, /^container_id: /],
    [{ containerId: "a\n" }, /^container_id: "a\\n" is not/],
    [{ containerId: "x".repeat(254) }, /^container_id: has 254/],
    [{ ifName: "eth0/1" }, /^if_name: /],
    [{ ifName: ".." }, /^if_name: /],
    [{ ifName: "sixteen-letters-" }, /^if_name: has 16/],
    [{ podName: "a b" }, /^pod_name: /],
    [{ podName: "-" }, /^pod_name: /],
    [{ nodeName: "n\u0000" }, /^node_name: /],
    [{ staticAddresses: ["10.244.1.5/24"] }, /^static_addresses\[0\]: "10.244.1.5\/24" is not an IP address/],
    [{ staticAddresses: ["10.244.1.5", "10.244.1.6"] }, /^static_addresses: at most one/],
    [
      { staticAddresses: ["192.0.2.1"] },
      /^static_addresses\[0\]: 192.0.2.1 lies outside the cluster's 10.244.0.0\/16, fd00::\/56/,
    ],
    [{ staticAddresses: ["9".repeat(100_000)] }, /^static_addresses\[0\]: "9{64}…" is not/],
    [{ rangeStart: "10.244.0.9", rangeEnd: "10.244.0.3" }, /^range_end: lies before range_start/],
    [{ rangeStart: "10.244.0.9", rangeEnd: "fd00::1" }, /^range_end: is not of the family/],
    [{ rangeStart: "10.245.0.1" }, /^range_start: the range lies outside the cluster's 10.244.0.0\/16/],
    [{ rangeEnd: "10.0.0.1" }, /^range_end: the range lies outside/],
    [{ rangeStart: "tomorrow" }, /^range_start: "tomorrow" is not an IP address/],
  ];
  for (const [change, expected] of cases) {
    t.match(
      refusal(() => parseAllocate(AllocateIPRequest.create({ ...good, ...change }), pool)),
      expected,
    );
  }
  t.end();
});

test("a range needs addresses of the cluster's families", (t) => {
  const only4: PoolConfig = { ...pool, clusterCidrs: [cidr("10.244.0.0/16")] };
  const request = AllocateIPRequest.create({ ...good, rangeStart: "fd00::1" });
  t.equal(
    refusal(() => parseAllocate(request, only4)),
    "range_start: the cluster has no IPv6 addresses",
  );
  t.end();
});

test("good requests", (t) => {
  const wish = parseAllocate(
    AllocateIPRequest.create({
      ...good,
      staticAddresses: ["fd00::5", "10.244.0.5"],
      rangeStart: "10.0.0.1",
      rangeEnd: "10.244.9.9",
    }),
    pool,
  );
  t.strictSame(wish.holder, { kind: "pod", containerId: "c1", ifName: "eth0", nodeName: "n", podName: "p" });
  t.equal(wish.staticAddresses.length, 2);
  const node = parseAllocate(AllocateIPRequest.create({ nodeName: "worker-1.example" }), pool);
  t.strictSame([node.namespace, node.holder], ["", { kind: "node", nodeName: "worker-1.example" }]);
  t.equal(parseNamespace("kube-system"), "kube-system");
  t.equal(parseNodeFilter(""), "");
  t.end();
});

test("releases: by container, by node; a container's namespace may be left out", (t) => {
  t.strictSame(parseRelease(ReleaseIPRequest.create(good)), { key: "pod/c1/eth0", namespace: "web" });
  t.strictSame(parseRelease(ReleaseIPRequest.create({ containerId: "c1", ifName: "net1" })), {
    key: "pod/c1/net1",
    namespace: "",
  });
  t.strictSame(parseRelease(ReleaseIPRequest.create({ nodeName: "n" })), { key: "node/n", namespace: "" });
  t.match(
    refusal(() => parseRelease(ReleaseIPRequest.create({ namespace: "web" }))),
    /^container_id: is empty/,
  );
  t.match(
    refusal(() => parseRelease(ReleaseIPRequest.create({ namespace: "web", nodeName: "n" }))),
    /^container_id: is empty/,
  );
  t.match(
    refusal(() => parseRelease(ReleaseIPRequest.create({ ...good, namespace: "a/b" }))),
    /^namespace: /,
  );
  t.end();
});
