import { AgentError } from "../errors.js";
import type { NorthboundClient } from "../ovn/logical-ports.js";
import type { OvsClient } from "../ovs/ports.js";
import { parsePodMarks } from "../ovn/owner.js";
import type { NodeNetwork } from "./node-network.js";

/**
 * Takes a drained node out of the pod network for good: its management port and address, its internal ports, its
 * source NAT. The agent must be stopped, or it would make them again. Throws BUSY while a pod still has a port here.
 */
export async function decommission(
  node: { readonly nodeNetwork: NodeNetwork; readonly northbound: NorthboundClient; readonly ovs: OvsClient },
  signal: AbortSignal,
): Promise<void> {
  const { nodeNetwork, northbound, ovs } = node;
  await Promise.all([northbound.start(signal), ovs.start(signal)]);
  const pods = [...ovs.table("Port").rows()].flatMap((row) => parsePodMarks(row.external_ids) ?? []);
  if (pods.length > 0) {
    const names = pods.slice(0, 5).map(({ pod }) => `${pod.namespace}/${pod.name}`);
    const message = `${pods.length} pods still have a port on this node (${names.join(", ")}): drain it first`;
    throw new AgentError("BUSY", message);
  }
  await nodeNetwork.remove(signal);
}
