import type { ErrorFields } from "../errors.js";
import { AgentError } from "../errors.js";
import type { KeyedLock } from "../keyed-lock.js";
import { HOST_NETNS } from "../netlink/port.js";
import { hostLinkName } from "../ovn/names.js";
import { type AddPorts, AddRun, type StepObserver } from "./add-run.js";
import { contradicts, planAdd } from "./add-plan.js";
import { type AddressLease, type AttachmentKey, type AttachmentSpec, keyText, type PodIdentity } from "./attachment.js";
import { type CheckedAttachment, differences, type ExpectedAttachment } from "./check-plan.js";
import { planDel } from "./del-plan.js";
import { runDel } from "./del-run.js";
import { explain } from "./explain.js";
import type { Janitor } from "./janitor.js";
import { parseLinkMark } from "./link-mark.js";
import type { ObservedAllocation, ObservedAttachment, ObservedLink } from "./observed.js";
import { Stages, type StageObserver, type StageTime } from "./stages.js";

/** How long taking back a failed ADD may last, in milliseconds. Its caller's own deadline has often passed by then. */
const UNDO_DEADLINE = 10_000;

export type Verb = "ADD" | "DEL" | "GC" | "SWEEP";

export interface PodNetworkOptions {
  readonly ports: AddPorts;
  readonly locks: KeyedLock;
  readonly janitor: Janitor;
  /** Told of each stage of each verb. */
  readonly observe: (verb: Verb, fields: ErrorFields) => StageObserver;
  readonly onStep: StepObserver;
}

export interface Attached {
  readonly lease: AddressLease;
  readonly hostLink: string;
  readonly stages: readonly StageTime[];
}

/**
 * The verbs of CNI on one node. Each holds the lock of its attachment alone, so that fifty pods start side by side;
 * each can be cut short at any instruction and called again.
 */
export class PodNetwork {
  readonly #options: PodNetworkOptions;

  constructor(options: PodNetworkOptions) {
    this.#options = options;
  }

  /** Throws an AgentError that names the stage; nothing of the attachment is left then, or the janitor has it. */
  async add(spec: AttachmentSpec, signal: AbortSignal): Promise<Attached> {
    const stages = this.#stages("ADD", spec.key, spec.pod);
    return this.#locked(spec.key, signal, () => stages.time("total", () => this.#add(spec, stages, signal)));
  }

  /** Removes whatever exists of an attachment; that nothing does is success. Throws the first of several failures. */
  async del(key: AttachmentKey, pod: PodIdentity, signal: AbortSignal, verb: Verb = "DEL"): Promise<StageTime[]> {
    const stages = this.#stages(verb, key, pod);
    return this.#locked(key, signal, async () => {
      await stages.time("total", async () => this.#remove(key, pod, await this.#observe(key), stages, signal));
      this.#options.janitor.forget(key);
      return stages.times;
    });
  }

  /** Throws CHECK_FAILED with every difference between what ADD promised and what is there. */
  async check(expected: ExpectedAttachment, signal: AbortSignal): Promise<void> {
    await this.#locked(expected.key, signal, async () => {
      const found = differences(expected, await this.#inspect(expected));
      if (found.length > 0) throw new AgentError("CHECK_FAILED", found.join("; "), { fields: fieldsOf(expected.key) });
    });
  }

  /**
   * Releases every attachment of this node that is not in `valid`, and returns those. Attachments that another verb is
   * working on are left alone. Throws after trying them all.
   */
  async gc(valid: readonly AttachmentKey[], signal: AbortSignal): Promise<AttachmentKey[]> {
    const keep = new Set(valid.map(keyText));
    const released: AttachmentKey[] = [];
    const failures: unknown[] = [];
    const stale = [...(await this.known())].filter(([text]) => !keep.has(text));
    await Promise.all(
      stale.map(async ([text, { key, pod }]) => {
        const unlock = this.#options.locks.tryAcquire(text);
        if (unlock === undefined) return;
        try {
          await this.#remove(key, pod, await this.#observe(key), this.#stages("GC", key, pod), signal);
          released.push(key);
        } catch (error) {
          failures.push(error);
        } finally {
          unlock();
        }
      }),
    );
    if (failures.length > 0) throw failures[0];
    return released;
  }

  /**
   * Puts back what is missing of a running pod. Unlike ADD it takes nothing away when it fails: the pod keeps whatever
   * still works.
   */
  async repair(spec: AttachmentSpec, signal: AbortSignal): Promise<void> {
    const { ports, onStep } = this.#options;
    await this.#locked(spec.key, signal, async () => {
      const run = new AddRun(ports, spec, this.#stages("SWEEP", spec.key, spec.pod), onStep);
      try {
        await run.execute(planAdd(spec, await this.#observe(spec.key)), signal);
      } catch (error) {
        throw explain(error, fieldsOf(spec.key, spec.pod));
      }
    });
  }

  /** What the janitor calls: removes the attachment, unless an ADD made it whole while this waited for the lock. */
  async clean(key: AttachmentKey, pod: PodIdentity, signal: AbortSignal): Promise<void> {
    await this.#locked(key, signal, async () => {
      if (!this.#options.janitor.has(key)) return;
      await this.#remove(key, pod, await this.#observe(key), this.#stages("SWEEP", key, pod), signal);
    });
  }

  /** Gives back addresses that nothing else on this node tells of: those of an ADD that was cut short while PrismNET was away. */
  async releaseStrays(allocations: readonly ObservedAllocation[], signal: AbortSignal): Promise<void> {
    const { ports, locks } = this.#options;
    for (const { key, namespace, pod } of allocations) {
      const unlock = locks.tryAcquire(keyText(key));
      if (unlock === undefined) continue;
      try {
        const { link, ovsPort, logicalPort } = await this.#observe(key);
        if (link ?? ovsPort ?? logicalPort) continue;
        await ports.addresses.release(key, { namespace, name: pod, uid: "" }, signal);
      } finally {
        unlock();
      }
    }
  }

  /** Every attachment of this node that anything tells of: kernel links, OVS ports, logical ports. */
  async known(): Promise<Map<string, { key: AttachmentKey; pod: PodIdentity }>> {
    const { ovsPorts, logicalPorts } = this.#options.ports;
    const all = new Map<string, { key: AttachmentKey; pod: PodIdentity }>();
    for (const { mark } of await this.links()) {
      all.set(keyText(mark.key), { key: mark.key, pod: { namespace: "", name: "", uid: "" } });
    }
    for (const { marks } of [...ovsPorts.all(), ...logicalPorts.all()]) all.set(keyText(marks.key), marks);
    return all;
  }

  /** Host links that carry our mark. */
  async links(name?: string): Promise<ObservedLink[]> {
    return (await this.#options.ports.netlink.links(HOST_NETNS, name)).flatMap((link) => {
      const mark = parseLinkMark(link.alias);
      return mark === undefined ? [] : [{ name: link.name, mark }];
    });
  }

  async #add(spec: AttachmentSpec, stages: Stages, signal: AbortSignal): Promise<Attached> {
    const [observed] = await Promise.all([this.#settled(spec, stages, signal), this.#evictOlder(spec, stages, signal)]);
    const run = new AddRun(this.#options.ports, spec, stages, this.#options.onStep);
    try {
      const lease = await run.execute(planAdd(spec, observed), signal);
      this.#options.janitor.forget(spec.key);
      return { lease, hostLink: observed.ovsPort?.link ?? hostLinkName(spec.key), stages: stages.times };
    } catch (error) {
      const failures = await run.undo(AbortSignal.timeout(UNDO_DEADLINE));
      if (failures.length > 0) this.#options.janitor.cleanLater(spec.key, spec.pod);
      throw explain(error, fieldsOf(spec.key, spec.pod));
    }
  }

  /** What exists of the attachment and can be completed; what cannot is removed first. */
  async #settled(spec: AttachmentSpec, stages: Stages, signal: AbortSignal): Promise<ObservedAttachment> {
    const observed = await this.#observe(spec.key);
    const fits = !contradicts(spec, observed) && (observed.link === undefined || (await this.#peerIsInside(spec)));
    if (fits) return observed;
    await this.#remove(spec.key, spec.pod, observed, stages, signal);
    return this.#observe(spec.key);
  }

  async #peerIsInside(spec: AttachmentSpec): Promise<boolean> {
    const { netlink } = this.#options.ports;
    const [host] = await netlink.links(HOST_NETNS, hostLinkName(spec.key));
    const [inside] = await netlink.links(spec.netns, spec.key.ifName).catch(() => []);
    return host !== undefined && inside !== undefined && host.peerIndex === inside.index;
  }

  /** A pod has one sandbox: an older one's port makes room. One that another verb is working on is left to that verb. */
  async #evictOlder(spec: AttachmentSpec, stages: Stages, signal: AbortSignal): Promise<void> {
    const { ports, locks } = this.#options;
    const older = ports.ovsPorts
      .ofPod(spec.pod.name)
      .filter(({ marks }) => marks.pod.namespace === spec.pod.namespace)
      .filter(({ marks }) => marks.key.ifName === spec.key.ifName && marks.key.containerId !== spec.key.containerId);
    for (const { marks } of older) {
      const release = locks.tryAcquire(keyText(marks.key));
      if (release === undefined) continue;
      try {
        await this.#remove(marks.key, marks.pod, await this.#observe(marks.key), stages, signal);
      } finally {
        release();
      }
    }
  }

  async #remove(
    key: AttachmentKey,
    pod: PodIdentity,
    observed: ObservedAttachment,
    stages: Stages,
    signal: AbortSignal,
  ): Promise<void> {
    const { ports, onStep } = this.#options;
    const known = observed.logicalPort?.marks.pod ?? observed.ovsPort?.marks.pod ?? pod;
    const failures = await runDel(planDel(key, observed), { key, pod: known }, { ports, stages, onStep, signal });
    if (failures.length > 0) throw explain(failures[0], fieldsOf(key, known));
  }

  async #observe(key: AttachmentKey): Promise<ObservedAttachment> {
    const { ovsPorts, logicalPorts } = this.#options.ports;
    const ovsPort = ovsPorts.find(key);
    const links = await this.links(ovsPort?.link ?? hostLinkName(key));
    const link = links.find(({ mark }) => keyText(mark.key) === keyText(key));
    return { link, ovsPort, logicalPort: logicalPorts.find(key) };
  }

  async #inspect({ key, netns }: ExpectedAttachment): Promise<CheckedAttachment> {
    const { netlink, ovsPorts, logicalPorts } = this.#options.ports;
    const ovsPort = ovsPorts.find(key);
    const [[hostLink], [sandboxLink]] = await Promise.all([
      netlink.links(HOST_NETNS, ovsPort?.link ?? hostLinkName(key)),
      netlink.links(netns, key.ifName),
    ]);
    const inside = sandboxLink !== undefined;
    const addresses = inside ? await netlink.addresses(netns, key.ifName) : [];
    const routes = inside ? await netlink.routes(netns, key.ifName) : [];
    return { hostLink, sandboxLink, addresses, routes, ovsPort, logicalPort: logicalPorts.find(key) };
  }

  #locked<T>(key: AttachmentKey, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#options.locks.run(keyText(key), work, signal);
  }

  #stages(verb: Verb, key: AttachmentKey, pod: PodIdentity): Stages {
    return new Stages(this.#options.observe(verb, fieldsOf(key, pod)));
  }
}

function fieldsOf(key: AttachmentKey, pod?: PodIdentity): ErrorFields {
  const container = { container: key.containerId, interface: key.ifName };
  return pod === undefined ? container : { ...container, namespace: pod.namespace, pod: pod.name };
}
