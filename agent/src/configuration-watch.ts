import type { AddRequest } from "@k8shost/proto/agent/v1/pod_network";
import type { Config } from "./config.js";

/**
 * The CNI configuration repeats settings that the agent has in its own (SPEC.md, "Configuration Schema"). The agent's
 * own count; where the two differ, the status says so, because somebody believes otherwise.
 */
export class ConfigurationWatch {
  readonly #config: Config;
  readonly #differences = new Map<string, string>();

  constructor(config: Config) {
    this.#config = config;
  }

  see(request: AddRequest): void {
    const { northbound, southbound, network, prismnet } = this.#config;
    this.#compare("ovn.northbound", request.ovnNorthbound, northbound.remotes.join(","));
    if (southbound.remotes.length > 0) {
      this.#compare("ovn.southbound", request.ovnSouthbound, southbound.remotes.join(","));
    }
    this.#compare("ovn.encapType", request.ovnEncapType, network.encapType);
    this.#compare("prismnetEndpoint", request.prismnetEndpoint, prismnet.endpoint);
  }

  /** One sentence for each difference that the last ADDs showed. */
  get warnings(): string[] {
    return [...this.#differences.values()];
  }

  #compare(field: string, theirs: string, ours: string): void {
    if (theirs === "" || theirs === ours) this.#differences.delete(field);
    else this.#differences.set(field, `the CNI configuration's ${field} is ${theirs}; the agent uses ${ours}`);
  }
}
