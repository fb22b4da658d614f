import { AgentError } from "../errors.js";
import type { AddressLease, AttachmentKey, AttachmentSpec } from "../network/attachment.js";
import type { ObservedLogicalPort } from "../network/observed.js";
import type { LogicalPortRef, LogicalPorts } from "../network/ports.js";
import { type OvsdbClient, OVN_Northbound, type OvnNorthbound, uuid, WaitTimedOut } from "../ovsdb/index.js";
import { withKnownOutcome } from "../ovsdb-outcome.js";
import { commitPort, type NodeIdentity, removePort, SWITCH_MARK } from "./port-plan.js";
import { CONTAINER, NODE, parsePodMarks } from "./owner.js";

/** The agent reads its own rows of the northbound database, not the cluster's (invariant 8). */
export function northboundMonitor(node: string) {
  return {
    Logical_Switch_Port: {
      columns: ["name", "addresses", "external_ids"],
      anyOf: [["external_ids", "includes", { [NODE]: node }]],
    },
  } as const;
}

export type NorthboundClient = OvsdbClient<OvnNorthbound, ReturnType<typeof northboundMonitor>>;
export const NORTHBOUND = OVN_Northbound;

interface LogicalPortRow {
  readonly _uuid: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly external_ids: ReadonlyMap<string, string>;
}

/** Logical switch ports of this node's pods: written by this agent alone. */
export class NorthboundLogicalPorts implements LogicalPorts {
  readonly #client: NorthboundClient;
  readonly #identity: () => NodeIdentity;

  /** `identity` is asked at each commit: the chassis is known only once the local database is read. */
  constructor(client: NorthboundClient, identity: () => NodeIdentity) {
    this.#client = client;
    this.#identity = identity;
  }

  find(key: AttachmentKey): ObservedLogicalPort | undefined {
    return this.#client
      .table("Logical_Switch_Port")
      .index("external_ids", CONTAINER)
      .find(key.containerId)
      .map(observed)
      .find((port) => port?.marks.key.ifName === key.ifName);
  }

  all(): ObservedLogicalPort[] {
    return [...this.#client.table("Logical_Switch_Port").rows()].flatMap((row) => observed(row) ?? []);
  }

  async commit(spec: AttachmentSpec, lease: AddressLease, signal: AbortSignal): Promise<LogicalPortRef> {
    const { logicalSwitch } = lease;
    const attempt = async (): Promise<LogicalPortRef> => {
      const { operations, port } = commitPort(spec, lease, this.#identity());
      const results = await this.#client.transact(operations, { signal });
      const result = results[operations.indexOf(port)];
      if (result === undefined || !("uuid" in result)) throw new AgentError("INTERNAL", "insert without a row");
      return { uuid: result.uuid, logicalSwitch };
    };
    try {
      return await withKnownOutcome(attempt, () => this.find(spec.key), signal);
    } catch (error) {
      if (!(error instanceof WaitTimedOut)) throw error;
      const message = `logical switch ${logicalSwitch} does not exist, or exists more than once`;
      throw new AgentError("DATABASE", message, { cause: error, fields: { logicalSwitch } });
    }
  }

  async remove(port: LogicalPortRef, signal: AbortSignal): Promise<void> {
    const rowId = uuid(port.uuid);
    const attempt = async (): Promise<true> => {
      await this.#client.transact(removePort(rowId, port.logicalSwitch), { signal });
      return true;
    };
    const gone = (): true | undefined =>
      this.#client.table("Logical_Switch_Port").get(rowId) === undefined ? true : undefined;
    await withKnownOutcome(attempt, gone, signal);
  }
}

function observed(row: LogicalPortRow): ObservedLogicalPort | undefined {
  const marks = parsePodMarks(row.external_ids);
  if (marks === undefined) return undefined;
  const [mac = "", ...addresses] = (row.addresses[0] ?? "").split(" ");
  const logicalSwitch = row.external_ids.get(SWITCH_MARK) ?? "";
  return { uuid: row._uuid, name: row.name, logicalSwitch, mac, addresses, marks };
}
