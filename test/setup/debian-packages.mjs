// Debian packages: what is needed, why, and how it gets there without starting a daemon of the system.
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Unmet, execute, say } from "./step.mjs";

const groups = {
  base: {
    "ovn-central": "northbound and southbound databases, ovn-northd",
    "ovn-host": "ovn-controller, one per simulated node",
    "openvswitch-switch": "ovsdb-server and ovs-vswitchd, one pair per simulated node",
    "containernetworking-plugins": "bridge, host-local and portmap: chained plugins, and what we measure against",
    nftables: "source NAT of pod traffic that leaves a node",
    iptables: "what the chained plugin portmap works with",
    ethtool: "checksum offload of test interfaces",
    iproute2: "network namespaces of nodes and pods",
    "iputils-ping": "pings from pod to pod",
    iperf3: "throughput from pod to pod",
    openssl: "certificates for TLS tests",
    procps: "process lists in tests",
    gcc: "compiles the engine inside the CNI executable, and the C program that it is measured against",
    "libc6-dev": "C headers for gcc",
    "musl-tools": "links the CNI executable statically",
  },
  tests: {
    "qemu-system-x86": "a virtual machine with a kernel that has openvswitch",
    "busybox-static": "its first programs",
    kmod: "its kernel modules",
    "xz-utils": "unpacks its kernel",
  },
  checks: {
    "nix-bin": "parses and evaluates the NixOS modules",
  },
};

/** Names of the packages that everything needs. */
export const basePackages = Object.keys(groups.base);

/** Services that the packages above would start; ours run in namespaces instead. */
const services = ["ovn-central", "ovn-host", "ovn-controller", "ovn-northd", "openvswitch-switch", "ovs-vswitchd"];

const policy = "/usr/sbin/policy-rc.d";
const savedPolicy = "/usr/sbin/policy-rc.d.before-k8shost";
const policyMark = "# k8shost: temporary";

/** Installs what is missing of the named groups, as root on Debian; elsewhere says what to install. */
export async function ensureDebianPackages(names) {
  restorePolicy();
  const wanted = Object.assign({}, ...names.map((name) => groups[name]));
  const missing = await missingOf(Object.keys(wanted));
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get")) {
    throw new Unmet(`This needs Debian 12, or else its packages ${missing.join(", ")} by other means.`);
  }
  say("Debian packages that are missing:");
  for (const name of missing) say(`  ${name}: ${wanted[name]}`);
  await install(missing);
  const still = await missingOf(missing);
  if (still.length > 0) throw new Unmet(`apt-get could not install ${still.join(", ")} (see above).`);
}

async function missingOf(names) {
  const { output } = await execute("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...names]);
  const installed = new Set(
    output.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])),
  );
  return names.filter((name) => !installed.has(name));
}

async function install(names) {
  const arguments_ = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...names];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await withoutServices(names, async () => {
    if (hasPackageLists() && (await execute("apt-get", arguments_, { env })).code === 0) return;
    say("apt-get update (the package lists are missing or out of date)");
    const update = await execute("apt-get", ["update", "-q", "-o", "DPkg::Lock::Timeout=300"], { env });
    if (update.code !== 0) process.stderr.write(update.output);
    const { code, output } = await execute("apt-get", arguments_, { env });
    if (code !== 0) process.stderr.write(output);
  });
}

function hasPackageLists() {
  const folder = "/var/lib/apt/lists";
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes("_Packages"));
}

/**
 * Keeps maintainer scripts from starting daemons: Debian's own switch is /usr/sbin/policy-rc.d, exit code 101. It is
 * put back even after a kill: at the next run.
 */
async function withoutServices(names, action) {
  const startsDaemons = names.some((name) => services.includes(name));
  if (startsDaemons && !(await alreadyForbidden())) {
    say(`no daemon is started by this: ${policy} forbids it until the packages are in`);
    if (existsSync(policy)) renameSync(policy, savedPolicy);
    writeFileSync(policy, `#!/bin/sh\n${policyMark}\nexit 101\n`);
    chmodSync(policy, 0o755);
  }
  try {
    await action();
  } finally {
    restorePolicy();
  }
  if (startsDaemons && existsSync("/run/systemd/system")) await disableServices();
}

async function alreadyForbidden() {
  return existsSync(policy) && (await execute(policy, ["openvswitch-switch", "start"])).code === 101;
}

function restorePolicy() {
  if (existsSync(policy) && readFileSync(policy, "utf8").includes(policyMark)) rmSync(policy);
  if (existsSync(savedPolicy)) renameSync(savedPolicy, policy);
}

/** Or they would start with the next boot. */
async function disableServices() {
  const units = services.map((name) => `${name}.service`);
  for (const unit of units) await execute("systemctl", ["disable", "--quiet", unit]);
  say("OVN's and Open vSwitch's services are disabled, so that the next boot does not start them either");
}
