import type { Config } from "../config.js";
import type { Logger } from "../log.js";
import { type ClientStatus, OVN_Southbound, OvsdbClient } from "../ovsdb/index.js";
import { databaseLog } from "../ovsdb-log.js";
import { tlsOf } from "../ovsdb-tls.js";
import type { OvsClient } from "../ovs/ports.js";
import type { NodeFacts } from "./facts.js";

interface ChassisReader {
  status(): ClientStatus;
  close(): Promise<void>;
}

/**
 * Watches this node's row of the southbound table Chassis, for the status alone: pods don't need it. The remote is the
 * one that ovn-controller uses (external_ids:ovn-remote) unless the configuration names another.
 */
export class ChassisWatch {
  readonly #config: Config["southbound"];
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #reader: ChassisReader | undefined;
  #registered: () => boolean = () => false;
  #name = "";

  constructor(config: Config["southbound"], log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /** Begins once the chassis is known. Returns at once. */
  start(ovs: OvsClient, facts: NodeFacts): void {
    const [row] = ovs.table("Open_vSwitch").rows();
    const remotes =
      this.#config.remotes.length > 0 ? this.#config.remotes : [row?.external_ids.get("ovn-remote") ?? ""];
    if (remotes[0] === "") return;
    const name = facts.identity.chassis;
    const client = new OvsdbClient({
      name: "southbound",
      remotes,
      database: OVN_Southbound,
      monitor: { Chassis: { columns: ["name"], anyOf: [["name", "==", name]] } },
      leaderOnly: false,
      ...tlsOf(this.#config.tls),
      log: databaseLog(this.#log),
    });
    this.#name = name;
    this.#reader = client;
    client.start(this.#stop.signal).then(
      () => (this.#registered = () => client.connected && client.table("Chassis").size > 0),
      (error: unknown) => this.#log.debug({ err: error }, "the southbound database is not watched"),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reader?.close();
  }

  /** The chassis' name when ovn-controller has registered it; empty otherwise. */
  get chassis(): string {
    return this.#registered() ? this.#name : "";
  }

  status(): ClientStatus[] {
    return this.#reader === undefined ? [] : [this.#reader.status()];
  }
}
