import { existsSync } from "node:fs";
import { test, type Test } from "tap";
import { ovsMonitor, type OvsClient } from "../ovs/ports.js";
import { insert, mutate, Open_vSwitch, OvsdbClient } from "../ovsdb/index.js";
import { startServer } from "../ovsdb/testing/server.js";
import { keepFlowsThroughRestarts, settleDatapath } from "./datapath.js";

const { tables } = Open_vSwitch;
const CHOICE = "ovn-bridge-datapath-type";
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

/** A local database as `ovs-vsctl init` leaves it, with these external_ids. */
async function localDatabase(t: Test, externalIds: Readonly<Record<string, string>>): Promise<OvsClient> {
  const server = await startServer({ schema: "vswitch" });
  t.teardown(() => server.stop());
  const remotes = [server.remote];
  const client = new OvsdbClient({ name: "ovs", remotes, database: Open_vSwitch, monitor: ovsMonitor });
  t.teardown(() => client.close());
  await client.start(soon());
  await client.transact([insert(tables.Open_vSwitch, { external_ids: externalIds })], { signal: soon() });
  return client;
}

function chosen(client: OvsClient): string | undefined {
  const [row] = client.table("Open_vSwitch").rows();
  return row?.external_ids.get(CHOICE);
}

test("the datapath of this kernel is found and written for ovn-controller", async (t) => {
  const client = await localDatabase(t, { hostname: "node1" });
  const datapath = await settleDatapath(client, soon());
  // After the call: it has loaded the module if there is one.
  t.equal(datapath, existsSync("/sys/module/openvswitch") ? "system" : "netdev");
  t.equal(chosen(client), datapath);
  t.equal(await settleDatapath(client, soon()), datapath, "and stays");
});

for (const operators of ["system", "netdev"]) {
  test(`an operator's choice of ${operators} stands, whatever the kernel has`, async (t) => {
    const client = await localDatabase(t, { [CHOICE]: operators });
    t.equal(await settleDatapath(client, soon()), operators);
    t.equal(chosen(client), operators);
  });
}

test("a choice that OVS does not have is refused and left as it is", async (t) => {
  const client = await localDatabase(t, { [CHOICE]: "kernel" });
  await t.rejects(settleDatapath(client, soon()), {
    code: "INVALID_CONFIG",
    message: /ovn-bridge-datapath-type is "kernel"/,
  });
  t.equal(chosen(client), "kernel");
});

test("flows are kept through restarts of ovn-controller, for as long as the operator says", async (t) => {
  const key = "ovn-ofctrl-wait-before-clear";
  const client = await localDatabase(t, {});
  await keepFlowsThroughRestarts(client, soon());
  const externalIds = (): ReadonlyMap<string, string> | undefined =>
    [...client.table("Open_vSwitch").rows()][0]?.external_ids;
  t.equal(externalIds()?.get(key), "3000");
  const operators = mutate(
    tables.Open_vSwitch,
    [],
    [
      ["external_ids", "delete", [key]],
      ["external_ids", "insert", { [key]: "500" }],
    ],
  );
  await client.transact([operators], { signal: soon() });
  await keepFlowsThroughRestarts(client, soon());
  t.equal(externalIds()?.get(key), "500");
});
