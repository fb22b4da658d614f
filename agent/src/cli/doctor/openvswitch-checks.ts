import { OVERHEAD } from "../../node/underlay.js";
import { isIPv6 } from "node:net";
import { type Check, type DoctorPorts, fail, messageOf, ok, type OvsFacts, skip, warn } from "./check.js";
import type { Machine } from "./machine.js";

const IPV6_EXTRA = 20;

const NO_DATABASE = skip("the Open vSwitch database cannot be read");

/** The rest of the checks here say nothing of their own while the database is away. */
async function facts(ovs: () => Promise<OvsFacts>): Promise<OvsFacts | undefined> {
  return ovs().catch(() => undefined);
}

export const database: Check<Pick<DoctorPorts, "ovs" | "config">> = {
  id: "ovs-database",
  title: "Open vSwitch database",
  run: async ({ ovs, config }) => {
    const { remote } = config.openvswitch;
    try {
      const { version } = await ovs();
      return ok(`${remote}${version === "" ? "" : `, Open vSwitch ${version}`}`);
    } catch (error) {
      const remedy =
        "Install and start it: `apt-get install openvswitch-switch`, `systemctl start ovsdb-server`; or set openvswitch.remote.";
      return fail(messageOf(error), remedy);
    }
  },
};

export const vswitchd: Check<Pick<DoctorPorts, "ovs">> = {
  id: "ovs-vswitchd",
  title: "ovs-vswitchd",
  run: async ({ ovs }) => {
    const found = await facts(ovs);
    if (found === undefined) return NO_DATABASE;
    const remedy =
      "`systemctl restart ovs-vswitchd`; its log is /var/log/openvswitch/ovs-vswitchd.log. " +
      "Traffic of the kernel's datapath goes on meanwhile.";
    if (!found.switching) return fail("not running: nobody holds its lock in the database", remedy);
    if (!found.applied) return warn("has not applied the database's latest change", `If this stays so: ${remedy}`);
    return ok("running");
  },
};

export const identity: Check<Pick<DoctorPorts, "ovs" | "config">> = {
  id: "ovs-identity",
  title: "Node's OVN settings",
  run: async ({ ovs, config }) => {
    const found = await facts(ovs);
    if (found === undefined) return NO_DATABASE;
    const { encapType } = config.network;
    const examples: Readonly<Record<string, string>> = {
      "system-id": config.nodeName,
      "ovn-remote": config.southbound.remotes.join(",") || "tcp:SERVER:6642",
      "ovn-encap-type": encapType,
      "ovn-encap-ip": "ADDRESS_OF_THIS_NODE",
    };
    const missing = Object.keys(examples).filter((key) => (found.externalIds.get(key) ?? "") === "");
    if (missing.length > 0) {
      const settings = missing.map((key) => `external_ids:${key}=${examples[key] ?? ""}`).join(" ");
      return fail(`missing in external_ids: ${missing.join(", ")}`, `\`ovs-vsctl set open . ${settings}\``);
    }
    const types = (found.externalIds.get("ovn-encap-type") ?? "").split(",");
    if (!types.includes(encapType)) {
      return warn(
        `ovn-encap-type is ${types.join(",")}, the agent's network.encapType is ${encapType}: the MTU is computed for the wrong one`,
        "Make both the same.",
      );
    }
    return ok(
      `${found.externalIds.get("system-id") ?? ""}, ${types.join(",")} at ${found.externalIds.get("ovn-encap-ip") ?? ""}`,
    );
  },
};

export const bridge: Check<Pick<DoctorPorts, "ovs" | "config">> = {
  id: "bridge",
  title: "Integration bridge",
  run: async ({ ovs, config }) => {
    const found = await facts(ovs);
    if (found === undefined) return NO_DATABASE;
    const name = config.openvswitch.bridge;
    const bridge = found.bridges.find((one) => one.name === name);
    if (bridge !== undefined)
      return ok(`${name}${bridge.datapathType === "" ? "" : `, datapath ${bridge.datapathType}`}`);
    const asked = found.externalIds.get("ovn-bridge");
    if (asked !== undefined && asked !== name) {
      return fail(
        `${name} does not exist: ovn-controller uses ${asked}`,
        `Set openvswitch.bridge to ${asked} in the agent's configuration.`,
      );
    }
    return fail(
      `${name} does not exist`,
      "ovn-controller makes it when it starts: see that it runs and reaches its southbound database.",
    );
  },
};

export const tunnelAddress: Check<Pick<DoctorPorts, "ovs" | "machine">> = {
  id: "tunnel-address",
  title: "Tunnel address",
  run: async ({ ovs, machine }) => {
    const found = await facts(ovs);
    if (found === undefined) return NO_DATABASE;
    const address = found.externalIds.get("ovn-encap-ip") ?? "";
    if (address === "") return skip("external_ids:ovn-encap-ip is not set");
    const link = (await machine.links()).find(({ addresses }) => addresses.includes(address));
    if (link === undefined) {
      return fail(
        `no link of this node has ${address}`,
        "Other nodes send to where nobody listens: set external_ids:ovn-encap-ip to an address of this node on the underlay.",
      );
    }
    const userspace = found.externalIds.get("ovn-bridge-datapath-type") === "netdev";
    if (userspace && !found.internalPorts.includes(link.name)) {
      return fail(
        `${address} is on ${link.name}, which is no port of an Open vSwitch bridge`,
        "The userspace datapath sends tunnels only through bridges of its own: make one (datapath_type=netdev), add the underlay's link to it, and move the address to the bridge.",
      );
    }
    return ok(`${address} on ${link.name}`);
  },
};

export const mtu: Check<Pick<DoctorPorts, "ovs" | "machine" | "config">> = {
  id: "mtu",
  title: "MTU",
  run: async ({ ovs, machine, config }) => {
    const found = await facts(ovs);
    const address = found?.externalIds.get("ovn-encap-ip") ?? "";
    const link = (await machine.links()).find(({ addresses }) => addresses.includes(address));
    if (link === undefined) return skip("the tunnel address is not on a link");
    const { mtu: configured, encapType } = config.network;
    const room = link.mtu - OVERHEAD[encapType] - (isIPv6(address) ? IPV6_EXTRA : 0);
    if (configured === 0) return ok(`${room} for pods (${link.name} has ${link.mtu})`);
    if (configured > room) {
      return fail(
        `network.mtu is ${configured}, but ${link.name} (${link.mtu}) leaves ${room} after the encapsulation: large packets are lost`,
        `Set network.mtu to ${room} or to 0, or raise the underlay's MTU to ${link.mtu + configured - room}.`,
      );
    }
    return ok(`${configured} for pods; ${link.name} leaves room for ${room}`);
  },
};

export const controller: Check<Pick<DoctorPorts, "machine">> = {
  id: "ovn-controller",
  title: "ovn-controller",
  run: async ({ machine }, signal) => {
    const target = await controlSocket(machine);
    const { code, stdout, stderr } = await machine.program(
      "ovn-appctl",
      ["--timeout=5", "-t", target, "connection-status"],
      signal,
    );
    if (code === undefined) {
      return skip("ovn-appctl (ovn-common) is not installed, so it could not be asked");
    }
    if (code !== 0) {
      return fail(
        `not running: ${lastLine(stderr)}`,
        "`apt-get install ovn-host`, `systemctl start ovn-controller`; its log is /var/log/ovn/ovn-controller.log.",
      );
    }
    if (stdout.trim() === "connected") return ok("running and connected to the southbound database");
    return fail(
      `running, but ${stdout.trim()} to the southbound database: new pods never become ready`,
      "See that `ovs-vsctl get open . external_ids:ovn-remote` names a server that answers from here, and look into /var/log/ovn/ovn-controller.log.",
    );
  },
};

export const chassis: Check<Pick<DoctorPorts, "ovs" | "chassis" | "config">> = {
  id: "chassis",
  title: "Chassis registration",
  run: async ({ ovs, chassis: read, config }) => {
    const found = await facts(ovs);
    if (found === undefined) return NO_DATABASE;
    const name = found.externalIds.get("system-id") ?? "";
    const remotes = config.southbound.remotes.length > 0 ? config.southbound.remotes : remotesOf(found);
    if (name === "" || remotes.length === 0)
      return skip("neither southbound.remotes nor external_ids:ovn-remote and system-id are set");
    if (remotes.some((remote) => remote.startsWith("ssl:")) && config.southbound.tls.ca === undefined) {
      return skip("the southbound database needs TLS: set southbound.remotes and southbound.tls to have it read");
    }
    const row = await read(name, remotes).catch((error: unknown) => messageOf(error));
    if (typeof row === "string") {
      return warn(
        `the southbound database cannot be read: ${row}`,
        "ovn-controller needs it too: see that it runs, and that nothing between filters the port.",
      );
    }
    if (row === undefined) {
      return fail(
        `${name} is not in the southbound database`,
        "ovn-controller registers it: see that it runs and that its system-id is this one.",
      );
    }
    const address = found.externalIds.get("ovn-encap-ip") ?? "";
    const told = row.encapsulations.map(({ type, ip }) => `${type} at ${ip}`).join(", ");
    if (!row.encapsulations.some(({ ip }) => ip === address)) {
      return fail(
        `${name} is registered with ${told || "no encapsulation"}, not with ${address}: two nodes may have the same system-id`,
        "Give each node its own external_ids:system-id, and restart ovn-controller.",
      );
    }
    return ok(`${name}, ${told}`);
  },
};

/** ovn-appctl finds it through the pid file, where the daemon was told to write one; else its socket has its pid. */
async function controlSocket(machine: Machine): Promise<string> {
  const directory = machine.ovnRunDirectory;
  for (const name of (await machine.list(directory)) ?? []) {
    const pid = /^ovn-controller\.(\d+)\.ctl$/.exec(name)?.[1];
    if (pid !== undefined && (await machine.look(`/proc/${pid}`)) !== undefined) return `${directory}/${name}`;
  }
  return "ovn-controller";
}

function remotesOf({ externalIds }: OvsFacts): string[] {
  return (externalIds.get("ovn-remote") ?? "").split(",").flatMap((remote) => remote.trim() || []);
}

function lastLine(text: string): string {
  return text.split("\n").at(-1) ?? "";
}
