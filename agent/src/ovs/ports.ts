import { AgentError } from "../errors.js";
import type { AttachmentKey, AttachmentSpec } from "../network/attachment.js";
import type { ObservedOvsPort } from "../network/observed.js";
import type { OvsPortRef, OvsPorts } from "../network/ports.js";
import { CONTAINER, OWNER, POD, type OwnerKind, parsePodMarks } from "../ovn/owner.js";
import { Open_vSwitch, type OpenVswitch, type OvsdbClient, uuid, WaitTimedOut } from "../ovsdb/index.js";
import { withKnownOutcome } from "../ovsdb-outcome.js";
import { plugPort, unplugPort } from "./port-plan.js";

const OURS = (["pod", "node"] satisfies OwnerKind[]).map(
  (kind) => ["external_ids", "includes", { [OWNER]: kind }] as const,
);

/** Our own ports of the local database, and the few facts of the node that OVN keeps there. */
export const ovsMonitor = {
  Open_vSwitch: { columns: ["external_ids", "datapath_types"] },
  Bridge: { columns: ["name", "datapath_type"] },
  Port: { columns: ["name", "external_ids"], anyOf: OURS },
  Interface: {
    columns: ["name", "external_ids", "ofport", "link_state", "error", "ifindex", "mac_in_use"],
    anyOf: OURS,
  },
} as const;

export type OvsClient = OvsdbClient<OpenVswitch, typeof ovsMonitor>;
export const LOCAL_OVS = Open_vSwitch;

/** Ports of this node's pods on the integration bridge. */
export class LocalOvsPorts implements OvsPorts {
  readonly #client: OvsClient;
  readonly #where: { readonly bridge: string; readonly node: string };

  constructor(client: OvsClient, where: { readonly bridge: string; readonly node: string }) {
    this.#client = client;
    this.#where = where;
  }

  find(key: AttachmentKey): ObservedOvsPort | undefined {
    return this.#client
      .table("Port")
      .index("external_ids", CONTAINER)
      .find(key.containerId)
      .map((row) => this.#observed(row))
      .find((port) => port?.marks.key.ifName === key.ifName);
  }

  all(): ObservedOvsPort[] {
    return [...this.#client.table("Port").rows()].flatMap((row) => this.#observed(row) ?? []);
  }

  ofPod(name: string): ObservedOvsPort[] {
    const rows = this.#client.table("Port").index("external_ids", POD).find(name);
    return rows.flatMap((row) => this.#observed(row) ?? []);
  }

  async plug(spec: AttachmentSpec, link: string, logicalPort: string, signal: AbortSignal): Promise<OvsPortRef> {
    const attempt = async (): Promise<OvsPortRef> => {
      const { operations, port } = plugPort(spec, link, logicalPort, this.#where);
      const results = await this.#client.transact(operations, { signal });
      const result = results[operations.indexOf(port)];
      if (result === undefined || !("uuid" in result)) throw new AgentError("INTERNAL", "insert without a row");
      return { portUuid: result.uuid };
    };
    try {
      return await withKnownOutcome(attempt, () => this.find(spec.key), signal);
    } catch (error) {
      if (!(error instanceof WaitTimedOut)) throw error;
      const message = `bridge ${this.#where.bridge} does not exist: is ovn-controller running?`;
      throw new AgentError("OVS_UNAVAILABLE", message, { cause: error });
    }
  }

  async unplug(port: OvsPortRef, signal: AbortSignal): Promise<void> {
    const rowId = uuid(port.portUuid);
    const attempt = async (): Promise<true> => {
      await this.#client.transact(unplugPort(rowId, this.#where.bridge), { signal });
      return true;
    };
    await withKnownOutcome(
      attempt,
      () => (this.#client.table("Port").get(rowId) === undefined ? true : undefined),
      signal,
    );
  }

  async untilInstalled(link: string, signal: AbortSignal): Promise<void> {
    const interfaces = this.#client.table("Interface").index("name");
    try {
      await interfaces.waitFor(link, (row) => row?.external_ids.get("ovn-installed") === "true", { signal });
    } catch (error) {
      const row = interfaces.get(link);
      const seen =
        row === undefined
          ? "the port is not in the local database any more"
          : `ofport ${row.ofport ?? "none"}, link ${row.link_state ?? "unknown"}${row.error === undefined ? "" : `, ${row.error}`}`;
      const reason: unknown = signal.reason;
      const code = reason instanceof AgentError ? reason.code : "OVS_UNAVAILABLE";
      const why = reason instanceof AgentError ? `${reason.message}: ` : "";
      throw new AgentError(code, `${why}${link}: ${seen}`, { cause: error });
    }
  }

  #observed(row: PortRow): ObservedOvsPort | undefined {
    const marks = parsePodMarks(row.external_ids);
    if (marks === undefined) return undefined;
    const device = this.#client.table("Interface").index("name").get(row.name);
    return {
      portUuid: row._uuid,
      link: row.name,
      logicalPort: device?.external_ids.get("iface-id") ?? "",
      marks,
      ofport: typeof device?.ofport === "number" ? device.ofport : undefined,
      linkUp: device?.link_state === "up",
      installed: device?.external_ids.get("ovn-installed") === "true",
      error: device?.error ?? "",
    };
  }
}

interface PortRow {
  readonly _uuid: string;
  readonly name: string;
  readonly external_ids: ReadonlyMap<string, string>;
}
