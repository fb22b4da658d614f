import { status } from "@grpc/grpc-js";
import type {
  AllocateIPRequest,
  AllocateIPResponse,
  Allocation as AllocationMessage,
  CreateLogicalSwitchRequest,
  CreateLogicalSwitchResponse,
  ListAllocationsRequest,
  ListAllocationsResponse,
  NetworkServiceServer,
  ReleaseIPRequest,
  ReleaseIPResponse,
} from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import type { Logger } from "pino";
import { unary } from "../unary.js";
import { Allocator, type Granted } from "./allocator.js";
import { type Block, hostAddresses } from "./block.js";
import type { PoolConfig } from "./carve-plan.js";
import { addressAt, formatCidr, macAddress } from "./cidr.js";
import type { Allocation } from "./ledger.js";
import { Networks } from "./networks.js";
import type { Northbound } from "./northbound.js";
import { parseAllocate, parseNamespace, parseNodeFilter, parseRelease, type Wish } from "./request.js";
import { CLUSTER_ROUTER, egressPort, topologyNames } from "./topology.js";
import { gateways } from "./block.js";

/** Longest call, however patient its caller is. */
const DEADLINE_MS = 10_000;

export interface ServiceOptions {
  readonly northbound: Northbound;
  readonly pool: PoolConfig;
  readonly dnsServers: readonly string[];
  /** See NetworksOptions. */
  readonly reclaimAfterMs: number;
  readonly log: Logger;
}

/** plasmacloud.prismnet.v1.NetworkService over a northbound database. */
export class NetworkServiceOverOvn {
  readonly #northbound: Northbound;
  readonly #pool: PoolConfig;
  readonly #dnsServers: readonly string[];
  readonly #log: Logger;
  readonly #networks: Networks;
  readonly #allocator: Allocator;

  constructor({ northbound, pool, dnsServers, reclaimAfterMs, log }: ServiceOptions) {
    this.#northbound = northbound;
    this.#pool = pool;
    this.#dnsServers = dnsServers;
    this.#log = log;
    this.#networks = new Networks({ northbound, pool, reclaimAfterMs, log });
    this.#allocator = new Allocator(northbound, this.#networks, log);
  }

  /** For a gRPC server. */
  handlers(): NetworkServiceServer {
    return {
      allocateIp: this.#unary("AllocateIP", (request, signal) => this.allocate(request, signal)),
      releaseIp: this.#unary("ReleaseIP", (request, signal) => this.release(request, signal)),
      createLogicalSwitch: this.#unary("CreateLogicalSwitch", (request, signal) => this.createSwitch(request, signal)),
      listAllocations: this.#unary("ListAllocations", (request, signal) => this.list(request, signal)),
    };
  }

  async allocate(request: AllocateIPRequest, signal: AbortSignal): Promise<AllocateIPResponse> {
    const wish = parseAllocate(request, this.#pool);
    return this.#grantMessage(wish, await this.#allocator.allocate(wish, signal));
  }

  async release(request: ReleaseIPRequest, signal: AbortSignal): Promise<ReleaseIPResponse> {
    const { key, namespace } = parseRelease(request);
    return { released: await this.#allocator.release(key, namespace, signal) };
  }

  async createSwitch(
    { namespace }: CreateLogicalSwitchRequest,
    signal: AbortSignal,
  ): Promise<CreateLogicalSwitchResponse> {
    await this.#networks.repair(parseNamespace(namespace), signal);
    const blocks = this.#northbound.ledger.blocksOf(namespace);
    return {
      logicalSwitch: topologyNames(namespace).logicalSwitch,
      logicalRouter: CLUSTER_ROUTER,
      subnets: blocks.flatMap((block) => block.subnets.map(formatCidr)),
    };
  }

  async list({ nodeName }: ListAllocationsRequest, signal: AbortSignal): Promise<ListAllocationsResponse> {
    const allocations = await this.#allocator.list(parseNodeFilter(nodeName), signal);
    return { allocations: allocations.map(allocationMessage) };
  }

  /** Ends what runs in the background. */
  close(): Promise<void> {
    return this.#allocator.close();
  }

  #grantMessage({ namespace }: Wish, { block, index, existing }: Granted): AllocateIPResponse {
    const routers = gateways(block).map(withoutPrefix);
    const addresses = hostAddresses(block, index).map((ipAddress, i) => ({ ipAddress, gateway: routers[i] ?? "" }));
    return {
      ipAddress: addresses[0]?.ipAddress ?? "",
      gateway: addresses[0]?.gateway ?? "",
      dnsServers: [...this.#dnsServers],
      addresses,
      logicalSwitch: topologyNames(namespace).logicalSwitch,
      macAddress: macAddress(addressAt(block.subnets[0], index)),
      existing,
      egress: namespace === "" ? this.#egressMessage(block) : undefined,
      clusterCidrs: namespace === "" ? this.#pool.clusterCidrs.map(formatCidr) : [],
    };
  }

  #egressMessage(block: Block): AllocateIPResponse["egress"] {
    const { name, mac, addresses } = egressPort(this.#northbound.ledger.blocksOf("")[0] ?? block);
    return { logicalPort: name, macAddress: mac, ipAddresses: [...addresses] };
  }

  #unary<Request extends object, Response>(
    method: string,
    run: (request: Request, signal: AbortSignal) => Promise<Response>,
  ) {
    return unary<Request, Response>({
      deadlineMs: DEADLINE_MS,
      run: async (request, signal) => {
        try {
          return await run(request, signal);
        } catch (error) {
          throw this.#northbound.explain(error);
        }
      },
      onFailure: (code, error, request) => {
        const call = { method, code: status[code], request: shortened(request) };
        if (code === status.INTERNAL) this.#log.error({ ...call, err: error }, "call failed");
        else
          this.#log.info({ ...call, reason: error instanceof Error ? error.message : String(error) }, "call refused");
      },
    });
  }
}

function allocationMessage({ block, index, holder }: Allocation): AllocationMessage {
  const pod = holder.kind === "pod" ? holder : undefined;
  return {
    namespace: block.namespace,
    podName: pod?.podName ?? "",
    containerId: pod?.containerId ?? "",
    ifName: pod?.ifName ?? "",
    nodeName: "nodeName" in holder ? holder.nodeName : "",
    ipAddresses: hostAddresses(block, index),
  };
}

/** A request for the log: what the caller left out is left out, and nothing in it is long. */
function shortened(request: object): Record<string, string> {
  const filled = Object.entries(request).filter(
    ([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(filled.map(([key, value]) => [key, String(value).slice(0, 64)]));
}

function withoutPrefix(address: string): string {
  return address.slice(0, address.indexOf("/"));
}
