import type { Logger } from "./log.js";
import type { ClientEvent } from "./ovsdb/index.js";

/** Writes what a database client does into the log: losing a database is worth a warning, trying again is not. */
export function databaseLog(log: Logger): (event: ClientEvent) => void {
  return ({ event, client, ...about }) => {
    const { error, ...keys } = { error: undefined, ...about };
    const line = { ...keys, module: "ovsdb", ...(error === undefined ? {} : { err: error }) };
    const level = event === "disconnected" || event === "listener-failed" ? "warn" : "debug";
    log[level](line, `${client}: ${event}`);
  };
}
