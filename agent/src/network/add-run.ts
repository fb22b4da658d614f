import { AgentError } from "../errors.js";
import type { Netlink } from "../netlink/port.js";
import { HOST_NETNS } from "../netlink/port.js";
import type { AddPlan, AddStep, Lane } from "./add-plan.js";
import type { AddressLease, AttachmentSpec } from "./attachment.js";
import { linkMark } from "./link-mark.js";
import type { Addresses, LogicalPortRef, LogicalPorts, OvsPortRef, OvsPorts } from "./ports.js";
import { configureRequests, createRequests } from "./sandbox-plan.js";
import type { Stage, Stages } from "./stages.js";

export interface AddPorts {
  readonly addresses: Addresses;
  readonly logicalPorts: LogicalPorts;
  readonly ovsPorts: OvsPorts;
  readonly netlink: Netlink;
  /** False where the datapath does not complete partial checksums (the userspace one). */
  readonly txChecksum: () => boolean;
}

/** Called around every step; tests use it to kill the process at each of them. */
export type StepObserver = (moment: "before" | "after", step: string) => void;

const STAGES: Record<AddStep["kind"], Stage> = {
  allocate: "allocate",
  "create-link": "link",
  "plug-ovs-port": "ovs-port",
  "commit-logical-port": "northbound",
  "configure-sandbox": "address",
  "await-installed": "installed",
};

/** Carries out one AddPlan, and takes back what it did when it can't be completed. */
export class AddRun {
  readonly #ports: AddPorts;
  readonly #spec: AttachmentSpec;
  readonly #stages: Stages;
  readonly #onStep: StepObserver;
  /** Steps that were begun: each may have taken effect, whatever its call said. */
  readonly #begun: AddStep[] = [];
  #lease: AddressLease | undefined;
  /** Until PrismNET says that an earlier call made it. */
  #leaseIsNew = true;
  #committed: LogicalPortRef | undefined;
  #plugged: OvsPortRef | undefined;

  constructor(ports: AddPorts, spec: AttachmentSpec, stages: Stages, onStep: StepObserver) {
    this.#ports = ports;
    this.#spec = spec;
    this.#stages = stages;
    this.#onStep = onStep;
  }

  /** Throws the first failure; the steps that were begun are then still in place (see undo). */
  async execute(plan: AddPlan, signal: AbortSignal): Promise<AddressLease> {
    for (const lanes of plan.phases) await this.#runPhase(lanes, signal);
    return this.#requireLease();
  }

  /** Takes back every begun step, newest first, and goes on past failures. Returns what could not be taken back. */
  async undo(signal: AbortSignal): Promise<unknown[]> {
    const failures: unknown[] = [];
    let portRemains = false;
    for (const step of this.#begun.toReversed()) {
      // An address under a logical port that could not be removed is still in use.
      if (step.kind === "allocate" && portRemains) continue;
      try {
        await this.#undo(step, signal);
      } catch (error) {
        failures.push(error);
        if (step.kind === "commit-logical-port") portRemains = true;
      }
    }
    return failures;
  }

  /** One failing lane stops its neighbours; the phase ends when all of them have come to rest. */
  async #runPhase(lanes: readonly Lane[], signal: AbortSignal): Promise<void> {
    const sibling = new AbortController();
    const laneSignal = AbortSignal.any([signal, sibling.signal]);
    let failure: { error: unknown } | undefined;
    await Promise.all(
      lanes.map(async (lane) => {
        try {
          for (const step of lane) {
            laneSignal.throwIfAborted();
            await this.#step(step, laneSignal);
          }
        } catch (error) {
          failure ??= { error };
          sibling.abort(error);
        }
      }),
    );
    if (failure !== undefined) throw failure.error;
  }

  async #step(step: AddStep, signal: AbortSignal): Promise<void> {
    this.#onStep("before", step.kind);
    this.#begun.push(step);
    await this.#stages.time(STAGES[step.kind], () => this.#do(step, signal));
    this.#onStep("after", step.kind);
  }

  async #do(step: AddStep, signal: AbortSignal): Promise<void> {
    const { addresses, logicalPorts, ovsPorts, netlink, txChecksum } = this.#ports;
    const spec = this.#spec;
    switch (step.kind) {
      case "allocate": {
        const { lease, existing } = await addresses.allocate(spec, signal);
        this.#lease = lease;
        this.#leaseIsNew = !existing;
        return;
      }
      case "create-link":
        return netlink.execute(HOST_NETNS, createRequests(spec, step.link), signal);
      case "plug-ovs-port":
        this.#plugged = await ovsPorts.plug(spec, step.link, step.logicalPort, signal);
        return;
      case "commit-logical-port":
        this.#committed = await logicalPorts.commit(spec, this.#requireLease(), signal);
        return;
      case "configure-sandbox": {
        const lease = this.#requireLease();
        await netlink.execute(spec.netns, configureRequests(spec, lease, txChecksum()), signal);
        const mark = linkMark({ key: spec.key, addresses: lease.addresses.map(({ address }) => address) });
        return netlink.execute(HOST_NETNS, [{ kind: "set-link", name: step.link, alias: mark }], signal);
      }
      case "await-installed":
        return ovsPorts.untilInstalled(step.link, signal);
    }
  }

  async #undo(step: AddStep, signal: AbortSignal): Promise<void> {
    const { addresses, logicalPorts, ovsPorts, netlink } = this.#ports;
    const { key, pod } = this.#spec;
    switch (step.kind) {
      case "allocate":
        if (this.#leaseIsNew && !step.inUse) await addresses.release(key, pod, signal);
        return;
      case "create-link":
        return netlink.deleteLinks([step.link]);
      case "plug-ovs-port": {
        const port = this.#plugged ?? ovsPorts.find(key);
        if (port !== undefined) await ovsPorts.unplug(port, signal);
        return;
      }
      case "commit-logical-port": {
        const port = this.#committed ?? logicalPorts.find(key);
        if (port !== undefined) await logicalPorts.remove(port, signal);
        return;
      }
      case "configure-sandbox": // goes with the link
      case "await-installed":
        return;
    }
  }

  #requireLease(): AddressLease {
    if (this.#lease === undefined)
      throw new AgentError("INTERNAL", "a step that needs the address ran before allocate");
    return this.#lease;
  }
}
