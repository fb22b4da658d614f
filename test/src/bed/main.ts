#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startAgent, type BedAgent } from "./agent.js";
import { createBed } from "./bed.js";
import { startCentral, type Central } from "./central.js";
import { startNode, type BedNode } from "./node.js";
import { createPodNetns } from "./pod.js";
import { startPrismnet } from "./prismnet.js";
import { sweepStaleBeds } from "./stale.js";

const USAGE = `usage: main.js up [--nodes N] [--raft] [--tcp | --ssl] [--dual-stack] [--pods N] [--agents]
       main.js sweep

up     builds an OVN of N nodes (2), prints as JSON where its parts are, and keeps it until SIGINT or SIGTERM
  --raft         three-member clusters instead of standalone databases
  --tcp, --ssl   the databases also listen on the underlay
  --dual-stack   IPv6 on the underlay as well
  --agents       also starts a PrismNET server and the agent of every node
  --pods N       makes N empty sandboxes (network namespaces) on every node
sweep  removes beds whose owner was killed
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: "string", default: "2" },
    pods: { type: "string", default: "0" },
    raft: { type: "boolean", default: false },
    tcp: { type: "boolean", default: false },
    ssl: { type: "boolean", default: false },
    agents: { type: "boolean", default: false },
    "dual-stack": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else if (positionals[0] === "up" && positionals.length === 1) {
  await up();
} else if (positionals[0] === "sweep" && positionals.length === 1) {
  const { removed, remains } = sweepStaleBeds();
  process.stdout.write(removed.length === 0 ? "no stale beds\n" : `removed ${removed.join(", ")}\n`);
  for (const line of remains) process.stderr.write(`could not remove ${line}\n`);
  process.exitCode = remains.length === 0 ? 0 : 1;
} else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

async function up(): Promise<void> {
  const bed = createBed();
  const { raft, tcp, ssl } = values;
  const central = await startCentral(bed, { ...(raft ? { raft: 3 } : {}), tcp, ssl });
  const names = Array.from({ length: count("nodes") }, (_, index) => `node${index + 1}`);
  const nodes = [];
  for (const name of names) nodes.push(await startNode(name, { central, dualStack: values["dual-stack"] }));
  const agents = values.agents ? await startAgents(central, nodes) : [];
  const described = await Promise.all(nodes.map((node, index) => describeNode(node, agents[index])));
  process.stdout.write(`${JSON.stringify({ ...describeCentral(central), nodes: described }, null, 2)}\n`);
  // The daemons are children, and children with an open handle keep us running: until a signal ends the bed.
}

function count(option: "nodes" | "pods"): number {
  const number = Number(values[option]);
  if (Number.isInteger(number) && number >= 0 && number <= 100) return number;
  process.stderr.write(`--${option} ${values[option]}: give a number from 0 to 100\n`);
  process.exit(2);
}

function describeCentral(central: Central): object {
  return {
    bed: central.bed.id,
    directory: central.bed.directory,
    northbound: central.nb.remote,
    southbound: central.sb.remote,
    network: central.networkRemotes,
    certificates: central.certificates,
    underlayNetns: central.underlay.netns,
    outside: central.underlay.outside,
  };
}

async function startAgents(central: Central, nodes: readonly BedNode[]): Promise<BedAgent[]> {
  const dualStack = values["dual-stack"];
  const { endpoint } = await startPrismnet(central, { dualStack });
  return Promise.all(nodes.map((node) => startAgent(node, { prismnet: endpoint, dualStack })));
}

async function describeNode(node: BedNode, agent: BedAgent | undefined): Promise<object> {
  const pods = Array.from({ length: count("pods") }, (_, index) => createPodNetns(node, `pod${index + 1}`));
  return {
    name: node.name,
    netns: `/run/netns/${node.netns}`,
    underlayIp: node.underlayIp,
    underlayIpV6: node.underlayIpV6,
    datapath: node.datapath,
    systemId: node.systemId,
    ovs: `unix:${node.ovsSocket}`,
    env: node.env,
    agent:
      agent === undefined ? undefined : { socket: agent.socket, config: agent.configFile, log: agent.daemon.logFile },
    pods: (await Promise.all(pods)).map((pod) => pod.path),
  };
}
