import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { Server, type ServerCredentials, type ServerInterceptor, type ServiceDefinition } from "@grpc/grpc-js";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { type Endpoint, formatEndpoint } from "./endpoint.js";

/** Largest request, in bytes; those of the standalone services are some hundred. */
const MAX_MESSAGE = 1024 * 1024;

export interface Offer {
  readonly endpoint: Endpoint;
  readonly credentials: ServerCredentials;
  readonly interceptors: readonly ServerInterceptor[];
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A gRPC server on one endpoint. A unix socket is for its owner alone (mode 0600). */
export class GrpcServer {
  readonly #offer: Offer;
  readonly #server: Server;

  constructor(offer: Offer) {
    this.#offer = offer;
    this.#server = new Server({
      interceptors: [...offer.interceptors],
      "grpc.max_receive_message_length": MAX_MESSAGE,
    });
    this.#server.addService(offer.definition, offer.implementation);
  }

  /** The endpoint that it serves, with the port that a port of 0 became. @throws Error when another process serves it. */
  async start(): Promise<Endpoint> {
    const { endpoint, credentials } = this.#offer;
    if (endpoint.kind === "unix") {
      if (await isServed(endpoint.path))
        throw new Error(`listen: another process serves ${endpoint.path}; stop it first`);
      await rm(endpoint.path, { force: true });
    }
    const mask = process.umask(0o177);
    try {
      const port = await new Promise<number>((resolve, reject) => {
        this.#server.bindAsync(formatEndpoint(endpoint), credentials, (error, bound) => {
          if (error === null) resolve(bound);
          else reject(new Error(`listen: ${error.message}`, { cause: error }));
        });
      });
      return endpoint.kind === "unix" ? endpoint : { ...endpoint, port };
    } finally {
      process.umask(mask);
    }
  }

  /** Refuses new calls; those under way get `graceMs` to end. */
  async stop(graceMs: number): Promise<void> {
    const force = setTimeout(() => {
      this.#server.forceShutdown();
    }, graceMs);
    await new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    clearTimeout(force);
    if (this.#offer.endpoint.kind === "unix") await rm(this.#offer.endpoint.path, { force: true });
  }
}

/** True when somebody accepts connections on the socket; a file without is left over from a dead process. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
