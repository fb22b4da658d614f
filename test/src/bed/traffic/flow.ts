import { fileURLToPath } from "node:url";
import type { Bed } from "../bed.js";
import { attempt } from "../command.js";
import { Daemon } from "../daemon.js";
import { waitUntil } from "../wait.js";
import type { FlowReport } from "./flow-report.js";

const PROGRAM = fileURLToPath(new URL("main.js", import.meta.url));

/** Where a packet starts or ends: a pod, a node, or the host outside. */
export interface Endpoint {
  readonly netns: string;
}

let counter = 0;

function endOfFlow(bed: Bed, { netns }: Endpoint, args: readonly string[]): Daemon {
  const name = `traffic${++counter}-${netns.slice(bed.id.length + 1)}`;
  return new Daemon(bed, { name, argv: [process.execPath, PROGRAM, ...args], netns });
}

/** Starts a server in a namespace that sends UDP and TCP packets back; returns when it listens. */
export async function startEcho(bed: Bed, at: Endpoint, port = 7007): Promise<Daemon> {
  const daemon = endOfFlow(bed, at, ["echo", String(port)]);
  await daemon.start();
  await waitUntil(`${daemon.name} listens`, () => daemon.logTail().includes("listening"), {
    failing: () => daemon.failure(),
  });
  return daemon;
}

/** A stream of numbered packets under way. */
export interface Flow {
  /** Stops sending, waits for the last answers (3 s at most), and returns what was counted. */
  stop(): Promise<FlowReport>;
}

/** Where a flow goes, and how fast. */
export interface FlowOptions {
  readonly protocol: "udp" | "tcp";
  readonly to: string;
  readonly port?: number;
  /** Milliseconds between two packets; 10 when absent. */
  readonly everyMs?: number;
}

/** Sends numbered packets to an echo server at a fixed rate: what is lost meanwhile is known one by one. */
export async function startFlow(bed: Bed, from: Endpoint, options: FlowOptions): Promise<Flow> {
  const { protocol, to, port = 7007, everyMs = 10 } = options;
  const daemon = endOfFlow(bed, from, ["send", protocol, to, String(port), String(everyMs)]);
  await daemon.start();
  await waitUntil(`${daemon.name} sends`, () => daemon.logTail().includes("sending"), {
    failing: () => daemon.failure(),
  });
  return {
    stop: async () => {
      await daemon.stop(10_000);
      const line = daemon.logTail(1);
      if (!line.startsWith("{")) throw daemon.failure() ?? new Error(`${daemon.name} printed no report: ${line}`);
      return JSON.parse(line) as FlowReport;
    },
  };
}

/** What `ping` counted. */
export interface PingResult {
  readonly sent: number;
  readonly received: number;
  /** Median is not printed by ping: minimum, mean and maximum in milliseconds; undefined without an answer. */
  readonly roundTripMs: { readonly min: number; readonly mean: number; readonly max: number } | undefined;
}

/** Pings `to`, `count` times every 0.2 s; each answer may take 2 s. */
export async function ping(from: Endpoint, to: string, count = 3): Promise<PingResult> {
  const argv = ["ping", "-n", "-q", "-c", String(count), "-i", "0.2", "-W", "2", to];
  const { stdout, stderr, exitCode } = await attempt(argv, { netns: from.netns });
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(stdout);
  if (counts === null) throw new Error(`${argv.join(" ")} exited with ${exitCode}: ${stderr.trim()}`);
  const times = /= ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(stdout);
  return {
    sent: Number(counts[1]),
    received: Number(counts[2]),
    roundTripMs: times === null ? undefined : { min: Number(times[1]), mean: Number(times[2]), max: Number(times[3]) },
  };
}

/** Pings until one answer comes: the first packet across nodes is often lost while the tunnel's neighbour resolves. */
export async function pingUntilAnswered(from: Endpoint, to: string): Promise<PingResult> {
  return waitUntil(`${from.netns} reaches ${to}`, async () => {
    const result = await ping(from, to, 1);
    return result.received > 0 ? result : undefined;
  });
}
