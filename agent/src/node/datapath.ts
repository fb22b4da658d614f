import { access } from "node:fs/promises";
import { AgentError } from "../errors.js";
import { run } from "../exec/run.js";
import { mutate } from "../ovsdb/operations.js";
import { LOCAL_OVS, type OvsClient } from "../ovs/ports.js";

export type Datapath = "system" | "netdev";

const CHOICE = "ovn-bridge-datapath-type";
const { Open_vSwitch } = LOCAL_OVS.tables;

/**
 * The datapath of the integration bridge: the kernel's where the kernel has it, else the userspace one. A choice that
 * the operator made (external_ids:ovn-bridge-datapath-type) stands. The choice is written for ovn-controller, which
 * makes the bridge with it. Throws INVALID_CONFIG for a choice that OVS does not have.
 */
export async function settleDatapath(client: OvsClient, signal: AbortSignal): Promise<Datapath> {
  const [row] = client.table("Open_vSwitch").rows();
  const chosen = row?.external_ids.get(CHOICE);
  if (chosen === "system" || chosen === "netdev") return chosen;
  if (chosen !== undefined) {
    const remedy = "set it to system or netdev, or remove it and the agent chooses";
    throw new AgentError("INVALID_CONFIG", `external_ids:${CHOICE} is ${JSON.stringify(chosen)}: ${remedy}`);
  }
  const datapath: Datapath = (await kernelHasDatapath()) ? "system" : "netdev";
  await client.transact([mutate(Open_vSwitch, [], [["external_ids", "insert", { [CHOICE]: datapath }]])], { signal });
  return datapath;
}

/**
 * How long a restarted ovn-controller keeps the flows of its predecessor while it computes its own, in milliseconds.
 * Without it every restart drops packets of all pods of the node.
 */
const WAIT_BEFORE_CLEAR = { "ovn-ofctrl-wait-before-clear": "3000" };

/** Lets pods talk on through a restart of ovn-controller. A value that the operator set stands. */
export async function keepFlowsThroughRestarts(client: OvsClient, signal: AbortSignal): Promise<void> {
  // An insertion into a map never replaces a value.
  await client.transact([mutate(Open_vSwitch, [], [["external_ids", "insert", WAIT_BEFORE_CLEAR]])], { signal });
}

async function kernelHasDatapath(): Promise<boolean> {
  if (await exists("/sys/module/openvswitch")) return true;
  await run("modprobe", ["openvswitch"]).catch(() => "");
  return exists("/sys/module/openvswitch");
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
