import { type Test, test } from "tap";
import { FakeNetlink } from "./fake.js";
import { LinuxNetlink } from "./linux.js";
import type { Bed } from "./testing/bed.js";
import { testAddressing } from "./testing/contract-addressing.js";
import { testCalls } from "./testing/contract-calls.js";
import { testDeletion, testLinks } from "./testing/contract-links.js";
import { makeNamespace, removeNamespace } from "./testing/namespaces.js";

/** The same tests for both: who tests against the fake relies on its answers being the kernel's. */
function testContract(implementation: string, open: (t: Test) => Promise<Bed>): void {
  const check = (name: string, run: (t: Test, bed: Bed) => Promise<void>) =>
    test(`${implementation}: ${name}`, async (t) => {
      const bed = await open(t);
      t.teardown(() => bed.netlink.close());
      await run(t, bed);
    });
  for (const register of [testLinks, testDeletion, testAddressing, testCalls]) register(check);
}

testContract("fake", async () => {
  const netlink = new FakeNetlink();
  let count = 0;
  return {
    netlink,
    makeNetns() {
      const path = `/run/netns/fake-${count++}`;
      netlink.addNetns(path);
      return path;
    },
    removeNetns: (path) => netlink.removeNetns(path),
  };
});

testContract("kernel", async (t) => {
  const namespaces = [makeNamespace()];
  t.teardown(() => namespaces.forEach(removeNamespace));
  const netlink = new LinuxNetlink({ hostNetns: namespaces[0]?.path ?? "" });
  await netlink.start();
  return {
    netlink,
    makeNetns() {
      const namespace = makeNamespace();
      namespaces.push(namespace);
      return namespace.path;
    },
    removeNetns(path) {
      for (const namespace of namespaces) if (namespace.path === path) removeNamespace(namespace);
    },
  };
});
