import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { IdentityService } from "@k8shost/proto/csi/v1/csi";
import { AgentStatus } from "./agent-status.js";
import type { Config } from "./config.js";
import { identityService } from "./identity.js";

export interface RunningServer {
  /** Refuses new calls; those under way get `graceMs` to end. Removes the socket. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Serves the plugin's socket until stopped. A stale socket of a process that died is replaced.
 *
 * @throws Error when another process serves the socket, or it cannot be made.
 */
export async function serve(config: Config, version: string): Promise<RunningServer> {
  if (await isServed(config.socket)) throw new Error(`CSI_ENDPOINT: another process serves ${config.socket}`);
  await rm(config.socket, { force: true });
  const agent = new AgentStatus(config.agentSocket);
  const server = new Server();
  const askAgent = (deadline: Date, signal: AbortSignal) => agent.get(deadline, signal);
  server.addService(IdentityService, identityService({ version, askAgent }));
  await listen(server, config.socket);
  return {
    async stop(graceMs) {
      const force = setTimeout(() => {
        server.forceShutdown();
      }, graceMs);
      await new Promise<void>((resolve) => {
        server.tryShutdown(() => {
          resolve();
        });
      });
      clearTimeout(force);
      agent.close();
      await rm(config.socket, { force: true });
    },
  };
}

/** Only the owner may connect (mode 0600): kubelet and the sidecars run as the same user. */
async function listen(server: Server, socket: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(new Error(`CSI_ENDPOINT: cannot serve ${socket}: ${error.message}`, { cause: error }));
      });
    });
  } finally {
    process.umask(mask);
  }
}

function isServed(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => {
      resolve(false);
    });
  });
}
