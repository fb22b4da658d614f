import type { Test } from "tap";
import { OVN_Northbound, OvsdbClient, type ClientOptions, type OvnNorthbound } from "../index.js";
import { startServer, type TestServer } from "./server.js";

/** Options of a wait that must come true: the deadline only ends a test that has failed. */
export const generous = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(30_000) });

const monitor = {
  Logical_Switch: { columns: ["name", "ports", "external_ids"] },
  Logical_Switch_Port: { columns: ["name", "up", "tag", "external_ids"] },
} as const;

export type Northbound = OvsdbClient<OvnNorthbound, typeof monitor>;
type Options = Partial<Omit<ClientOptions<OvnNorthbound, typeof monitor>, "monitor" | "database">>;

/** A northbound database for the length of a test. */
export async function startNorthbound(t: Test): Promise<TestServer> {
  const server = await startServer({ schema: "nb" });
  t.teardown(() => server.stop());
  return server;
}

/** A client of switches and ports, closed with the test; not started. */
export function northboundClient(t: Test, remotes: readonly string[], options: Options = {}): Northbound {
  const client = new OvsdbClient({ name: "nb", remotes, database: OVN_Northbound, monitor, ...options });
  t.teardown(() => client.close());
  return client;
}

/** The same, in sync. */
export async function connect(t: Test, remotes: readonly string[], options: Options = {}): Promise<Northbound> {
  const client = northboundClient(t, remotes, options);
  await client.start(AbortSignal.timeout(30_000));
  return client;
}
