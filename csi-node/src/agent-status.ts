import { Metadata, credentials, type ServiceError } from "@grpc/grpc-js";
import { NodeStatusClient, type GetNodeStatusResponse } from "@k8shost/proto/agent/v1/node_status";

/** What the agent of this node says of itself. */
export class AgentStatus {
  readonly #client: NodeStatusClient;

  constructor(agentSocket: string) {
    this.#client = new NodeStatusClient(`unix:${agentSocket}`, credentials.createInsecure(), {
      // An agent that is back is to be seen at the next probe, not after gRPC's two minutes.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
    });
  }

  /**
   * @param deadline point in time
   * @throws ServiceError: UNAVAILABLE when nobody serves the socket, DEADLINE_EXCEEDED when the agent hangs.
   */
  get(deadline: Date, signal: AbortSignal): Promise<GetNodeStatusResponse> {
    return new Promise((resolve, reject) => {
      const call = this.#client.get({}, new Metadata(), { deadline }, (error: ServiceError | null, response) => {
        signal.removeEventListener("abort", cancel);
        if (error === null) resolve(response);
        else reject(error);
      });
      const cancel = () => {
        call.cancel();
      };
      signal.addEventListener("abort", cancel, { once: true });
      if (signal.aborted) cancel();
    });
  }

  close(): void {
    this.#client.close();
  }
}
