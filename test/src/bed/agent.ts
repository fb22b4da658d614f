import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import { NodeStatusClient, type GetNodeStatusResponse } from "@k8shost/proto/agent/v1/node_status";
import type { Outcome } from "./command.js";
import { Daemon } from "./daemon.js";
import type { BedNode } from "./node.js";
import { networksFor } from "./prismnet.js";
import { mergeSettings, writeSettings, type Settings } from "./settings-file.js";
import { waitUntil } from "./wait.js";

const PROGRAM = fileURLToPath(import.meta.resolve("@k8shost/agent/main"));
const CONSOLE = fileURLToPath(import.meta.resolve("@k8shost/agent/cli/main"));

/** How an agent is started. */
export interface AgentOptions {
  /** Endpoint of PrismNET's server. */
  readonly prismnet: string;
  readonly dualStack?: boolean;
  /** Its configuration, on top of the bed's own; keys of agent/CONFIG.md. */
  readonly settings?: Settings;
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the agent's main module, for tests that kill it at a certain step. */
  readonly program?: string;
}

/** One stage of a verb, as the agent's log tells it. */
export interface LoggedStage {
  readonly stage: string;
  readonly microseconds: number;
}

/** The agent of a node. It runs inside the node's network namespace; pods' namespaces it gets as paths. */
export class BedAgent {
  readonly node: BedNode;
  readonly daemon: Daemon;
  readonly socket: string;
  /** Where it keeps what outlives a reboot; the CNI executable queues deletes below it. */
  readonly stateDirectory: string;
  readonly configFile: string;

  constructor(node: BedNode, options: AgentOptions) {
    this.node = node;
    this.socket = `${node.directory}/agent.sock`;
    this.stateDirectory = node.bed.makeDirectory(node.name, "state");
    this.configFile = `${node.directory}/agent.yaml`;
    const settings = {
      nodeName: node.name,
      socket: this.socket,
      stateDir: this.stateDirectory,
      northbound: { remotes: node.central.nb.members.map((member) => member.remote) },
      southbound: { remotes: node.central.sb.members.map((member) => member.remote) },
      openvswitch: { remote: `unix:${node.ovsSocket}` },
      prismnet: { endpoint: options.prismnet },
      network: {
        clusterCIDR: networksFor(options.dualStack, "pods"),
        serviceCIDR: networksFor(options.dualStack, "services"),
      },
      cni: {
        binDir: node.bed.makeDirectory(node.name, "cni-bin"),
        confDir: node.bed.makeDirectory(node.name, "cni-conf"),
      },
      log: { level: "debug" },
    };
    writeSettings(this.configFile, mergeSettings(settings, options.settings));
    const program = options.program ?? PROGRAM;
    this.daemon = new Daemon(node.bed, {
      name: `${node.name}-agent`,
      argv: [process.execPath, "--enable-source-maps", program, "--config", this.configFile],
      netns: node.netns,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
  }

  /** NodeStatus.Get. Throws while nobody answers. */
  async status(): Promise<GetNodeStatusResponse> {
    const client = new NodeStatusClient(`unix:${this.socket}`, credentials.createInsecure());
    try {
      return await new Promise((resolve, reject) => {
        client.get({}, (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      });
    } finally {
      client.close();
    }
  }

  /** It accepts ADD, its sweep is done and the node's own ports are in place. */
  async waitReady(): Promise<void> {
    await waitUntil(
      `the agent of ${this.node.name} is ready`,
      async () => {
        if (!existsSync(this.socket)) return false;
        const { conditions, swept, managementPort } = await this.status();
        if (conditions.length > 0) throw new Error(conditions.join("; "));
        if (!swept) throw new Error("its sweep of leftovers is not done");
        if (managementPort?.ready !== true) throw new Error("the node's own ports are not in place");
        return true;
      },
      { failing: () => this.daemon.failure(), intervalMs: 50 },
    );
  }

  /** Starts it (again) and waits until it is ready. */
  async start(): Promise<void> {
    await this.daemon.start();
    await this.waitReady();
  }

  /** Ends it with `signal` and starts it again. */
  async restart(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.daemon.signal(signal);
    await this.daemon.exited();
    await this.start();
  }

  /** Runs the operator's program `k8shost` against this agent, for example `console("status", "--json")`. */
  console(verb: string, ...args: readonly string[]): Promise<Outcome> {
    return this.node.attempt([process.execPath, CONSOLE, verb, "--socket", this.socket, ...args]);
  }

  /** Stages of one container's ADD or DEL in the order in which they ended; needs the log level "debug". */
  stages(operation: "ADD" | "DEL", containerId: string): LoggedStage[] {
    const lines = readFileSync(this.daemon.logFile, "utf8").split("\n");
    const entries = lines.filter((line) => line.includes(containerId) && line.includes('"stage"')).map(parseEntry);
    return entries
      .filter((entry) => entry.operation === operation && entry.container === containerId)
      .map(({ stage, microseconds }) => ({ stage, microseconds }));
  }
}

function parseEntry(line: string): LoggedStage & { operation?: string; container?: string } {
  try {
    return JSON.parse(line) as LoggedStage;
  } catch {
    // The last line may be half written.
    return { stage: "", microseconds: 0 };
  }
}

/** Starts the agent of a node and waits until it is ready. */
export async function startAgent(node: BedNode, options: AgentOptions): Promise<BedAgent> {
  const agent = new BedAgent(node, options);
  await agent.start();
  return agent;
}
