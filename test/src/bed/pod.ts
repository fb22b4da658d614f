import { attempt, netnsPath, run, type Outcome, type RunOptions } from "./command.js";
import type { BedNode } from "./node.js";

/** A network namespace that stands for a pod's sandbox, as a container runtime makes it: empty but for loopback. */
export class PodNetns {
  readonly node: BedNode;
  readonly name: string;
  /** Full name of the namespace. */
  readonly netns: string;
  /** What a runtime passes as CNI_NETNS. */
  readonly path: string;

  constructor(node: BedNode, name: string, netns: string) {
    this.node = node;
    this.name = name;
    this.netns = netns;
    this.path = netnsPath(netns);
  }

  /** Runs a command inside and returns its standard output; throws when it fails. */
  run(argv: readonly string[], options: Omit<RunOptions, "netns"> = {}): Promise<string> {
    return run(argv, { ...options, netns: this.netns });
  }

  /** Like `run`, for commands that may fail. */
  attempt(argv: readonly string[], options: Omit<RunOptions, "netns"> = {}): Promise<Outcome> {
    return attempt(argv, { ...options, netns: this.netns });
  }

  /** Deletes the namespace, as a runtime does after DEL (or instead of it). */
  remove(): Promise<void> {
    return this.node.bed.deleteNetns(this.netns);
  }
}

/** Makes a sandbox on a node. `name` is unique on that node. */
export async function createPodNetns(node: BedNode, name: string): Promise<PodNetns> {
  return new PodNetns(node, name, await node.bed.createNetns(`${node.name}-${name}`));
}
