import type { LinkRequest, Netlink } from "../../netlink/port.js";
import { type AddressLease, type AttachmentKey, type AttachmentSpec, keyText, sameKey } from "../attachment.js";
import type { ObservedAllocation, ObservedLogicalPort, ObservedOvsPort } from "../observed.js";
import type { Addresses, LogicalPorts, OvsPorts } from "../ports.js";
import { lease, logicalPortOf, ovsPortOf } from "./fixtures.js";

/**
 * PrismNET, northbound database and local OVS in memory. `beforeCall` sees every effect and may throw: before it took
 * place, or (`afterCall`) when it has, as a lost reply would look like.
 */
export class World {
  readonly leases = new Map<string, { lease: AddressLease; allocation: ObservedAllocation }>();
  readonly logical = new Map<string, ObservedLogicalPort>();
  readonly plugged = new Map<string, ObservedOvsPort>();
  readonly calls: string[] = [];
  beforeCall: (call: string) => void = () => undefined;
  afterCall: (call: string) => void = () => undefined;
  /** Resolves when flows count as installed. */
  installed: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  #nextHost = 5;

  readonly addresses: Addresses = {
    allocate: (spec) =>
      this.#effect("allocate", () => {
        const key = keyText(spec.key);
        const known = this.leases.get(key);
        if (known !== undefined) return { lease: known.lease, existing: true };
        const address = `10.244.1.${this.#nextHost++}/24`;
        const fresh: AddressLease = { ...lease, addresses: [{ address, gateway: "10.244.1.1" }] };
        const allocation = { key: spec.key, namespace: spec.pod.namespace, pod: spec.pod.name };
        this.leases.set(key, { lease: fresh, allocation });
        return { lease: fresh, existing: false };
      }),
    release: (key) => this.#effect("release", () => void this.leases.delete(keyText(key))),
    list: () => this.#effect("list", () => [...this.leases.values()].map(({ allocation }) => allocation)),
  };

  readonly logicalPorts: LogicalPorts = {
    find: (key) => this.#find(this.logical, key),
    all: () => [...this.logical.values()],
    commit: (spec, given) =>
      this.#effect("commit", () => {
        const addresses = given.addresses.map(({ address }) => address.replace(/\/.*/, ""));
        const row = { ...logicalPortOf(spec), uuid: `lsp-${keyText(spec.key)}`, addresses };
        this.logical.set(row.uuid, row);
        return row;
      }),
    remove: (port) => this.#effect("remove", () => void this.logical.delete(port.uuid)),
  };

  readonly ovsPorts: OvsPorts = {
    find: (key) => this.#find(this.plugged, key),
    all: () => [...this.plugged.values()],
    ofPod: (name) => [...this.plugged.values()].filter(({ marks }) => marks.pod.name === name),
    plug: (spec: AttachmentSpec, link: string) =>
      this.#effect("plug", () => {
        const row = { ...ovsPortOf(spec), link, portUuid: `ovs-${keyText(spec.key)}` };
        this.plugged.set(row.portUuid, row);
        return row;
      }),
    unplug: (port) => this.#effect("unplug", () => void this.plugged.delete(port.portUuid)),
    untilInstalled: async (_link, signal) => {
      await this.#effect("installed", () => undefined);
      await this.installed(signal);
    },
  };

  /** Wraps a Netlink so that its effects are seen, and can fail, like the others. */
  netlink(inner: Netlink): Netlink {
    return {
      execute: (netns, requests, signal) =>
        this.#around(requests.map(({ kind }: LinkRequest) => kind).join("+"), () =>
          inner.execute(netns, requests, signal),
        ),
      deleteLinks: (names) => this.#around("delete-links", () => inner.deleteLinks(names)),
      links: (netns, name) => inner.links(netns, name),
      addresses: (netns, link) => inner.addresses(netns, link),
      routes: (netns, link) => inner.routes(netns, link),
      netnsExists: (netns) => inner.netnsExists(netns),
      close: () => inner.close(),
    };
  }

  #find<T extends { readonly marks: { readonly key: AttachmentKey } }>(rows: Map<string, T>, key: AttachmentKey) {
    return [...rows.values()].find(({ marks }) => sameKey(marks.key, key));
  }

  #effect<T>(call: string, work: () => T): Promise<T> {
    return this.#around(call, () => Promise.resolve(work()));
  }

  async #around<T>(call: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    this.beforeCall(call);
    const result = await work();
    this.afterCall(call);
    return result;
  }
}
