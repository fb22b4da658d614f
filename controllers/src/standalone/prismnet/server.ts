import { NetworkServiceService } from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import type { Logger } from "pino";
import { type Endpoint, parseEndpoint } from "../endpoint.js";
import { GrpcServer } from "../grpc-server.js";
import { serverCredentials } from "../server-credentials.js";
import { poolOf, type PrismnetConfig } from "./config.js";
import { Northbound } from "./northbound.js";
import { NetworkServiceOverOvn } from "./service.js";

/** Calls under way at shutdown get this long to end. */
const SHUTDOWN_GRACE_MS = 5_000;

export interface PrismnetServer {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  /** Resolves when the ledger was read; rejects when the database is not an OVN northbound one. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves NetworkService. It listens at once: until the database is there, calls wait for it up to their deadline.
 * @throws Error that names the key of the configuration when it cannot listen.
 */
export async function startPrismnet(config: PrismnetConfig, log: Logger): Promise<PrismnetServer> {
  const endpoint = parseEndpoint(config.listen);
  if (endpoint === undefined) throw new TypeError(`listen: ${config.listen}`);
  const { credentials, interceptors } = await serverCredentials(config);
  const northbound = new Northbound(config.northbound, log);
  const { dnsServers, reclaimAfter: reclaimAfterMs } = config;
  const service = new NetworkServiceOverOvn({ northbound, pool: poolOf(config), dnsServers, reclaimAfterMs, log });
  const implementation = { ...service.handlers() };
  const server = new GrpcServer({
    endpoint,
    credentials,
    interceptors,
    definition: NetworkServiceService,
    implementation,
  });
  const starting = new AbortController();
  const ready = northbound.start(starting.signal);
  // A caller that ends the server before it is ready need not care why it never was.
  ready.catch(() => undefined);
  const close = async (): Promise<void> => {
    starting.abort(new Error("shutting down"));
    await server.stop(SHUTDOWN_GRACE_MS);
    await service.close();
    await northbound.close();
  };
  try {
    return { endpoint: await server.start(), ready, close };
  } catch (error) {
    await close();
    throw error;
  }
}
