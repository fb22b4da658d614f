import t from "tap";
import { AgentError } from "../errors.js";
import { KeyedLock } from "../keyed-lock.js";
import { FakeNetlink } from "../netlink/fake.js";
import type { AttachmentSpec } from "./attachment.js";
import { Janitor } from "./janitor.js";
import { PodNetwork } from "./pod-network.js";
import { attachmentSpec } from "./testing/fixtures.js";
import { World } from "./testing/world.js";

const signal = new AbortController().signal;
const spec = attachmentSpec();

function setUp(...more: AttachmentSpec[]) {
  const world = new World();
  const kernel = new FakeNetlink(...[spec, ...more].map(({ netns }) => netns));
  const { addresses, logicalPorts, ovsPorts } = world;
  const netlink = world.netlink(kernel);
  const janitor = new Janitor();
  const network = new PodNetwork({
    ports: { addresses, logicalPorts, ovsPorts, netlink, txChecksum: () => false },
    locks: new KeyedLock(),
    janitor,
    observe: () => () => undefined,
    onStep: () => undefined,
  });
  const empty = kernel.state();
  /** Everything that exists of any attachment. */
  const left = () => ({
    leases: world.leases.size,
    logical: world.logical.size,
    plugged: world.plugged.size,
    links: kernel.state() === empty ? "" : kernel.state(),
  });
  return { world, kernel, network, janitor, left };
}

const nothing = { leases: 0, logical: 0, plugged: 0, links: "" };

t.test("ADD makes everything, DEL removes everything, both may be repeated", async (t) => {
  const { world, network, left } = setUp();
  const first = await network.add(spec, signal);
  t.match(first.lease.addresses, [{ address: "10.244.1.5/24" }]);
  const state = left();
  const again = await network.add(spec, signal);
  t.same(again.lease, first.lease);
  t.same(left(), state, "a repeated ADD changes nothing");
  t.equal(world.calls.filter((call) => call === "commit").length, 1);
  await network.del(spec.key, spec.pod, signal);
  t.same(left(), nothing);
  await network.del(spec.key, { namespace: "", name: "", uid: "" }, signal);
});

for (const moment of ["beforeCall", "afterCall"] as const) {
  t.test(`an ADD that fails at any call leaves nothing (${moment})`, async (t) => {
    const reference = setUp();
    await reference.network.add(spec, signal);
    const calls = reference.world.calls.length;
    t.equal(calls, 7);
    for (let failing = 0; failing < calls; failing += 1) {
      const { world, network, left } = setUp();
      let seen = 0;
      let name = "";
      world[moment] = (call) => {
        if (seen++ !== failing) return;
        name = call;
        throw new Error(`broken ${call}`);
      };
      const error = await network.add(spec, signal).catch((thrown: unknown) => thrown);
      t.type(error, AgentError);
      t.match((error as AgentError).message, /^[a-z-]+: .*broken .*\(look at /, `${name} is explained`);
      t.same(left(), nothing, `nothing is left after ${name} failed`);
      await network.add(spec, signal);
      t.equal(left().logical, 1, `ADD works again after ${name}`);
    }
  });

  t.test(`a DEL that fails at any call is completed by the next one (${moment})`, async (t) => {
    const reference = setUp();
    await reference.network.add(spec, signal);
    const before = reference.world.calls.length;
    await reference.network.del(spec.key, spec.pod, signal);
    const calls = reference.world.calls.length - before;
    for (let failing = 0; failing < calls; failing += 1) {
      const { world, network, left } = setUp();
      await network.add(spec, signal);
      let seen = 0;
      world[moment] = (call) => {
        if (seen++ === failing) throw new Error(`broken ${call}`);
      };
      await t.rejects(network.del(spec.key, spec.pod, signal), { name: "AgentError" });
      t.notOk(world.leases.size === 0 && world.logical.size > 0, "no address is free while a port carries it");
      await network.del(spec.key, spec.pod, signal);
      t.same(left(), nothing);
    }
  });
}

t.test("a repeated ADD that fails takes nothing from the running pod", async (t) => {
  for (const moment of ["beforeCall", "afterCall"] as const) {
    for (const failing of ["allocate", "installed"]) {
      const { world, network, left } = setUp();
      await network.add(spec, signal);
      const state = left();
      world[moment] = (call) => {
        if (call === failing) throw new Error(`broken ${call}`);
      };
      await t.rejects(network.add(spec, signal));
      t.same(left(), state, `${failing}, ${moment}`);
    }
  }
});

t.test("a caller that goes away while ADD waits for OVN is rolled back", async (t) => {
  const { world, network, left } = setUp();
  const caller = new AbortController();
  world.installed = (inner) =>
    new Promise((_resolve, reject) => {
      inner.addEventListener("abort", () => reject(inner.reason as Error));
      caller.abort(new AgentError("CANCELLED", "the caller went away"));
    });
  await t.rejects(network.add(spec, caller.signal), { code: "CANCELLED", message: /^installed: / });
  t.same(left(), nothing);
});

t.test("what can't be taken back is the janitor's, until an ADD makes it whole", async (t) => {
  const { world, network, janitor, left } = setUp();
  let away = true;
  world.beforeCall = (call) => {
    if (away && (call === "installed" || call === "remove")) throw new Error("the database is away");
  };
  await t.rejects(network.add(spec, signal));
  t.match(left(), { logical: 1, leases: 1, plugged: 0 }, "the address stays with the port that carries it");
  t.equal(janitor.pending, 1);
  await t.rejects(network.clean(spec.key, spec.pod, signal), "still away");
  away = false;
  await network.clean(spec.key, spec.pod, signal);
  t.same(left(), nothing);

  janitor.cleanLater(spec.key, spec.pod);
  await network.add(spec, signal);
  t.equal(janitor.pending, 0, "a whole attachment is nobody's chore");
  await network.clean(spec.key, spec.pod, signal);
  t.equal(left().logical, 1, "a chore that came too late does nothing");
});

t.test("a new sandbox of the same pod evicts the old one", async (t) => {
  const newer = attachmentSpec({ key: { containerId: "c2", ifName: "eth0" }, netns: "/run/netns/c2" });
  const { world, network } = setUp(newer);
  await network.add(spec, signal);
  await network.add(newer, signal);
  t.same([...world.leases.keys()], ["c2/eth0"]);
  t.equal(world.plugged.size, 1);
  t.equal(world.logical.size, 1);
});

t.test("another network namespace under the same container: the old attachment goes first", async (t) => {
  const moved = attachmentSpec({ netns: "/run/netns/elsewhere" });
  const { world, network, kernel } = setUp(moved);
  await network.add(spec, signal);
  await network.add(moved, signal);
  t.equal(world.plugged.size, 1);
  t.equal((await kernel.links(moved.netns, "eth0")).length, 1);
  t.equal((await kernel.links(spec.netns, "eth0")).length, 0);
});

t.test("GC keeps what is valid and leaves alone what another verb works on", async (t) => {
  const others = ["c2", "c3"].map((containerId) =>
    attachmentSpec({
      key: { containerId, ifName: "eth0" },
      netns: `/run/netns/${containerId}`,
      pod: { namespace: "default", name: containerId, uid: containerId },
    }),
  );
  const { world, network, left } = setUp(...others);
  for (const one of [spec, ...others]) await network.add(one, signal);
  t.same(
    await network.gc([spec.key], signal),
    others.map(({ key }) => key),
  );
  t.same([...world.leases.keys()], ["c1/eth0"]);
  t.match(left(), { logical: 1, plugged: 1 });
});

t.test("fifty pods at once, and ADD and DEL of one pod at once", async (t) => {
  const specs = Array.from({ length: 50 }, (_, i) =>
    attachmentSpec({
      key: { containerId: `b${i}`, ifName: "eth0" },
      netns: `/run/netns/b${i}`,
      pod: { namespace: "default", name: `pod-${i}`, uid: `${i}` },
    }),
  );
  const { world, network, left } = setUp(...specs);
  const added = await Promise.all(specs.map((one) => network.add(one, signal)));
  t.equal(new Set(added.map(({ lease }) => lease.addresses[0]?.address)).size, 50);
  t.equal(world.plugged.size, 50);
  const mixed = specs.flatMap((one) => [network.add(one, signal), network.del(one.key, one.pod, signal)]);
  await Promise.all(mixed);
  t.same(left(), nothing, "the later of two wins");
});

t.test("CHECK names what is missing", async (t) => {
  const { world, network } = setUp();
  const { lease } = await network.add(spec, signal);
  const [{ address } = { address: "" }] = lease.addresses;
  const expected = { key: spec.key, netns: spec.netns, addresses: [address], routes: [], mac: lease.mac };
  await network.check(expected, signal);
  world.plugged.clear();
  await t.rejects(network.check(expected, signal), { code: "CHECK_FAILED", message: /integration bridge/ });
});
