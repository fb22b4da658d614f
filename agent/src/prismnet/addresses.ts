import { type ClientUnaryCall, connectivityState, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  type AllocateIPResponse,
  type ListAllocationsResponse,
  NetworkServiceClient,
  type ReleaseIPResponse,
} from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import type { Config } from "../config.js";
import { AgentError, type ErrorCode } from "../errors.js";
import type { AddressLease, AttachmentKey, AttachmentSpec, PodIdentity } from "../network/attachment.js";
import type { ObservedAllocation } from "../network/observed.js";
import type { Addresses } from "../network/ports.js";
import { contains } from "./cidr.js";
import { prismnetCredentials, prismnetMetadata } from "./channel.js";

type Call<Response> = (
  metadata: Metadata,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** Names the node itself instead of a pod (network.proto, AllocateIPRequest). */
const NO_CONTAINER: AttachmentKey = { containerId: "", ifName: "" };
const NO_POD: PodIdentity = { namespace: "", name: "", uid: "" };

/** PrismNET's NetworkService as this node's agent uses it. */
export class PrismnetAddresses implements Addresses {
  readonly #config: Config["prismnet"];
  readonly #node: string;
  readonly #client: NetworkServiceClient;

  constructor(config: Config["prismnet"], node: string) {
    this.#config = config;
    this.#node = node;
    this.#client = new NetworkServiceClient(config.endpoint, prismnetCredentials(config), {
      // A server that comes back is found within a second, not after gRPC's default of up to two minutes.
      "grpc.max_reconnect_backoff_ms": 1_000,
    });
  }

  async allocate(spec: AttachmentSpec, signal: AbortSignal): Promise<{ lease: AddressLease; existing: boolean }> {
    const request = {
      ...this.#subject(spec.key, spec.pod),
      staticAddresses: [...spec.staticAddresses],
      rangeStart: spec.rangeStart,
      rangeEnd: spec.rangeEnd,
    };
    const response = await this.#call<AllocateIPResponse>(signal, (metadata, done) =>
      this.#client.allocateIp(request, metadata, done),
    );
    const lease = toLease(response);
    const stray = lease.addresses.find(({ address }) => spec.subnet !== "" && contains(spec.subnet, address) === false);
    if (stray !== undefined) {
      if (!response.existing) await this.release(spec.key, spec.pod, signal);
      const message = `PrismNET gave ${stray.address}, which is outside ipam.subnet ${spec.subnet} of the CNI configuration`;
      throw new AgentError("ADDRESS_REFUSED", `${message}; make it the cluster's own CIDR`, {
        fields: { field: "subnet" },
      });
    }
    return { lease, existing: response.existing };
  }

  async release(key: AttachmentKey, pod: PodIdentity, signal: AbortSignal): Promise<void> {
    const request = this.#subject(key, pod);
    await this.#call<ReleaseIPResponse>(signal, (metadata, done) => this.#client.releaseIp(request, metadata, done));
  }

  async list(signal: AbortSignal): Promise<ObservedAllocation[]> {
    const request = { nodeName: this.#node };
    const { allocations } = await this.#call<ListAllocationsResponse>(signal, (metadata, done) =>
      this.#client.listAllocations(request, metadata, done),
    );
    // The management address has no container.
    return allocations
      .filter(({ containerId }) => containerId !== "")
      .map(({ namespace, podName, containerId, ifName }) => ({
        namespace,
        pod: podName,
        key: { containerId, ifName },
      }));
  }

  /** Address of this node's management port, and of the egress port that all nodes share. */
  async node(signal: AbortSignal): Promise<AllocateIPResponse> {
    const request = { ...this.#subject(NO_CONTAINER, NO_POD), staticAddresses: [], rangeStart: "", rangeEnd: "" };
    return this.#call<AllocateIPResponse>(signal, (metadata, done) => this.#client.allocateIp(request, metadata, done));
  }

  async releaseNode(signal: AbortSignal): Promise<void> {
    await this.release(NO_CONTAINER, NO_POD, signal);
  }

  /** False while the channel's last attempt to connect failed. */
  get reachable(): boolean {
    return this.#client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE;
  }

  close(): void {
    this.#client.close();
  }

  #subject(key: AttachmentKey, pod: PodIdentity) {
    return {
      namespace: pod.namespace,
      podName: pod.name,
      containerId: key.containerId,
      ifName: key.ifName,
      nodeName: this.#node,
    };
  }

  #call<Response>(signal: AbortSignal, call: Call<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const running = call(prismnetMetadata(this.#config), (error, response) => {
        signal.removeEventListener("abort", cancel);
        if (error === null) resolve(response);
        else reject(signal.aborted ? asError(signal.reason) : this.#translate(error));
      });
      const cancel = (): void => running.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  #translate(error: ServiceError): AgentError {
    const message = `${error.details} (${status[error.code] ?? error.code} from ${this.#config.endpoint})`;
    return new AgentError(codes[error.code] ?? "PRISMNET_UNAVAILABLE", message, { cause: error });
  }
}

const codes: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: "INVALID_REQUEST",
  [status.FAILED_PRECONDITION]: "ADDRESS_REFUSED",
  [status.RESOURCE_EXHAUSTED]: "ADDRESS_EXHAUSTED",
};

function toLease(response: AllocateIPResponse): AddressLease {
  const { ipAddress, gateway, addresses, logicalSwitch, macAddress, dnsServers } = response;
  const all = addresses.length > 0 ? addresses : [{ ipAddress, gateway }];
  return {
    addresses: all.map((one) => ({ address: one.ipAddress, gateway: one.gateway })),
    logicalSwitch,
    mac: macAddress,
    dnsServers,
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
