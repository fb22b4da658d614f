import type { Logger } from "../log.js";
import { HOST_NETNS, type Netlink } from "../netlink/port.js";
import type { AddPorts } from "./add-run.js";
import type { AttachmentSpec } from "./attachment.js";
import type { PodNetwork } from "./pod-network.js";
import { planSweep, type SweepAction } from "./sweep-plan.js";

export interface SweepReport {
  readonly removed: number;
  readonly repaired: number;
  readonly failed: number;
  /** False when PrismNET could not be asked: then addresses are judged by the next sweep. */
  readonly addressesJudged: boolean;
}

/**
 * Brings this node's leftovers in line, after every source was read once (invariant 5). It runs before the first verb
 * is served, so nothing that it judges is being made at the same time.
 */
export async function sweep(
  network: PodNetwork,
  ports: AddPorts,
  options: { mtu: number; log: Logger; signal: AbortSignal },
): Promise<SweepReport> {
  const { log, signal } = options;
  const [links, allocations] = await Promise.all([
    network.links(),
    ports.addresses.list(signal).catch((error: unknown) => {
      log.warn({ err: error }, "PrismNET could not be asked for this node's addresses; they are judged later");
      return undefined;
    }),
  ]);
  const state = { links, ovsPorts: ports.ovsPorts.all(), logicalPorts: ports.logicalPorts.all(), allocations };
  const actions = planSweep(state);
  const counts = { removed: 0, repaired: 0, failed: 0 };
  await Promise.all(
    actions.map(async (action) => {
      const fields = { container: action.key.containerId, pod: action.pod.name, namespace: action.pod.namespace };
      try {
        await carryOut(action, network, ports.netlink, options);
        counts[action.kind === "remove" ? "removed" : "repaired"] += 1;
        log.info(fields, `sweep: ${action.kind} attachment: ${action.reason}`);
      } catch (error) {
        counts.failed += 1;
        log.error({ ...fields, err: error }, `sweep: cannot ${action.kind} attachment: ${action.reason}`);
      }
    }),
  );
  return { ...counts, addressesJudged: allocations !== undefined };
}

async function carryOut(
  action: SweepAction,
  network: PodNetwork,
  netlink: Netlink,
  { mtu, signal }: { mtu: number; signal: AbortSignal },
): Promise<void> {
  if (action.kind === "remove") {
    await network.del(action.key, action.pod, signal, "SWEEP");
    return;
  }
  const [link] = await netlink.links(HOST_NETNS, action.observed.link?.name);
  const spec: AttachmentSpec = {
    key: action.key,
    pod: action.pod,
    netns: action.netns,
    mtu: link?.mtu ?? mtu,
    staticAddresses: action.addresses,
    rangeStart: "",
    rangeEnd: "",
    subnet: "",
    routes: [],
  };
  await network.repair(spec, signal);
}
