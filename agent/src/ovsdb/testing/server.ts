import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TestProcess, listening, removeFolder, run, temporaryFolder, until } from "./process.js";

// The tests run compiled, from dist/ovsdb/testing; the schemas lie beside their sources.
const sources = new URL("../../../src/ovsdb/schema/source/", import.meta.url);
const schemas = { nb: "ovn-nb.ovsschema", sb: "ovn-sb.ovsschema", vswitch: "vswitch.ovsschema" } as const;

export type SchemaName = keyof typeof schemas;

/** One of the real schemas by name, or a schema of the test's own as an object. */
export type TestSchema = SchemaName | { readonly name: string };

export async function schemaPath(schema: TestSchema, folder: string): Promise<string> {
  if (typeof schema === "string") return fileURLToPath(new URL(schemas[schema], sources));
  const path = join(folder, "test.ovsschema");
  await writeFile(path, JSON.stringify(schema));
  return path;
}

export interface ServerOptions {
  readonly schema: TestSchema;
  /** More arguments, such as --remote=ptcp:0:127.0.0.1 or the files of ssl. */
  readonly args?: readonly string[];
}

/** A standalone ovsdb-server on a database of its own. */
export interface TestServer {
  /** "unix:PATH" */
  readonly remote: string;
  readonly folder: string;
  /** The port of a remote that was given as port 0 on `host`. */
  port(host: string): Promise<number>;
  /** SIGKILL; the database stays. */
  kill(): Promise<void>;
  /** Starts it again, on the same database and socket. */
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** An ovs-appctl command to it. */
  control(...command: readonly string[]): Promise<string>;
  /** Ends it and removes what it kept. */
  stop(): Promise<void>;
}

/** Starts a real ovsdb-server (Debian: openvswitch-common); it listens when this resolves. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const folder = await temporaryFolder();
  const file = join(folder, "db");
  const socket = join(folder, "sock");
  const control = join(folder, "ctl");
  let server: TestProcess | undefined;
  const start = async (): Promise<void> => {
    server = new TestProcess(
      "ovsdb-server",
      [`--remote=punix:${socket}`, `--unixctl=${control}`, "--no-chdir", ...(options.args ?? []), file],
      { OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder },
    );
    await listening(socket, server);
  };
  const stop = async (): Promise<void> => {
    await server?.kill();
    await removeFolder(folder);
  };
  try {
    await run("ovsdb-tool", "create", file, await schemaPath(options.schema, folder));
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    remote: `unix:${socket}`,
    folder,
    port: (host) => until(() => listeningPort(server?.stderr ?? "", host), `no port of ${host}`),
    kill: async () => {
      await server?.kill();
    },
    start,
    signal: (name) => server?.signal(name),
    control: (...command) => run("ovs-appctl", "-t", control, ...command),
    stop,
  };
}

/** ovsdb-server tells the port that it was given only in its log. */
function listeningPort(log: string, host: string): number | undefined {
  const line = log.split("\n").find((text) => text.includes(`0:${host}: listening on port`));
  const port = /port (\d+)$/.exec(line ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}
