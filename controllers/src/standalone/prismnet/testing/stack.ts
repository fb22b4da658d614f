import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChannelCredentials, type ClientOptions, Metadata, type ServiceError } from "@grpc/grpc-js";
import { startServer, type TestServer } from "@k8shost/agent/ovsdb/testing/server";
import {
  AllocateIPRequest,
  type AllocateIPResponse,
  type Allocation,
  CreateLogicalSwitchRequest,
  type CreateLogicalSwitchResponse,
  ListAllocationsRequest,
  NetworkServiceClient,
  ReleaseIPRequest,
} from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import { pino } from "pino";
import type { Test } from "tap";
import { formatEndpoint } from "../../endpoint.js";
import { configSchema } from "../config.js";
import { type PrismnetServer, startPrismnet } from "../server.js";

const run = promisify(execFile);

/** Longest call of a test: loaded machines are slow. */
export const PATIENCE_MS = 30_000;

/** A real northbound database, and servers of ours over it; all gone when the test ends. */
export interface Stack {
  readonly directory: string;
  readonly database: TestServer;
  /** Of the database, as OVN's tools take it. */
  readonly remote: string;
  /** Another server over the same database. */
  readonly serve: (config?: object) => Promise<PrismnetServer>;
  readonly client: (config?: object) => Promise<Client>;
}

/** NetworkService with promises, and fields that are left out empty. */
export interface Client {
  readonly server: PrismnetServer;
  readonly allocate: (request: Partial<AllocateIPRequest>, timeoutMs?: number) => Promise<AllocateIPResponse>;
  readonly release: (request: Partial<ReleaseIPRequest>) => Promise<boolean>;
  readonly createSwitch: (namespace: string) => Promise<CreateLogicalSwitchResponse>;
  readonly list: (nodeName?: string) => Promise<Allocation[]>;
  readonly close: () => void;
}

/** `args`: more arguments for the database's server. */
export async function startStack(t: Test, { args = [] }: { args?: readonly string[] } = {}): Promise<Stack> {
  const database = await startServer({ schema: "nb", args });
  t.teardown(() => database.stop());
  const directory = await mkdtemp(join(tmpdir(), "k8shost-prismnet-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  let servers = 0;
  const serve = async (config: object = {}) => {
    servers += 1;
    const base = {
      listen: `unix:${directory}/${String(servers)}.sock`,
      northbound: { remotes: database.remote, tls: {} },
    };
    const parsed = configSchema.parse({ ...base, tls: {}, log: { level: "silent" }, ...config });
    const server = await startPrismnet(parsed, pino({ level: "silent" }));
    t.teardown(() => server.close());
    await server.ready;
    return server;
  };
  return {
    directory,
    database,
    remote: database.remote,
    serve,
    client: async (config) => connectTo(t, await serve(config)),
  };
}

export function connectTo(t: Test, server: PrismnetServer): Client {
  return { server, ...connect(t, formatEndpoint(server.endpoint)) };
}

export interface ConnectOptions {
  readonly credentials?: ChannelCredentials;
  readonly options?: ClientOptions;
  readonly metadata?: Record<string, string>;
}

export function connect(
  t: Test,
  target: string,
  { credentials, options, metadata }: ConnectOptions = {},
): Omit<Client, "server"> {
  const client = new NetworkServiceClient(target, credentials ?? ChannelCredentials.createInsecure(), options ?? {});
  const headers = new Metadata();
  for (const [key, value] of Object.entries(metadata ?? {})) headers.set(key, value);
  const close = () => {
    client.close();
  };
  t.teardown(close);
  const within = (timeoutMs = PATIENCE_MS) => ({ deadline: Date.now() + timeoutMs });
  const settle = <R>(start: (callback: (error: ServiceError | null, response: R) => void) => void) =>
    new Promise<R>((resolve, reject) => {
      start((error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  return {
    allocate: (request, timeoutMs) =>
      settle((done) => client.allocateIp(AllocateIPRequest.create(request), headers, within(timeoutMs), done)),
    release: async (request) =>
      (
        await settle((done: Parameters<typeof client.releaseIp>[3]) =>
          client.releaseIp(ReleaseIPRequest.create(request), headers, within(), done),
        )
      ).released,
    createSwitch: (namespace) =>
      settle((done) =>
        client.createLogicalSwitch(CreateLogicalSwitchRequest.create({ namespace }), headers, within(), done),
      ),
    list: async (nodeName = "") =>
      (
        await settle((done: Parameters<typeof client.listAllocations>[3]) =>
          client.listAllocations(ListAllocationsRequest.create({ nodeName }), headers, within(), done),
        )
      ).allocations,
    close,
  };
}

/** "CODE message" of the gRPC status that a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    return (error as ServiceError).message;
  }
}

/** Rows of a table, read by OVSDB's own tool, with maps and sets as plain values. */
export async function rows(remote: string, table: string): Promise<Record<string, unknown>[]> {
  const select = JSON.stringify(["OVN_Northbound", { op: "select", table, where: [] }]);
  const { stdout } = await run("ovsdb-client", ["transact", remote, select], { maxBuffer: 2 ** 28 });
  const [result] = JSON.parse(stdout) as [{ rows: Record<string, unknown>[] }];
  return result.rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)])),
  );
}

function plain(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [kind, content] = value as [string, unknown];
  if (kind === "map") return Object.fromEntries(content as [string, unknown][]);
  if (kind === "set") return (content as unknown[]).map(plain);
  return content;
}

/** Runs OVN's own tool on the database. */
export async function nbctl(remote: string, ...args: string[]): Promise<string> {
  return (await run("ovn-nbctl", [`--db=${remote}`, "--timeout=30", ...args])).stdout.trim();
}
