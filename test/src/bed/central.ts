import type { Bed } from "./bed.js";
import { createCertificates, type Certificates } from "./certificates.js";
import { run } from "./command.js";
import { Daemon } from "./daemon.js";
import { LOG_TO_CONSOLE, startDatabase, type Database } from "./database.js";
import { startUnderlay, type Underlay } from "./underlay.js";
import { waitUntil } from "./wait.js";

/** How OVN's central part is built. */
export interface CentralOptions {
  /** Members of each database's RAFT cluster; standalone databases when absent. */
  readonly raft?: 3;
  /** The northbound and southbound databases also listen on TCP ports 6641 and 6642 of the underlay. */
  readonly tcp?: boolean;
  /** The same with TLS and client certificates. Wins over `tcp`. */
  readonly ssl?: boolean;
}

/** A running central: both databases and northd, reachable from every namespace by unix socket. */
export interface Central {
  readonly bed: Bed;
  readonly underlay: Underlay;
  readonly nb: Database;
  readonly sb: Database;
  readonly northd: Daemon;
  /** Remotes of the databases over the network, when asked for: `tcp:192.0.2.1:6641,…` or `ssl:…`. */
  readonly networkRemotes: { readonly nb: string; readonly sb: string } | undefined;
  /** When `ssl` was asked for. */
  readonly certificates: Certificates | undefined;
  /** `ovn-nbctl` on the northbound database. */
  nbctl(...args: readonly string[]): Promise<string>;
  /** `ovn-sbctl` on the southbound database. */
  sbctl(...args: readonly string[]): Promise<string>;
}

const PORTS = { nb: 6641, sb: 6642 } as const;

/** Starts the underlay, the databases and northd, and waits until northd has written to the southbound database. */
export async function startCentral(bed: Bed, options: CentralOptions = {}): Promise<Central> {
  const underlay = await startUnderlay(bed);
  const certificates = options.ssl === true ? await createCertificates(bed, underlay.centralAddresses) : undefined;
  const protocol = certificates !== undefined ? "ssl" : options.tcp === true ? "tcp" : undefined;
  const tls =
    certificates === undefined
      ? []
      : [
          `--private-key=${certificates.server.key}`,
          `--certificate=${certificates.server.certificate}`,
          `--ca-cert=${certificates.authority}`,
        ];
  const database = (name: "nb" | "sb", schema: "OVN_Northbound" | "OVN_Southbound"): Promise<Database> =>
    startDatabase(bed, {
      name,
      schema,
      schemaFile: `/usr/share/ovn/ovn-${name}.ovsschema`,
      netns: underlay.netns,
      members: options.raft ?? 1,
      listen: (member) => {
        const address = underlay.centralAddresses[member - 1] ?? underlay.centralAddresses[0];
        return protocol === undefined ? [] : [`--remote=p${protocol}:${PORTS[name]}:${address}`, ...tls];
      },
    });
  const [nb, sb] = await Promise.all([database("nb", "OVN_Northbound"), database("sb", "OVN_Southbound")]);
  const networkRemote = (name: "nb" | "sb"): string =>
    underlay.centralAddresses
      .slice(0, options.raft ?? 1)
      .map((address) => `${protocol}:${address}:${PORTS[name]}`)
      .join(",");
  const nbctl = (...args: readonly string[]): Promise<string> => run(["ovn-nbctl", `--db=${nb.remote}`, ...args]);
  const sbctl = (...args: readonly string[]): Promise<string> => run(["ovn-sbctl", `--db=${sb.remote}`, ...args]);
  await Promise.all([nbctl("init"), sbctl("init")]);
  const northd = await startNorthd(bed, underlay, { nb, sb });
  await waitUntil("northd has read the northbound database", async () => (await nbctl("--wait=sb", "sync")) === "", {
    failing: () => northd.failure(),
  });
  return {
    bed,
    underlay,
    nb,
    sb,
    northd,
    networkRemotes: protocol === undefined ? undefined : { nb: networkRemote("nb"), sb: networkRemote("sb") },
    certificates,
    nbctl,
    sbctl,
  };
}

async function startNorthd(bed: Bed, underlay: Underlay, { nb, sb }: { nb: Database; sb: Database }): Promise<Daemon> {
  const databases = [`--ovnnb-db=${nb.remote}`, `--ovnsb-db=${sb.remote}`];
  const argv = ["ovn-northd", ...databases, `--unixctl=${bed.path("central", "northd.ctl")}`, ...LOG_TO_CONSOLE];
  const northd = new Daemon(bed, { name: "northd", argv, netns: underlay.netns });
  await northd.start();
  return northd;
}
