import t from "tap";
import { contradicts, planAdd } from "./add-plan.js";
import { NOTHING } from "./observed.js";
import { attachmentSpec, linkOf, logicalPortOf, ovsPortOf } from "./testing/fixtures.js";

const spec = attachmentSpec();
const [link, ovsPort, logicalPort] = [linkOf(spec), ovsPortOf(spec), logicalPortOf(spec)];

/** The plan as text: phases by line, lanes by "|". */
function text(observed: Parameters<typeof planAdd>[1]): string {
  return planAdd(spec, observed)
    .phases.map((lanes) => lanes.map((lane) => lane.map((step) => step.kind).join(", ")).join(" | "))
    .join("\n");
}

t.test("a new attachment takes every step", async (t) => {
  t.equal(
    text(NOTHING),
    "allocate, commit-logical-port | create-link, plug-ovs-port\nconfigure-sandbox | await-installed",
  );
});

t.test("a repeated ADD asks for the address and waits", async (t) => {
  t.equal(text({ link, ovsPort, logicalPort }), "allocate\nawait-installed");
});

t.test("an ADD that was cut short is completed", async (t) => {
  const fresh = linkOf(spec, false);
  t.equal(
    text({ ...NOTHING, link: fresh }),
    "allocate, commit-logical-port | plug-ovs-port\nconfigure-sandbox | await-installed",
  );
  t.equal(text({ link: fresh, ovsPort, logicalPort }), "allocate\nconfigure-sandbox | await-installed");
  t.equal(
    text({ ...NOTHING, logicalPort }),
    "allocate | create-link, plug-ovs-port\nconfigure-sandbox | await-installed",
  );
});

t.test("what can't be completed contradicts", async (t) => {
  t.notOk(contradicts(spec, NOTHING));
  t.notOk(contradicts(spec, { link, ovsPort, logicalPort }));
  t.ok(contradicts(spec, { ...NOTHING, ovsPort }), "an OVS port whose link is gone");
  for (const other of [
    attachmentSpec({ netns: "/run/netns/other" }),
    attachmentSpec({ pod: { ...spec.pod, uid: "u2" } }),
    attachmentSpec({ pod: { ...spec.pod, namespace: "blue" } }),
    attachmentSpec({ pod: { ...spec.pod, name: "db" } }),
  ]) {
    t.ok(contradicts(spec, { link, ovsPort: ovsPortOf(other), logicalPort }));
    t.ok(contradicts(spec, { link, ovsPort, logicalPort: logicalPortOf(other) }));
  }
});
