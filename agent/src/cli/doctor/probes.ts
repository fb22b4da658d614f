import type { Config, TlsFiles } from "../../config.js";
import {
  type ClientStatus,
  comment,
  type DatabaseSchema,
  type MonitorSpec,
  Open_vSwitch,
  OVN_Northbound,
  OVN_Southbound,
  OvsdbClient,
  type Tables,
} from "../../ovsdb/index.js";
import { PrismnetAddresses } from "../../prismnet/addresses.js";
import { readNodeStatus } from "../agent-client.js";
import type { ChassisFacts, DoctorPorts, OvsFacts } from "./check.js";
import type { Machine } from "./machine.js";

/** A database answers within milliseconds; one that takes longer than this is as good as away. */
const READ_DEADLINE_MS = 5_000;

/** The ports of the checks, made of the real things. */
export function doctorPorts(options: {
  readonly config: Config;
  readonly configProblem: string | undefined;
  readonly machine: Machine;
  readonly signal: AbortSignal;
}): DoctorPorts {
  const { config, signal } = options;
  return {
    ...options,
    ovs: once(() => readOvs(config, signal)),
    chassis: (name, remotes) => readChassis(name, { remotes, tls: config.southbound.tls }, signal),
    northbound: (remote) => readNorthbound({ remotes: [remote], tls: config.northbound.tls }, signal),
    prismnet: once(() => askPrismnet(config, signal)),
    agent: once(() => readNodeStatus(config.socket, signal)),
  };
}

/** The same promise for every caller. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

interface Source {
  readonly remotes: readonly string[];
  readonly tls: TlsFiles;
}

/** Connects, reads the monitored rows once, and disconnects. Rejects with the reason when no remote can be read. */
async function readOnce<T extends Tables, const M extends MonitorSpec<T>, R>(
  database: DatabaseSchema<T>,
  monitor: M,
  { remotes, tls: { ca, cert, key } }: Source,
  read: (client: OvsdbClient<T, M>, status: ClientStatus) => R | Promise<R>,
  signal: AbortSignal,
): Promise<R> {
  // The client itself would try for ever: here one round over the remotes is enough.
  const round = new AbortController();
  let failures = 0;
  const files = { ...(cert !== undefined && { certFile: cert }), ...(key !== undefined && { keyFile: key }) };
  const client = new OvsdbClient<T, M>({
    name: "doctor",
    remotes,
    database,
    monitor,
    leaderOnly: false,
    ...(ca !== undefined && { tls: { caFile: ca, ...files } }),
    log: (event) => {
      if (event.event !== "disconnected" && event.event !== "skipped") return;
      if (++failures >= remotes.length) round.abort();
    },
  });
  try {
    await client.start(AbortSignal.any([signal, round.signal, AbortSignal.timeout(READ_DEADLINE_MS)]));
    return await read(client, client.status());
  } catch (error) {
    const { error: reason } = client.status();
    throw new Error(reason === "" ? `${remotes.join(",")}: no answer within ${READ_DEADLINE_MS / 1e3} s` : reason, {
      cause: error,
    });
  } finally {
    await client.close();
  }
}

const OVS_MONITOR = {
  Open_vSwitch: { columns: ["external_ids", "ovs_version", "cur_cfg", "next_cfg"] },
  Bridge: { columns: ["name", "datapath_type"] },
  Interface: { columns: ["name", "type"], anyOf: [["type", "==", "internal"]] },
} as const;

/** ovs-vswitchd holds it as long as it runs. Where we get it nobody else had it; it is ours until we disconnect. */
const VSWITCHD_LOCK = "ovs_vswitchd";

function readOvs(config: Config, signal: AbortSignal): Promise<OvsFacts> {
  const source = { remotes: [config.openvswitch.remote], tls: {} };
  return readOnce(
    Open_vSwitch,
    OVS_MONITOR,
    source,
    async (client) => {
      const lock = client.lock(VSWITCHD_LOCK);
      // Answers come in the order of the questions, so the lock's is here once this one is.
      await client.transact([comment("k8shost doctor")], { group: false });
      const [root] = client.table("Open_vSwitch").rows();
      return {
        switching: !lock.owned,
        externalIds: root?.external_ids ?? new Map<string, string>(),
        version: root?.ovs_version ?? "",
        applied: root?.cur_cfg === root?.next_cfg,
        bridges: [...client.table("Bridge").rows()].map((row) => ({ name: row.name, datapathType: row.datapath_type })),
        internalPorts: [...client.table("Interface").rows()].map((row) => row.name),
      };
    },
    signal,
  );
}

function readChassis(name: string, source: Source, signal: AbortSignal): Promise<ChassisFacts | undefined> {
  const monitor = {
    Chassis: { columns: ["name", "hostname"], anyOf: [["name", "==", name]] },
    Encap: { columns: ["chassis_name", "type", "ip"], anyOf: [["chassis_name", "==", name]] },
  } as const;
  return readOnce(
    OVN_Southbound,
    monitor,
    source,
    (client) => {
      const [row] = client.table("Chassis").rows();
      const encapsulations = [...client.table("Encap").rows()].map(({ type, ip }) => ({ type, ip }));
      return row === undefined ? undefined : { hostname: row.hostname, encapsulations };
    },
    signal,
  );
}

function readNorthbound(source: Source, signal: AbortSignal): Promise<{ readonly role: string }> {
  const monitor = { NB_Global: { columns: ["name"] } } as const;
  return readOnce(OVN_Northbound, monitor, source, (_, { role }) => ({ role }), signal);
}

async function askPrismnet(config: Config, signal: AbortSignal): Promise<number> {
  const addresses = new PrismnetAddresses(config.prismnet, config.nodeName);
  try {
    return (await addresses.list(AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]))).length;
  } finally {
    addresses.close();
  }
}
