import { status, type ServerUnaryCall, type ServiceError, type sendUnaryData } from "@grpc/grpc-js";
import type { GetNodeStatusResponse } from "@k8shost/proto/agent/v1/node_status";
import type { IdentityServer, ProbeRequest, ProbeResponse } from "@k8shost/proto/csi/v1/csi";

/** The driver's name in StorageClasses, PersistentVolumes and CSINode. */
export const driverName = "stor.plasmacloud.io";

/** Longest that a probe waits for the agent, in milliseconds; kubelet's own deadline may end it earlier. */
const probeTimeoutMs = 3_000;

export interface IdentityOptions {
  readonly version: string;
  /** Asks the agent; fails with a ServiceError. */
  readonly askAgent: (deadline: Date, signal: AbortSignal) => Promise<GetNodeStatusResponse>;
}

/** The CSI Identity service (CSI 1.12, "Identity Service RPC"). */
export function identityService({ version, askAgent }: IdentityOptions): IdentityServer {
  return {
    getPluginInfo: (_call, reply) => {
      reply(null, { name: driverName, vendorVersion: version, manifest: {} });
    },
    // None: this plugin serves no volumes yet, and the controller service is another program.
    getPluginCapabilities: (_call, reply) => {
      reply(null, { capabilities: [] });
    },
    probe: (call, reply) => {
      void probe(call, askAgent).then(
        (response) => reply(null, response),
        (error: unknown) => reply(unavailable(error)),
      );
    },
  };
}

/**
 * Ready is what the agent is, since it does all the work: an agent that has not read all its sources yet is not ready, and
 * one that does not answer fails the probe. What its network lacks does not count: volumes work without it.
 */
async function probe(
  call: ServerUnaryCall<ProbeRequest, ProbeResponse>,
  askAgent: IdentityOptions["askAgent"],
): Promise<ProbeResponse> {
  const cancelled = new AbortController();
  call.on("cancelled", () => {
    cancelled.abort();
  });
  const node = await askAgent(new Date(Date.now() + probeTimeoutMs), cancelled.signal);
  return { ready: node.swept };
}

function unavailable(error: unknown): Parameters<sendUnaryData<ProbeResponse>>[0] {
  const { details, message } = error as ServiceError;
  return { code: status.UNAVAILABLE, details: `the agent of this node does not answer: ${details ?? message}` };
}
