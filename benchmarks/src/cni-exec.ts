import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CNI_EXECUTABLE } from "@k8shost/test/bed";
import { compile } from "./cni-exec/programs.js";
import { type Program, Timer } from "./cni-exec/timer.js";
import type { Benchmark, BenchmarkContext, Collected } from "./harness/benchmark.js";
import { summarize } from "./harness/statistics.js";

const OURS = "CNI executable";
const C = "C program";
const SMALL_C = "C program, static (musl)";
const NODE = "same script under Node";
const GO = "Go's bridge, VERSION";
const TRUE = "/bin/true";

const BURST = 50;
const SIZE_LIMIT = 2_000_000;
const BRIDGE = "/usr/lib/cni/bridge";
const NODE_SCRIPT = path.resolve(import.meta.dirname, "../../cni/dist/main-node.js");

export const cniExec: Benchmark = {
  name: "cni-exec",
  describe:
    "What a CNI call costs besides the agent: start, one ADD over gRPC to a server that answers at once, exit; beside a C program that " +
    "makes the same call with hand-written frames, the start of Go's bridge (VERSION, no call) and /bin/true.",

  async run(context) {
    const { timer, subjects } = await prepare(context);
    const measure = (count: number, rounds: number, names: readonly string[]): Promise<Collected> => {
      context.log(`${count} at once, ${rounds} rounds`);
      const chosen = Object.entries(subjects).filter(([name]) => names.includes(name));
      const timed = chosen.map(([name, program]) => [name, () => timer.time(count, program)] as const);
      return context.interleave({ rounds, subjects: Object.fromEntries(timed) });
    };
    const all = Object.keys(subjects);
    const many = all.filter((name) => name !== NODE);
    const single = await measure(1, context.rounds(300, 20), many);
    const node = await measure(1, context.rounds(20, 2), [OURS, NODE]);
    const burst = await measure(BURST, context.rounds(30, 3), many);

    for (const name of many.filter((name) => name !== OURS)) compare(context, "one", single, name);
    compare(context, "one", node, NODE);
    for (const name of many.filter((name) => name !== OURS)) compare(context, "last of 50 at once", burst, name);
    const { size } = await stat(CNI_EXECUTABLE);
    context.row({ name: "size", unit: "kB", ours: size / 1000 });
    targets(context, single, burst, size);
    context.note(
      "Programs are started by posix_spawn from a small C process, which takes the time. The gRPC server is grpc-js in a process of its " +
        "own; what a new connection costs it is in our time and in the C programs', not in that of Go's bridge, which makes no call.",
    );
    context.note(
      "The C program checks nothing, reads no JSON and writes none. Linked dynamically with glibc it spends most of its time in the loader; " +
        "the static one is the floor: exec, the call, exit.",
    );
  },
};

interface Prepared {
  readonly timer: Timer;
  readonly subjects: Readonly<Record<string, Program>>;
}

async function prepare(context: BenchmarkContext): Promise<Prepared> {
  const directory = await mkdtemp(path.join(tmpdir(), "k8shost-cni-exec-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const socket = path.join(directory, "agent.sock");
  await startAgent(context, socket);
  const input = path.join(directory, "network.json");
  await writeFile(input, JSON.stringify(configuration(socket, directory)));
  const version = path.join(directory, "version.json");
  await writeFile(version, '{"cniVersion":"1.0.0"}');
  const { launcher, call, smallCall } = await compile(directory, context.signal);

  const timer = new Timer(launcher, {
    PATH: process.env["PATH"] ?? "",
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/var/run/netns/cni-01234567-89ab-cdef-0123-456789abcdef",
    CNI_PATH: "/opt/cni/bin",
    CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-7d4b9c6f5-x2x9z;K8S_POD_UID=3b1f8a52-0c0e-4f0e",
  });
  context.after(() => timer.stop());
  const adding = (...command: string[]): Program => ({ verb: "ADD", input, command });
  return {
    timer,
    subjects: {
      [OURS]: adding(CNI_EXECUTABLE),
      [C]: adding(call, socket),
      ...(smallCall === undefined ? {} : { [SMALL_C]: adding(smallCall, socket) }),
      [GO]: { verb: "VERSION", input: version, command: [BRIDGE] },
      [TRUE]: adding("/bin/true"),
      [NODE]: adding(process.execPath, NODE_SCRIPT),
    },
  };
}

async function startAgent(context: BenchmarkContext, socket: string): Promise<void> {
  const agent: ChildProcess = fork(path.join(import.meta.dirname, "cni-exec/agent-process.js"), [socket]);
  context.after(async () => {
    const exited = once(agent, "exit");
    agent.disconnect();
    await exited;
  });
  await once(agent, "message", { signal: context.signal });
}

/** The example of the specification, with an agent of our own. */
function configuration(agentSocket: string, stateDir: string): object {
  return {
    cniVersion: "1.0.0",
    name: "prismnet",
    type: "prismnet",
    ipam: {
      type: "prismnet-ipam",
      subnet: "10.244.0.0/16",
      rangeStart: "10.244.0.10",
      rangeEnd: "10.244.255.254",
      routes: [{ dst: "0.0.0.0/0" }],
      gateway: "10.244.0.1",
    },
    ovn: { northbound: "tcp:prismnet-server:6641", southbound: "tcp:prismnet-server:6642", encapType: "geneve" },
    mtu: 1400,
    prismnetEndpoint: "prismnet-server:5000",
    agentSocket,
    stateDir,
  };
}

function compare(context: BenchmarkContext, when: string, took: Collected, peer: string): void {
  context.row({
    name: `start, call, exit: ${when}`,
    unit: "ms",
    ours: took.of(OURS),
    peer: { name: peer, values: took.of(peer) },
  });
}

function targets(context: BenchmarkContext, single: Collected, burst: Collected, size: number): void {
  const median = (took: Collected, name: string): number => summarize(took.of(name), "lower").p50;
  const reason =
    "Setting up the engine and loading the bytecode take half of the executable's own time, running it the rest.";
  for (const [when, took] of [
    ["one", single],
    ["50 at once", burst],
  ] as const) {
    const ours = median(took, OURS);
    context.target({
      name: `${when}, beside the C program`,
      value: ours / median(took, C),
      limit: 3,
      sense: "at most",
      unit: "x",
      reason,
    });
    context.target({
      name: `${when}, beside the start of Go's bridge`,
      value: ours / median(took, GO),
      limit: 1,
      sense: "at most",
      unit: "x",
      reason,
    });
  }
  context.target({ name: "size", value: size / 1000, limit: SIZE_LIMIT / 1000, sense: "at most", unit: " kB", reason });
}
