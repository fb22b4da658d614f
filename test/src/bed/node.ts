import { existsSync } from "node:fs";
import type { Bed } from "./bed.js";
import type { Central } from "./central.js";
import { attempt, ipBatch, run, type Outcome, type RunOptions } from "./command.js";
import { Daemon } from "./daemon.js";
import { LOG_TO_CONSOLE } from "./database.js";
import { plug, unplug, UNDERLAY_PREFIX, UNDERLAY_PREFIX_V6 } from "./underlay.js";
import { waitUntil } from "./wait.js";

/** How a node is built. */
export interface NodeOptions {
  readonly central: Central;
  /** Address on the underlay and of the tunnels; the next free one from 192.0.2.11 on when absent. */
  readonly underlayIp?: string;
  /** Gives the underlay link an IPv6 address and default route as well. */
  readonly dualStack?: boolean;
  /**
   * Nobody chooses the datapath of br-int before the node's agent does. OVS tries the kernel's meanwhile: where the
   * kernel has none, br-int comes with the agent's choice.
   */
  readonly datapathLeftToAgent?: boolean;
}

/** "system": the kernel's openvswitch module; "netdev": OVS in userspace, for kernels without it. */
export type Datapath = "system" | "netdev";

/**
 * A worker node: a network namespace with an Open vSwitch and an ovn-controller of its own.
 *
 * Its underlay link is a port of the bridge br-phys, which has the address: tunnels of the userspace datapath leave
 * through the route of an OVS bridge only. The default route leads to the host outside.
 */
export class BedNode {
  readonly bed: Bed;
  readonly central: Central;
  readonly name: string;
  /** Full name of its network namespace. */
  readonly netns: string;
  readonly underlayIp: string;
  readonly underlayIpV6: string | undefined;
  /** Of br-phys, and of br-int unless that is left to the agent. */
  readonly datapath: Datapath;
  readonly datapathLeftToAgent: boolean;
  /** Name of its row in the southbound table Chassis; not the host name, as in production. */
  readonly systemId: string;
  readonly directory: string;
  /** Unix socket of the local Open_vSwitch database. */
  readonly ovsSocket: string;
  /** What OVS and OVN programs need in the environment to find this node's directories. */
  readonly env: Readonly<Record<string, string>>;
  readonly ovsdbServer: Daemon;
  readonly vswitchd: Daemon;
  readonly controller: Daemon;

  constructor(central: Central, name: string, made: BuildingPlan) {
    this.bed = central.bed;
    this.central = central;
    this.name = name;
    this.netns = made.netns;
    this.underlayIp = made.underlayIp;
    this.underlayIpV6 = made.underlayIpV6;
    this.datapath = made.datapath;
    this.datapathLeftToAgent = made.datapathLeftToAgent;
    this.systemId = `chassis-${name}`;
    this.directory = this.bed.makeDirectory(name);
    this.ovsSocket = `${this.directory}/db.sock`;
    const directories = ["RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR"].flatMap((kind) => [`OVS_${kind}`, `OVN_${kind}`]);
    this.env = Object.fromEntries(directories.map((variable) => [variable, this.directory]));
    const daemon = (kind: string, argv: readonly string[]): Daemon =>
      new Daemon(this.bed, { name: `${name}-${kind}`, argv, netns: this.netns, env: this.env });
    this.ovsdbServer = daemon("ovsdb", [
      ...["ovsdb-server", `--remote=punix:${this.ovsSocket}`, `--unixctl=${this.directory}/ovsdb.ctl`],
      ...[...LOG_TO_CONSOLE, `${this.directory}/conf.db`],
    ]);
    const vswitchd = ["ovs-vswitchd", `--unixctl=${this.directory}/vswitchd.ctl`, ...LOG_TO_CONSOLE];
    this.vswitchd = daemon("vswitchd", [...vswitchd, `unix:${this.ovsSocket}`]);
    // ovn-controller has no --unixctl: its socket is ovn-controller.PID.ctl in OVN_RUNDIR.
    this.controller = daemon("controller", ["ovn-controller", ...LOG_TO_CONSOLE, `unix:${this.ovsSocket}`]);
  }

  /** Runs a command in the node's network namespace and returns its standard output; throws when it fails. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return run(argv, { netns: this.netns, ...options, env: { ...this.env, ...options.env } });
  }

  /** Like `run`, for commands that may fail. */
  attempt(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return attempt(argv, { netns: this.netns, ...options, env: { ...this.env, ...options.env } });
  }

  vsctl(...args: readonly string[]): Promise<string> {
    return this.run(["ovs-vsctl", `--db=unix:${this.ovsSocket}`, "--timeout=30", ...args]);
  }

  /** `ovs-appctl` on ovs-vswitchd, for example "dpctl/dump-flows". */
  ovsAppctl(...args: readonly string[]): Promise<string> {
    return this.run(["ovs-appctl", "-t", `${this.directory}/vswitchd.ctl`, ...args]);
  }

  /** `ovn-appctl` on ovn-controller. */
  controllerAppctl(...args: readonly string[]): Promise<string> {
    return this.run(["ovs-appctl", "-t", `${this.directory}/ovn-controller.${this.controller.pid}.ctl`, ...args]);
  }

  /** Ends ovn-controller with `signal` (SIGTERM keeps the flows in place) and starts it again. */
  async restartController(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.controller.signal(signal);
    await this.controller.exited();
    await this.controller.start();
    await this.waitReady();
  }

  /** Restarts ovs-vswitchd: with the userspace datapath that interrupts all traffic of the node. */
  async restartVswitchd(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.vswitchd.signal(signal);
    await this.vswitchd.exited();
    await this.vswitchd.start();
    await this.configureUnderlay();
    await this.waitReady();
  }

  /** Registered in the southbound database, and br-int is there (unless it may have to wait for the agent). */
  async waitReady(): Promise<void> {
    await waitUntil(
      `${this.name} is registered and has br-int`,
      async () => {
        const chassis = ["--bare", "--columns=name", "find", "Chassis", `name=${this.systemId}`];
        if ((await this.central.sbctl(...chassis)) === "") return false;
        const connected = await this.controllerAppctl("connection-status");
        return (
          connected.trim() === "connected" &&
          existsSync(`/proc/${this.vswitchd.pid}`) &&
          (this.datapathLeftToAgent || (await this.hasBrInt()))
        );
      },
      { failing: () => this.vswitchd.failure() ?? this.controller.failure() },
    );
  }

  /** Addresses of br-phys; the userspace datapath makes that link anew when ovs-vswitchd starts. */
  async configureUnderlay(): Promise<void> {
    await waitUntil(`${this.name} has br-phys`, () => this.run(["ip", "link", "show", "br-phys"]), {
      failing: () => this.vswitchd.failure(),
    });
    const { outside } = this.central.underlay;
    const v6 = this.underlayIpV6;
    await this.run(["sysctl", "-qw", `net.ipv6.conf.br-phys.disable_ipv6=${v6 === undefined ? 1 : 0}`]);
    await ipBatch(this.netns, [
      `address replace ${this.underlayIp}/${UNDERLAY_PREFIX} dev br-phys`,
      "link set br-phys up",
      `route replace default via ${outside.gateway} dev br-phys`,
      ...(v6 === undefined ? [] : [`address replace ${v6}/${UNDERLAY_PREFIX_V6} dev br-phys nodad`]),
      ...(v6 === undefined ? [] : [`route replace default via ${outside.gatewayV6} dev br-phys`]),
    ]);
  }

  /** Stops the node's daemons, unregisters it and deletes its namespace and those of its pods. */
  async stop(): Promise<void> {
    const ours = this.bed.processes.filter(({ netns }) => netns === this.netns);
    for (const supervised of ours.reverse()) await supervised.stop();
    await this.central.sbctl("--if-exists", "chassis-del", this.systemId);
    await unplug(this.central.underlay, this.name);
    const pods = this.bed.netnsNames.filter((name) => name.startsWith(`${this.netns}-`));
    for (const name of [...pods, this.netns]) await this.bed.deleteNetns(name);
  }

  private async hasBrInt(): Promise<boolean> {
    const { exitCode } = await this.attempt(["ip", "link", "show", "br-int"]);
    return exitCode === 0;
  }
}

interface Addresses {
  readonly underlayIp: string;
  readonly underlayIpV6: string | undefined;
}

interface BuildingPlan extends Addresses {
  readonly netns: string;
  readonly datapath: Datapath;
  readonly datapathLeftToAgent: boolean;
}

/** The kernel's datapath where there is one, or what the environment variable K8SHOST_BED_DATAPATH says. */
export async function detectDatapath(): Promise<Datapath> {
  const wanted = process.env["K8SHOST_BED_DATAPATH"];
  if (wanted === "system" || wanted === "netdev") return wanted;
  if (existsSync("/sys/module/openvswitch")) return "system";
  const loaded = await attempt(["modprobe", "openvswitch"]).catch(() => undefined);
  return loaded?.exitCode === 0 ? "system" : "netdev";
}

const nextAddress = new WeakMap<Bed, number>();

function chooseAddresses(bed: Bed, options: NodeOptions): Addresses {
  const host = nextAddress.get(bed) ?? 11;
  if (options.underlayIp === undefined) nextAddress.set(bed, host + 1);
  const underlayIp = options.underlayIp ?? `192.0.2.${host}`;
  const underlayIpV6 = options.dualStack === true ? `2001:db8:1::${underlayIp.split(".").at(-1)}` : undefined;
  return { underlayIp, underlayIpV6 };
}

/** Starts a node and waits until it is registered with OVN. Its name (at most 11 characters) is also its host name. */
export async function startNode(name: string, options: NodeOptions): Promise<BedNode> {
  if (!/^[a-z][a-z0-9]{0,10}$/.test(name)) {
    throw new Error(`node name ${JSON.stringify(name)}: use at most 11 of a-z and 0-9; it also names a link`);
  }
  const { central } = options;
  const addresses = chooseAddresses(central.bed, options);
  const netns = await central.bed.createNetns(name);
  const datapathLeftToAgent = options.datapathLeftToAgent ?? false;
  const datapath = await detectDatapath();
  const node = new BedNode(central, name, { netns, datapath, datapathLeftToAgent, ...addresses });
  await plug(central.underlay, netns, "phys0", name);
  await node.run(["sysctl", "-qw", "net.ipv6.conf.phys0.disable_ipv6=1"]);
  await ipBatch(netns, ["link set phys0 up"]);
  await startOvs(node);
  await node.configureUnderlay();
  await node.controller.start();
  await node.waitReady();
  return node;
}

/** external_ids are written before the daemons start, or ovn-controller registers with half of them. */
async function startOvs(node: BedNode): Promise<void> {
  await run(["ovsdb-tool", "create", `${node.directory}/conf.db`, "/usr/share/openvswitch/vswitch.ovsschema"]);
  await node.ovsdbServer.start();
  await waitUntil(`${node.ovsdbServer.name} listens`, () => existsSync(node.ovsSocket), {
    failing: () => node.ovsdbServer.failure(),
  });
  const externalIds = {
    "system-id": node.systemId,
    hostname: node.name,
    "ovn-remote": node.central.sb.remote,
    "ovn-encap-type": "geneve",
    "ovn-encap-ip": node.underlayIp,
    ...(node.datapathLeftToAgent ? {} : { "ovn-bridge-datapath-type": node.datapath }),
  };
  await node.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".", ...settings("external_ids", externalIds));
  await node.vswitchd.start();
  const bridge = ["add-br", "br-phys", "--", "set", "Bridge", "br-phys", `datapath_type=${node.datapath}`];
  await node.vsctl(...bridge, "--", "add-port", "br-phys", "phys0");
}

/** Arguments of `ovs-vsctl set` and `ovn-nbctl set` for a map column; values are quoted. */
export function settings(column: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([key, value]) => `${column}:${key}=${JSON.stringify(value)}`);
}
