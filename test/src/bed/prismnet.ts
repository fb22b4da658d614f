import { fileURLToPath } from "node:url";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import {
  NetworkServiceClient,
  type Allocation,
  type CreateLogicalSwitchResponse,
  type ListAllocationsResponse,
} from "@k8shost/proto/plasmacloud/prismnet/v1/network";
import type { Central } from "./central.js";
import { Daemon } from "./daemon.js";
import { mergeSettings, writeSettings, type Settings } from "./settings-file.js";
import { waitUntil } from "./wait.js";

const PROGRAM = fileURLToPath(import.meta.resolve("@k8shost/controllers/dist/standalone/prismnet/main.js"));

/** Networks of a bed's pods and Services, when nothing else is asked for. */
export const BED_NETWORKS = {
  pods: ["10.244.0.0/16", "fd00:10:244::/48"],
  services: ["10.96.0.0/16", "fd00:10:96::/112"],
} as const;

/** The first network of a list, or all of them for dual stack. */
export function networksFor(dualStack: boolean | undefined, kind: keyof typeof BED_NETWORKS): readonly string[] {
  return dualStack === true ? BED_NETWORKS[kind] : BED_NETWORKS[kind].slice(0, 1);
}

/** How PrismNET's server is started. */
export interface PrismnetOptions {
  /** IPv6 addresses for pods as well. */
  readonly dualStack?: boolean;
  /** Its configuration, on top of the bed's own. */
  readonly settings?: Settings;
  /** Tells several servers of one bed apart; "prismnet" when absent. */
  readonly name?: string;
}

/** A PrismNET server of the bed. */
export class BedPrismnet {
  readonly daemon: Daemon;
  /** A unix socket: every node's namespace reaches it. */
  readonly endpoint: string;
  readonly configFile: string;

  constructor(central: Central, options: PrismnetOptions) {
    const name = options.name ?? "prismnet";
    const directory = central.bed.makeDirectory(name);
    this.endpoint = `unix:${directory}/grpc.sock`;
    this.configFile = `${directory}/config.yaml`;
    const settings = {
      listen: this.endpoint,
      northbound: { remotes: central.nb.members.map((member) => member.remote) },
      clusterCIDR: networksFor(options.dualStack, "pods"),
      dnsServers: ["10.96.0.10"],
    };
    writeSettings(this.configFile, mergeSettings(settings, options.settings));
    const argv = [process.execPath, "--enable-source-maps", PROGRAM, "--config", this.configFile];
    this.daemon = new Daemon(central.bed, { name, argv, netns: central.underlay.netns });
  }

  /** What it has given out, or to one node only. */
  async allocations(nodeName = ""): Promise<readonly Allocation[]> {
    const { allocations } = await this.#call<ListAllocationsResponse>((client, done) =>
      client.listAllocations({ nodeName }, done),
    );
    return allocations;
  }

  /** Makes the logical switch of a namespace, as a tenant's first pod would; returns its subnets. */
  async createNamespace(namespace: string): Promise<readonly string[]> {
    const { subnets } = await this.#call<CreateLogicalSwitchResponse>((client, done) =>
      client.createLogicalSwitch({ namespace }, done),
    );
    return subnets;
  }

  async #call<Response>(
    method: (client: NetworkServiceClient, done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    const client = new NetworkServiceClient(this.endpoint, credentials.createInsecure());
    try {
      return await new Promise((resolve, reject) => {
        method(client, (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      });
    } finally {
      client.close();
    }
  }

  /** Answers calls. */
  async waitReady(): Promise<void> {
    await waitUntil(`${this.daemon.name} answers`, () => this.allocations(), {
      failing: () => this.daemon.failure(),
      intervalMs: 50,
    });
  }
}

/** Starts PrismNET's single-machine server on the bed's northbound database and waits until it answers. */
export async function startPrismnet(central: Central, options: PrismnetOptions = {}): Promise<BedPrismnet> {
  const prismnet = new BedPrismnet(central, options);
  await prismnet.daemon.start();
  await prismnet.waitReady();
  return prismnet;
}
