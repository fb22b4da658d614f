import type { AttachmentKey, PodIdentity } from "./attachment.js";
import type { AddPorts, StepObserver } from "./add-run.js";
import type { DelPlan, DelStep } from "./del-plan.js";
import type { Stage, Stages } from "./stages.js";

const STAGES: Record<DelStep["kind"], Stage> = {
  "unplug-ovs-port": "ovs-port",
  "delete-link": "link",
  "delete-logical-port": "northbound",
  release: "release",
};

export interface DelSubject {
  readonly key: AttachmentKey;
  readonly pod: PodIdentity;
}

/**
 * Carries out a DelPlan. Lanes do not stop each other: what can be removed is removed.
 * Returns the failures; none of them undoes anything, a repeated DEL takes up what is left.
 */
export async function runDel(
  plan: DelPlan,
  subject: DelSubject,
  context: { ports: AddPorts; stages: Stages; onStep: StepObserver; signal: AbortSignal },
): Promise<unknown[]> {
  const { ports, stages, onStep, signal } = context;
  const failures: unknown[] = [];
  const runLane = async (lane: readonly DelStep[]): Promise<void> => {
    for (const step of lane) {
      onStep("before", step.kind);
      await stages.time(STAGES[step.kind], () => remove(step, subject, ports, signal));
      onStep("after", step.kind);
    }
  };
  await Promise.all(plan.lanes.map((lane) => runLane(lane).catch((error: unknown) => failures.push(error))));
  return failures;
}

function remove(step: DelStep, { key, pod }: DelSubject, ports: AddPorts, signal: AbortSignal): Promise<void> {
  switch (step.kind) {
    case "unplug-ovs-port":
      return ports.ovsPorts.unplug(step, signal);
    case "delete-link":
      return ports.netlink.deleteLinks([step.link]);
    case "delete-logical-port":
      return ports.logicalPorts.remove(step, signal);
    case "release":
      return ports.addresses.release(key, pod, signal);
  }
}
