import { type Check, type DoctorPorts, fail, ok, skip, warn } from "./check.js";
import type { Machine } from "./machine.js";

/** Links are tried in a network namespace of their own that ends with the command: nothing of it stays. */
async function tryLink(machine: Machine, args: readonly string[], signal: AbortSignal) {
  return machine.program("unshare", ["--net", "ip", "link", "add", "name", "k8shost0", ...args], signal);
}

export const privileges: Check<Pick<DoctorPorts, "machine">> = {
  id: "privileges",
  title: "Privileges",
  run: async ({ machine }) =>
    machine.uid === 0
      ? ok("root")
      : warn(
          `user ${machine.uid}`,
          "Run `sudo k8shost doctor`: without root some checks below fail for want of permission alone.",
        ),
};

export const namespaces: Check<Pick<DoctorPorts, "machine">> = {
  id: "namespaces",
  title: "Network namespaces",
  run: async ({ machine }, signal) => {
    const { code, stderr } = await machine.program("unshare", ["--net", "true"], signal);
    if (code === 0) return ok("can be made");
    if (code === undefined) return skip("unshare (util-linux) is not installed, so this could not be tried");
    return fail(stderr, "Pods need CONFIG_NET_NS and CAP_SYS_ADMIN: run as root, outside of restricted containers.");
  },
};

export const veth: Check<Pick<DoctorPorts, "machine">> = {
  id: "veth",
  title: "veth pairs",
  run: async ({ machine }, signal) => {
    const { code, stderr } = await tryLink(machine, ["type", "veth", "peer", "name", "k8shost1"], signal);
    if (code === 0) return ok("can be made");
    if (code === undefined || stderr.includes("failed to execute ip")) {
      return skip("unshare (util-linux) or ip (iproute2) is not installed, so this could not be tried");
    }
    return fail(
      stderr,
      "Load the kernel's module: `modprobe veth`; where it is missing, install the distribution's full kernel.",
    );
  },
};

export const datapath: Check<Pick<DoctorPorts, "machine" | "ovs">> = {
  id: "datapath",
  title: "OVS datapath",
  run: async ({ machine, ovs }, signal) => {
    const chosen = (await ovs().catch(() => undefined))?.externalIds.get("ovn-bridge-datapath-type");
    const loaded = (await machine.look("/sys/module/openvswitch")) !== undefined;
    const kernel = loaded || (await machine.program("modprobe", ["--dry-run", "openvswitch"], signal)).code === 0;
    if (chosen === "system" && !kernel) {
      return fail(
        "the kernel's datapath is chosen, but the kernel has no openvswitch module",
        "Install the distribution's full kernel and `modprobe openvswitch`; or choose the userspace one: " +
          "`ovs-vsctl set open . external_ids:ovn-bridge-datapath-type=netdev`, then restart ovn-controller.",
      );
    }
    if (chosen === "netdev" && loaded) {
      return warn(
        "the userspace datapath is chosen although the kernel has one: it is many times slower",
        "`ovs-vsctl set open . external_ids:ovn-bridge-datapath-type=system`, then restart ovn-controller while the node is drained.",
      );
    }
    if (chosen === undefined)
      return ok(kernel ? "kernel: the agent will choose it" : "userspace: the agent will choose it");
    return ok(chosen === "system" ? "kernel (system)" : "userspace (netdev); the kernel has none");
  },
};

export const encapsulation: Check<Pick<DoctorPorts, "machine" | "ovs" | "config">> = {
  id: "encapsulation",
  title: "Encapsulation",
  run: async ({ machine, ovs, config }, signal) => {
    const { encapType } = config.network;
    const chosen = (await ovs().catch(() => undefined))?.externalIds.get("ovn-bridge-datapath-type");
    if (chosen === "netdev") return ok(`${encapType}, by ovs-vswitchd itself`);
    if ((await machine.look("/sys/module/openvswitch")) === undefined)
      return skip("only the kernel's datapath needs a module for it");
    const args =
      encapType === "geneve" ? ["type", "geneve", "external"] : ["type", "vxlan", "external", "dstport", "4789"];
    const { code, stderr } = await tryLink(machine, args, signal);
    if (code === 0) return ok(`${encapType}, by the kernel`);
    if (code === undefined) return skip("unshare (util-linux) is not installed, so this could not be tried");
    return fail(stderr, `Load the kernel's module: \`modprobe ${encapType}\`.`);
  },
};

export const forwarding: Check<Pick<DoctorPorts, "machine" | "config" | "agent">> = {
  id: "forwarding",
  title: "IP forwarding",
  run: async ({ machine, config, agent }) => {
    const wanted = ["/proc/sys/net/ipv4/ip_forward"];
    if (config.network.clusterCIDR.some((cidr) => cidr.includes(":")))
      wanted.push("/proc/sys/net/ipv6/conf/all/forwarding");
    const values = await Promise.all(wanted.map((path) => machine.readText(path)));
    const off = wanted.filter((_, at) => values[at]?.trim() !== "1").map(sysctlName);
    if (off.length === 0) return ok("on");
    const detail = `${off.join(" and ")} is off`;
    const command = `\`sysctl -w ${off.map((name) => `${name}=1`).join(" ")}\``;
    const running = await agent().then(
      () => true,
      () => false,
    );
    if (!running) return warn(detail, `The agent turns it on when it starts; until then ${command}.`);
    return fail(
      detail,
      `Something turned it off after the agent had turned it on: look into /etc/sysctl.d, then ${command}.`,
    );
  },
};

export const reversePath: Check<Pick<DoctorPorts, "machine" | "config">> = {
  id: "reverse-path",
  title: "Reverse-path filter",
  run: async ({ machine, config }) => {
    const read = async (link: string): Promise<number | undefined> => {
      const text = await machine.readText(`/proc/sys/net/ipv4/conf/${link}/rp_filter`);
      return text === undefined ? undefined : Number(text);
    };
    const all = (await read("all")) ?? 0;
    const { managementLink, egressLink, egress } = config.network;
    const links = egress.enabled ? [managementLink, egressLink] : [managementLink];
    const values = await Promise.all(links.map(read));
    // The kernel applies the larger of the two values; 1 is strict.
    const strict = links.filter((_, at) => values[at] !== undefined && Math.max(all, values[at]) === 1);
    if (strict.length === 0)
      return ok(values.every((value) => value === undefined) ? "the node's links do not exist yet" : "loose");
    return fail(
      `strict on ${strict.join(" and ")}, which drops what returns by the other link`,
      `\`sysctl -w ${strict.map((link) => `net.ipv4.conf.${link}.rp_filter=2`).join(" ")}\`, and look into /etc/sysctl.d for what set it.`,
    );
  },
};

export const nftables: Check<Pick<DoctorPorts, "machine" | "config">> = {
  id: "nftables",
  title: "nftables",
  run: async ({ machine, config }, signal) => {
    if (!config.network.egress.enabled) return skip("not needed: network.egress.enabled is false");
    const { code, stderr } = await machine.program("nft", ["list", "tables"], signal);
    if (code === 0) return ok("works");
    if (code === undefined)
      return fail("nft is not installed, so pods cannot leave the cluster", "Install it: `apt-get install nftables`.");
    return fail(stderr, "The kernel needs nf_tables (`modprobe nf_tables`) and the command root.");
  },
};

export const clock: Check<Pick<DoctorPorts, "machine">> = {
  id: "clock",
  title: "Clock",
  run: async ({ machine }, signal) => {
    const { code, stdout } = await machine.program(
      "timedatectl",
      ["show", "--property=NTPSynchronized", "--value"],
      signal,
    );
    if (code !== 0) return skip("timedatectl does not answer, so nobody knows whether it is synchronised");
    if (stdout.trim() === "yes") return ok("synchronised");
    return warn(
      "not synchronised",
      "Certificates and tokens are refused by a clock that is off: install chrony or enable systemd-timesyncd.",
    );
  },
};

function sysctlName(path: string): string {
  return path.slice("/proc/sys/".length).replaceAll("/", ".");
}
