import { randomBytes, randomUUID } from "node:crypto";

/** A pod that is to get, or has, its eth0. */
export interface TestPod {
  readonly name: string;
  readonly uid: string;
  readonly containerId: string;
  /** Path of its sandbox. */
  readonly netns: string;
}

/** Something that gives pods their network, several of them at once; each figure is milliseconds since the first began. */
export interface Plugin {
  add(pods: readonly TestPod[]): Promise<readonly number[]>;
  del(pods: readonly TestPod[]): Promise<readonly number[]>;
}

/** A new pod for every sandbox: the sandboxes are used again, names and container IDs are not. */
export function newPods(sandboxes: readonly string[]): TestPod[] {
  return sandboxes.map((netns) => ({
    name: `pod-${randomBytes(4).toString("hex")}`,
    uid: randomUUID(),
    containerId: randomBytes(32).toString("hex"),
    netns,
  }));
}
