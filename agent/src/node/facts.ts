import type { Config } from "../config.js";
import { AgentError } from "../errors.js";
import type { Netlink } from "../netlink/port.js";
import type { NodeIdentity } from "../ovn/port-plan.js";
import type { OvsClient } from "../ovs/ports.js";
import { type Datapath, keepFlowsThroughRestarts, settleDatapath } from "./datapath.js";
import { podMtu } from "./underlay.js";

interface Settled {
  readonly chassis: string;
  readonly datapath: Datapath;
  readonly mtu: number;
}

/** What the node's own database and kernel say of it; known once `settle` resolved. */
export class NodeFacts {
  readonly #config: Config;
  #settled: Settled | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Waits until ovs-vswitchd's database names the chassis. Throws INVALID_CONFIG when the MTU can't be found out. */
  async settle(ovs: OvsClient, netlink: Netlink, signal: AbortSignal): Promise<void> {
    const ids = await ovs.waitFor(
      (db) => {
        const [row] = db.table("Open_vSwitch").rows();
        return row?.external_ids.get("system-id") === undefined ? undefined : row.external_ids;
      },
      { signal },
    );
    await keepFlowsThroughRestarts(ovs, signal);
    const { mtu, encapType } = this.#config.network;
    this.#settled = {
      chassis: ids.get("system-id") ?? "",
      datapath: await settleDatapath(ovs, signal),
      mtu: mtu === 0 ? await podMtu(netlink, ids.get("ovn-encap-ip") ?? "", encapType) : mtu,
    };
  }

  get known(): boolean {
    return this.#settled !== undefined;
  }

  get identity(): NodeIdentity {
    return { node: this.#config.nodeName, chassis: this.#require().chassis };
  }

  get datapath(): Datapath {
    return this.#require().datapath;
  }

  get mtu(): number {
    return this.#require().mtu;
  }

  /** The userspace datapath does not complete partial checksums, so senders must. */
  get txChecksum(): boolean {
    return this.datapath === "system";
  }

  #require(): Settled {
    if (this.#settled === undefined) {
      throw new AgentError("OVS_UNAVAILABLE", "the local Open vSwitch database has not been read yet");
    }
    return this.#settled;
  }
}
