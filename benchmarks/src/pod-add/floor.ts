import { HOST_NETNS } from "@k8shost/agent/netlink/port";
import { LinuxNetlink } from "@k8shost/agent/netlink/linux";
import type { AddressLease, AttachmentSpec } from "@k8shost/agent/network/attachment";
import { createRequests } from "@k8shost/agent/network/sandbox-plan";
import { hostLinkName, logicalPortName } from "@k8shost/agent/ovn/names";
import { commitPort, removePort } from "@k8shost/agent/ovn/port-plan";
import { plugPort, unplugPort } from "@k8shost/agent/ovs/port-plan";
import { ovsMonitor } from "@k8shost/agent/ovs/ports";
import {
  type InsertOperation,
  Open_vSwitch,
  type Operation,
  OvsdbClient,
  OVN_Northbound,
  type Uuid,
} from "@k8shost/agent/ovsdb";
import { type BedNode, netnsPath } from "@k8shost/test/bed";
import type { Plugin, TestPod } from "../cni/plugin.js";

const BRIDGE = "br-int";

interface Writer {
  transact(operations: readonly Operation[], options: { readonly signal: AbortSignal }): Promise<readonly object[]>;
}

/**
 * The least that anybody can do to give a pod a port of OVN: the agent's rows in the agent's order, written straight from
 * this process. No executable, no gRPC, no address service, no address inside the pod, no mark to find it by, no undo.
 */
export class Floor implements Plugin {
  readonly #node: BedNode;
  readonly #logicalSwitch: string;
  readonly #subnet: string;
  readonly #signal: AbortSignal;
  readonly #northbound;
  readonly #ovs;
  readonly #netlink: LinuxNetlink;
  readonly #ports = new Map<string, { logical: Uuid; ovs: Uuid }>();
  #pods = 0;

  /** `subnet` is the first one of the logical switch, a /24 at least: its upper addresses are taken. */
  constructor(node: BedNode, where: { logicalSwitch: string; subnet: string }, signal: AbortSignal) {
    this.#node = node;
    this.#logicalSwitch = where.logicalSwitch;
    this.#subnet = where.subnet;
    this.#signal = signal;
    const remotes = [node.central.nb.remote];
    this.#northbound = new OvsdbClient({ name: "floor-nb", remotes, database: OVN_Northbound, monitor: {} });
    const local = [`unix:${node.ovsSocket}`];
    this.#ovs = new OvsdbClient({ name: "floor-ovs", remotes: local, database: Open_vSwitch, monitor: ovsMonitor });
    this.#netlink = new LinuxNetlink({ hostNetns: netnsPath(node.netns) });
  }

  async start(): Promise<void> {
    await Promise.all([this.#northbound.start(this.#signal), this.#ovs.start(this.#signal), this.#netlink.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#northbound.close(), this.#ovs.close(), this.#netlink.close()]);
  }

  add(pods: readonly TestPod[]): Promise<readonly number[]> {
    return together(pods, (pod) => this.#add(pod));
  }

  del(pods: readonly TestPod[]): Promise<readonly number[]> {
    return together(pods, (pod) => this.#del(pod));
  }

  async #add(pod: TestPod): Promise<void> {
    const spec = specOf(pod);
    const link = hostLinkName(spec.key);
    const identity = { node: this.#node.name, chassis: this.#node.systemId };
    const [logical, ovs] = await Promise.all([
      this.#write(this.#northbound, commitPort(spec, this.#lease(), identity)),
      this.#netlink.execute(HOST_NETNS, createRequests(spec, link)).then(() => {
        const where = { bridge: BRIDGE, node: this.#node.name };
        return this.#write(this.#ovs, plugPort(spec, link, logicalPortName(pod.name, spec.key), where));
      }),
    ]);
    this.#ports.set(pod.containerId, { logical, ovs });
    const installed = this.#ovs.table("Interface").index("name");
    await installed.waitFor(link, (row) => row?.external_ids.get("ovn-installed") === "true", {
      signal: this.#signal,
    });
  }

  async #del(pod: TestPod): Promise<void> {
    const ports = this.#ports.get(pod.containerId);
    if (ports === undefined) throw new Error(`${pod.name} has no port`);
    this.#ports.delete(pod.containerId);
    const link = hostLinkName(specOf(pod).key);
    await Promise.all([
      this.#northbound.transact(removePort(ports.logical, this.#logicalSwitch), { signal: this.#signal }),
      this.#ovs
        .transact(unplugPort(ports.ovs, BRIDGE), { signal: this.#signal })
        .then(() => this.#netlink.deleteLinks([link])),
    ]);
  }

  async #write(to: Writer, made: { operations: Operation[]; port: InsertOperation }): Promise<Uuid> {
    const results = await to.transact(made.operations, { signal: this.#signal });
    return (results[made.operations.indexOf(made.port)] as { uuid: Uuid }).uuid;
  }

  /** PrismNET gives out the lower addresses; nobody else's pods are there while the floor's are. */
  #lease(): AddressLease {
    const host = 128 + (this.#pods++ % 100);
    const address = this.#subnet.replace(/\d+\/\d+$/, String(host));
    const mac = `0a:58:${address
      .split(".")
      .map((byte) => Number(byte).toString(16).padStart(2, "0"))
      .join(":")}`;
    return {
      addresses: [{ address: `${address}/24`, gateway: this.#subnet.replace(/\d+\/\d+$/, "1") }],
      logicalSwitch: this.#logicalSwitch,
      mac,
      dnsServers: [],
    };
  }
}

function specOf(pod: TestPod): AttachmentSpec {
  return {
    key: { containerId: pod.containerId, ifName: "eth0" },
    pod: { namespace: "bench", name: pod.name, uid: pod.uid },
    netns: pod.netns,
    mtu: 1442,
    staticAddresses: [],
    rangeStart: "",
    rangeEnd: "",
    subnet: "",
    routes: [],
  };
}

/** Milliseconds from the common start to each one's end. */
async function together(pods: readonly TestPod[], one: (pod: TestPod) => Promise<void>): Promise<number[]> {
  const start = performance.now();
  return Promise.all(pods.map((pod) => one(pod).then(() => performance.now() - start)));
}
