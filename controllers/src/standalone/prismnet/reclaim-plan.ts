import { mutate, type Operation, OVN_Northbound, type Uuid, wait } from "@k8shost/agent/ovsdb";
import { type Block, gateways } from "./block.js";
import type { Ledger } from "./ledger.js";
import { removeBlock } from "./ledger-plan.js";
import { type Range, span } from "./range.js";
import type { Existing } from "./topology-plan.js";

const nb = OVN_Northbound.tables;

/**
 * The block to take back when the cluster CIDR is used up: of those with an address in `range` the one that has been
 * idle longest, at least since `before` (milliseconds since the epoch). Undefined when there is none. The nodes' blocks
 * stay: pods leave through an address of theirs. Pure.
 */
export function idleBlock(ledger: Ledger, range: Range, before: number): Block | undefined {
  const idle = ledger.blocks().flatMap((block) => {
    const since = ledger.idleSince(block);
    const { first, last } = span(block, range);
    return since === undefined || since > before || block.namespace === "" || first > last ? [] : [{ block, since }];
  });
  return idle.sort((a, b) => a.since - b.since)[0]?.block;
}

/**
 * Takes an idle block back: from the ledger, and its gateways from the router. With a namespace's last block goes its
 * port on the router; its switch stays, for what others attached to it, and gets a port again with its next block.
 * `row` is the ledger's row as it was when the block was found idle. The transaction fails and writes nothing when
 * somebody claimed an address or changed the namespace's gateways meanwhile. Pure.
 */
export function takeBack(block: Block, row: ReadonlyMap<string, string>, existing: Existing): readonly Operation[] {
  const { routerPort } = existing;
  const removal = removeBlock(block, row);
  if (routerPort === undefined) return removal;
  const { uuid, networks } = routerPort;
  const gone = gateways(block);
  const unchanged = wait(nb.Logical_Router_Port, uuid, {
    columns: ["networks"],
    until: "==",
    rows: [{ networks }],
    timeoutMs: 0,
  });
  if (networks.every((network) => gone.includes(network))) return [...removal, unchanged, ...unplug(uuid, existing)];
  return [...removal, unchanged, mutate(nb.Logical_Router_Port, uuid, [["networks", "delete", gone]])];
}

function unplug(routerPort: Uuid, { router, logicalSwitch, switchPort }: Existing): Operation[] {
  return [
    ...(router === undefined ? [] : [mutate(nb.Logical_Router, router, [["ports", "delete", [routerPort]]])]),
    ...(logicalSwitch === undefined || switchPort === undefined
      ? []
      : [mutate(nb.Logical_Switch, logicalSwitch, [["ports", "delete", [switchPort]]])]),
  ];
}
