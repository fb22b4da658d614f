import { Daemon, type Bed, run } from "@k8shost/test/bed";
import { percentile } from "../harness/statistics.js";

/** Two network namespaces that talk to each other. */
export interface Pair {
  /** Name of the namespace of the one who begins. */
  readonly client: string;
  /** Address of the other, where iperf3 listens. */
  readonly server: string;
}

/** Seconds of one iperf3 run, and of its start that is not counted. */
const SECONDS = 2;
const SLOW_START = "0.2";

const DATAGRAM_BYTES = 64;
const PINGS = 100;

interface Report {
  readonly end: {
    readonly sum_received: { readonly bits_per_second: number };
    readonly sum: { readonly seconds: number; readonly packets: number; readonly lost_packets: number };
  };
}

/** iperf3's server in a namespace, until the bed closes. */
export async function startServer(bed: Bed, netns: string): Promise<void> {
  await new Daemon(bed, { name: `iperf3-${netns}`, argv: ["iperf3", "--server"], netns }).start();
}

/** Gbit/s that arrived over one TCP connection. */
export async function tcpThroughput(pair: Pair): Promise<number> {
  const { end } = await iperf(pair, ["--time", String(SECONDS), "--omit", SLOW_START]);
  return end.sum_received.bits_per_second / 1e9;
}

/** Thousands of small UDP datagrams that arrived per second, sent as fast as the sender can. */
export async function datagramRate(pair: Pair): Promise<number> {
  const flood = ["--udp", "--bitrate", "0", "--length", String(DATAGRAM_BYTES), "--time", "1"];
  const { sum } = (await iperf(pair, flood)).end;
  return (sum.packets - sum.lost_packets) / sum.seconds / 1e3;
}

/** Round trip of an ICMP echo in microseconds: its median, and its 99th percentile. */
export async function roundTrip({ client, server }: Pair): Promise<{ median: number; tail: number }> {
  const output = await run(["ping", "-n", "-c", String(PINGS), "-i", "0.005", server], { netns: client });
  const times = [...output.matchAll(/time=([\d.]+) ms/g)].map(([, milliseconds]) => Number(milliseconds) * 1000);
  return { median: percentile(times, 50), tail: percentile(times, 99) };
}

async function iperf({ client, server }: Pair, options: readonly string[]): Promise<Report> {
  const output = await run(["iperf3", "--client", server, "--json", ...options], { netns: client });
  return JSON.parse(output) as Report;
}
