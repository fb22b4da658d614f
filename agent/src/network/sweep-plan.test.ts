import t from "tap";
import type { NodeState } from "./sweep-plan.js";
import { planSweep } from "./sweep-plan.js";
import { allocationOf, attachmentSpec, linkOf, logicalPortOf, ovsPortOf } from "./testing/fixtures.js";

const spec = attachmentSpec();
const whole: NodeState = {
  links: [linkOf(spec)],
  ovsPorts: [ovsPortOf(spec)],
  logicalPorts: [logicalPortOf(spec)],
  allocations: [allocationOf(spec)],
};

function text(state: Partial<NodeState>): string {
  return planSweep({ ...whole, ...state })
    .map(({ kind, key, reason }) => `${kind} ${key.containerId}/${key.ifName}: ${reason}`)
    .join("\n");
}

t.test("a whole attachment is left alone", async (t) => {
  t.equal(text({}), "");
  t.equal(text({ allocations: undefined }), "", "also when PrismNET could not be asked");
});

t.test("without its link an attachment is dead, whatever else is left of it", async (t) => {
  const dead = "remove c1/eth0: its link is gone";
  t.equal(text({ links: [] }), dead);
  t.equal(text({ links: [], ovsPorts: [], logicalPorts: [] }), dead);
  t.equal(text({ links: [], ovsPorts: [], allocations: [] }), dead);
});

t.test("an ADD that was cut short is removed at every stage", async (t) => {
  const links = [linkOf(spec, false)];
  const short = "remove c1/eth0: its ADD was cut short";
  t.equal(text({ links }), short);
  t.equal(text({ links, ovsPorts: [] }), short);
  t.equal(text({ links, ovsPorts: [], logicalPorts: [], allocations: [] }), short);
});

t.test("a running pod gets back what it lost", async (t) => {
  t.equal(text({ logicalPorts: [] }), "repair c1/eth0: its logical port is missing");
  t.equal(text({ ovsPorts: [] }), "repair c1/eth0: its OVS port is missing");
  t.equal(text({ allocations: [] }), "repair c1/eth0: its address is not allocated");
  const [repair] = planSweep({ ...whole, logicalPorts: [] });
  t.match(repair, { kind: "repair", netns: spec.netns, addresses: ["10.244.1.5"], pod: spec.pod });
});

t.test("a marked link that nothing else knows can't be repaired", async (t) => {
  t.equal(text({ ovsPorts: [], logicalPorts: [] }), "remove c1/eth0: nothing tells which pod it belonged to");
});
