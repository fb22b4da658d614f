import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import {
  Cancelled,
  type ClientEvent,
  ClientClosed,
  ConnectionLost,
  ConstraintViolation,
  type MonitorSpec,
  type Operation,
  OVN_Northbound,
  type OvnNorthbound,
  OvsdbClient,
  ReferentialIntegrityViolation,
  type Results,
  select,
  UnknownOutcome,
  WaitTimedOut,
} from "@k8shost/agent/ovsdb";
import type { Logger } from "pino";
import { StatusError } from "../status-error.js";
import { BLOCK_OWNER, OWNER_MARK } from "./block.js";
import type { PrismnetConfig } from "./config.js";
import { Ledger } from "./ledger.js";

/** The ledger's rows are all that the server holds in memory; the topology is read when it is needed. */
const monitor = {
  Address_Set: {
    columns: ["name", "external_ids"],
    anyOf: [["external_ids", "includes", { [OWNER_MARK]: BLOCK_OWNER }]],
  },
} as const satisfies MonitorSpec<OvnNorthbound>;

const NB_GLOBAL = OVN_Northbound.tables.NB_Global;

/** The northbound database: the only store. Its errors leave here as gRPC statuses. */
export class Northbound {
  readonly ledger = new Ledger();
  readonly #client: OvsdbClient<OvnNorthbound, typeof monitor>;

  constructor({ remotes, tls }: PrismnetConfig["northbound"], log: Logger) {
    this.#client = new OvsdbClient({
      name: "northbound",
      remotes,
      database: OVN_Northbound,
      monitor,
      ...(tls.ca === undefined
        ? {}
        : {
            tls: {
              caFile: tls.ca,
              ...(tls.cert === undefined ? {} : { certFile: tls.cert }),
              ...(tls.key === undefined ? {} : { keyFile: tls.key }),
            },
          }),
      log: eventLog(log),
    });
    this.#client.table("Address_Set").onChange(({ old, new: row }) => {
      if (row === undefined) {
        if (old !== undefined) this.ledger.remove(old._uuid);
      } else if (!this.ledger.apply(row._uuid, row.external_ids)) {
        log.error({ row: row._uuid, name: row.name }, "not a sound block; its addresses are not given out");
      }
    });
  }

  /** Resolves when the ledger was read for the first time; rejects when the database's schema is not OVN's. */
  start(signal: AbortSignal): Promise<void> {
    return this.#client.start(signal);
  }

  /** Called at every reconnection, after the ledger was read again. */
  onReconnect(listener: () => void): void {
    this.#client.onConnection((connected) => {
      if (connected) listener();
    });
  }

  /** The ledger is as the database was at some moment after this call. @throws StatusError UNAVAILABLE. */
  async refresh(signal: AbortSignal): Promise<void> {
    // The server sends the updates of all earlier commits before the reply.
    await this.read([select(NB_GLOBAL, [], ["_uuid"])], signal);
  }

  /** Results of operations that only read. @throws StatusError UNAVAILABLE. */
  async read<const O extends readonly Operation[]>(operations: O, signal: AbortSignal): Promise<Results<O>> {
    for (let attempt = 0; ; attempt += 1) {
      const results = await this.#try(operations, signal);
      if (results !== undefined) return results;
      await pause(attempt, signal);
    }
  }

  /**
   * True when the operations are committed, and the ledger shows it. False when a guard among them refused or the outcome
   * is unknown: the ledger shows what became of it, so look again before another attempt.
   * @throws StatusError UNAVAILABLE while the database is away until the signal fires.
   */
  async commit(operations: readonly Operation[], signal: AbortSignal): Promise<boolean> {
    return (await this.#try(operations, signal)) !== undefined;
  }

  /** `error`, or the reason behind it: who ran out of time while the database was away was waiting for that. */
  explain(error: unknown): unknown {
    const late = error instanceof StatusError && error.code === status.DEADLINE_EXCEEDED;
    return late && !this.#client.connected ? this.#unavailable(error) : error;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #try<const O extends readonly Operation[]>(
    operations: O,
    signal: AbortSignal,
  ): Promise<Results<O> | undefined> {
    try {
      await this.#client.synced({ signal });
      return await this.#client.transact(operations, { signal });
    } catch (error) {
      if (error instanceof UnknownOutcome && !signal.aborted) return await this.#settled(error, signal);
      if (refusals.some((refusal) => error instanceof refusal)) return undefined;
      if (error instanceof ConnectionLost && !signal.aborted) return undefined;
      throw this.#toStatus(error, signal);
    }
  }

  async #settled(unknown: UnknownOutcome, signal: AbortSignal): Promise<undefined> {
    try {
      await unknown.settled(signal);
    } catch (error) {
      throw this.#toStatus(error, signal);
    }
    return undefined;
  }

  #unavailable(cause: unknown): StatusError {
    const { remote, error } = this.#client.status();
    const reason = error === "" ? "not connected yet" : error;
    return new StatusError(status.UNAVAILABLE, `northbound database ${remote}: ${reason}`, { cause });
  }

  #toStatus(error: unknown, signal: AbortSignal): StatusError {
    if (error instanceof ClientClosed) return new StatusError(status.UNAVAILABLE, "the server is shutting down");
    if (!this.#client.connected) return this.#unavailable(error);
    if (error instanceof Cancelled || error instanceof UnknownOutcome) {
      if (signal.reason instanceof StatusError) return signal.reason;
      return new StatusError(status.DEADLINE_EXCEEDED, "the northbound database did not answer in time", {
        cause: error,
      });
    }
    const message = error instanceof Error ? error.message : String(error);
    return new StatusError(status.INTERNAL, `northbound database: ${message}`, { cause: error });
  }
}

/** Logs what troubles the connection, each trouble once until the database is in sync again: it is retried for ever. */
function eventLog(log: Logger): (event: ClientEvent) => void {
  const told = new Set<string>();
  return (event) => {
    const trouble = troubleOf(event);
    if (event.event === "synced") told.clear();
    if (trouble === undefined || told.has(trouble)) {
      log.debug(event, "northbound database");
      return;
    }
    told.add(trouble);
    log.warn(
      { event: event.event, ...("remote" in event ? { remote: event.remote } : {}) },
      `northbound database: ${trouble}`,
    );
  };
}

function troubleOf(event: ClientEvent): string | undefined {
  switch (event.event) {
    case "disconnected":
      return event.error.message;
    case "skipped":
      return event.reason;
    case "listener-failed":
      return event.error instanceof Error ? event.error.message : String(event.error);
    case "connecting":
    case "synced":
    case "schema":
      return undefined;
  }
}

/** Another writer was faster. */
const refusals = [WaitTimedOut, ConstraintViolation, ReferentialIntegrityViolation];

/** Waits before the next attempt, longer with each; contenders draw different times. @throws the signal's reason. */
export async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.random() * Math.min(200, 2 ** attempt);
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
