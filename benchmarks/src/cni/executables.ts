import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type BedAgent, CNI_EXECUTABLE, networkConfiguration } from "@k8shost/test/bed";
import type { Launcher } from "./launcher.js";
import type { Plugin, TestPod } from "./plugin.js";

const REFERENCE = "/usr/lib/cni/bridge";

/** A CNI executable, called as a container runtime calls it. */
class Executable implements Plugin {
  readonly #launcher: Launcher;
  readonly #file: string;
  readonly #input: string;
  readonly #namespace: string;

  constructor(launcher: Launcher, what: { file: string; input: string; namespace: string }) {
    this.#launcher = launcher;
    this.#file = what.file;
    this.#input = what.input;
    this.#namespace = what.namespace;
  }

  add(pods: readonly TestPod[]): Promise<readonly number[]> {
    return this.#call("ADD", pods);
  }

  del(pods: readonly TestPod[]): Promise<readonly number[]> {
    return this.#call("DEL", pods);
  }

  async #call(verb: "ADD" | "DEL", pods: readonly TestPod[]): Promise<readonly number[]> {
    const launches = pods.map((pod) => ({ file: this.#file, input: this.#input, env: this.#environment(verb, pod) }));
    return (await this.#launcher.run(launches)).map(({ milliseconds }) => milliseconds);
  }

  #environment(verb: string, pod: TestPod): Record<string, string> {
    const args = [
      "IgnoreUnknown=1",
      `K8S_POD_NAMESPACE=${this.#namespace}`,
      `K8S_POD_NAME=${pod.name}`,
      `K8S_POD_UID=${pod.uid}`,
      `K8S_POD_INFRA_CONTAINER_ID=${pod.containerId}`,
    ];
    return {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: pod.containerId,
      CNI_NETNS: pod.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: dirname(this.#file),
      CNI_ARGS: args.join(";"),
    };
  }
}

/** Ours; `launcher` runs inside the node. */
export function ourExecutable(agent: BedAgent, launcher: Launcher, namespace: string): Plugin {
  const input = `${agent.node.directory}/network.json`;
  writeFileSync(input, JSON.stringify(networkConfiguration(agent)));
  return new Executable(launcher, { file: CNI_EXECUTABLE, input, namespace });
}

/** bridge with host-local, from Debian's containernetworking-plugins: Linux bridge, no overlay, no source NAT. */
export function bridgeExecutable(launcher: Launcher, directory: string): Plugin {
  const input = `${directory}/network.json`;
  const network = {
    cniVersion: "1.0.0",
    name: "reference",
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: false,
    ipam: {
      type: "host-local",
      subnet: "10.88.0.0/16",
      dataDir: `${directory}/host-local`,
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  writeFileSync(input, JSON.stringify(network));
  return new Executable(launcher, { file: REFERENCE, input, namespace: "reference" });
}
