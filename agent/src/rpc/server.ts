import { chmod, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { AgentError } from "../errors.js";

/** Largest request, in bytes: a GC of a full node is some tens of kilobytes. */
const MAX_MESSAGE = 4 * 1024 * 1024;

export interface OfferedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** The agent's gRPC socket. Root alone may use it: directory 0700 when we make it, socket 0600. */
export class RpcServer {
  readonly #path: string;
  readonly #server: Server;

  constructor(path: string, services: readonly OfferedService[]) {
    this.#path = path;
    this.#server = new Server({
      "grpc.max_receive_message_length": MAX_MESSAGE,
      // The CNI executable makes one connection per call and asks for no compression context.
      "grpc.max_concurrent_streams": 1024,
    });
    for (const { definition, implementation } of services) this.#server.addService(definition, implementation);
  }

  /** Throws INVALID_CONFIG when another process serves the socket. A stale socket of a dead one is replaced. */
  async start(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    if (await isServed(this.#path)) {
      const remedy = "stop it, or give this agent a socket of its own (key socket)";
      throw new AgentError("INVALID_CONFIG", `another process serves ${this.#path}: ${remedy}`);
    }
    await rm(this.#path, { force: true });
    const mask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.bindAsync(`unix:${this.#path}`, ServerCredentials.createInsecure(), (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    } finally {
      process.umask(mask);
    }
    await chmod(this.#path, 0o600);
  }

  /** Calls under way get `grace` milliseconds to end. */
  async stop(grace: number): Promise<void> {
    const force = setTimeout(() => this.#server.forceShutdown(), grace);
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    clearTimeout(force);
    await rm(this.#path, { force: true });
  }
}

/** True when somebody accepts connections on the socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
