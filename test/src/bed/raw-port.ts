import type { BedNode } from "./node.js";
import { settings } from "./node.js";
import type { PodNetns } from "./pod.js";

/** A logical port built by hand: what the bed's own tests use instead of an agent. */
export interface RawPort {
  readonly logicalSwitch: string;
  /** Unique in the northbound database, and as a host link (at most 15 characters) on its node. */
  readonly name: string;
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
}

/**
 * Plugs a pod into OVN: logical port, veth pair, OVS port; waits for `ovn-installed`. The logical switch must exist.
 */
export async function plugRawPort(pod: PodNetns, port: RawPort): Promise<void> {
  const { node } = pod;
  const bare = port.addresses.map((address) => address.split("/")[0]);
  const addresses = [port.mac, ...bare].join(" ");
  await node.central.nbctl(
    ...["lsp-add", port.logicalSwitch, port.name],
    ...["--", "lsp-set-addresses", port.name, addresses, "--", "lsp-set-port-security", port.name, addresses],
  );
  await node.run(["ip", "link", "add", port.name, "type", "veth", "peer", "name", "eth0", "netns", pod.netns]);
  await node.run(["sysctl", "-qw", `net.ipv6.conf.${port.name}.disable_ipv6=1`]);
  await node.run(["ip", "link", "set", port.name, "up"]);
  // The userspace datapath passes frames on as they are, so the pod has to compute their checksums itself.
  await pod.run(["ethtool", "-K", "eth0", "tx", "off"]);
  await pod.run(["ip", "-batch", "-"], {
    input: [
      `link set eth0 address ${port.mac} mtu 1442 up`,
      ...port.addresses.map((address) => `address add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`),
      ...port.gateways.map((gateway) => `route add default via ${gateway}`),
      "",
    ].join("\n"),
  });
  const interfaceIds = settings("external_ids", { "iface-id": port.name });
  await node.vsctl("add-port", "br-int", port.name, "--", "set", "Interface", port.name, ...interfaceIds);
  await waitInstalled(node, port.name);
}

/** Blocks until ovn-controller has installed the flows of an interface. */
export async function waitInstalled(node: BedNode, link: string): Promise<void> {
  await node.vsctl("wait-until", "Interface", link, "external_ids:ovn-installed=true");
}

/** Takes the port away again, OVN first. */
export async function unplugRawPort(pod: PodNetns, port: Pick<RawPort, "name">): Promise<void> {
  await pod.node.central.nbctl("--if-exists", "lsp-del", port.name);
  await pod.node.vsctl("--if-exists", "del-port", "br-int", port.name);
  await pod.node.attempt(["ip", "link", "del", port.name]);
}
