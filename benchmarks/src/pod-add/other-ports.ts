import { logicalSwitchName } from "@k8shost/agent/ovn/names";
import { insert, mutate, type Operation, OvsdbClient, OVN_Northbound } from "@k8shost/agent/ovsdb";
import type { BedPrismnet, Central } from "@k8shost/test/bed";

const { Logical_Switch, Logical_Switch_Port } = OVN_Northbound.tables;

const PORTS_PER_SWITCH = 100;
const SWITCHES_PER_TRANSACTION = 5;

/**
 * Pods of other nodes: logical ports of a chassis that is not here, on namespaces' switches at the cluster's router. Each
 * switch has a hundred.
 */
export class OtherPorts {
  readonly #prismnet: BedPrismnet;
  readonly #northbound;
  #count = 0;

  constructor(central: Central, prismnet: BedPrismnet) {
    this.#prismnet = prismnet;
    const remotes = [central.nb.remote];
    this.#northbound = new OvsdbClient({ name: "other-ports", remotes, database: OVN_Northbound, monitor: {} });
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#northbound.start(signal);
  }

  async stop(): Promise<void> {
    await this.#northbound.close();
  }

  /** Adds ports until there are `count` (a multiple of a hundred). */
  async growTo(count: number, signal: AbortSignal): Promise<void> {
    while (this.#count < count) {
      const operations: Operation[] = [];
      for (let i = 0; i < SWITCHES_PER_TRANSACTION && this.#count < count; i++) {
        const namespace = `other-${String(this.#count / PORTS_PER_SWITCH)}`;
        const [subnet = ""] = await this.#prismnet.createNamespace(namespace);
        operations.push(...portsOf(namespace, subnet));
        this.#count += PORTS_PER_SWITCH;
      }
      await this.#northbound.transact(operations, { signal });
    }
  }
}

function portsOf(namespace: string, subnet: string): Operation[] {
  const ports = Array.from({ length: PORTS_PER_SWITCH }, (_, index) => {
    const address = subnet.replace(/\d+\/\d+$/, String(index + 10));
    const mac = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
    const addresses = `0a:58:${mac.join(":")} ${address}`;
    return insert(Logical_Switch_Port, {
      name: `${namespace}-${String(index)}-${"0".repeat(64)}`,
      addresses: [addresses],
      port_security: [addresses],
      options: { "requested-chassis": "elsewhere", "iface-id-ver": "elsewhere" },
      external_ids: { "k8shost/owner": "pod", "k8shost/node": "elsewhere", "k8shost/namespace": namespace },
    });
  });
  const onSwitch = [["name", "==", logicalSwitchName(namespace)]] as const;
  return [...ports, mutate(Logical_Switch, onSwitch, [["ports", "insert", ports.map(({ ref }) => ref)]])];
}
