import { isIP } from "node:net";
import { hostname } from "node:os";
import { z } from "zod";
import { DEFAULT_SOCKET } from "./config/defaults.js";
import {
  choice,
  duration,
  integer,
  isHostPort,
  isRemote,
  list,
  overlap,
  parseCidr,
  path,
  text,
  toggle,
} from "./config/values.js";

/**
 * The agent's configuration: the only list of its keys. The flags, the reference in CONFIG.md and the errors are made
 * from it. `loadConfig` (config/load.ts) reads it from a file and flags.
 */

export { DEFAULT_CONFIG_FILE } from "./config/defaults.js";

const REMOTE = "unix:/PATH, tcp:HOST:PORT or ssl:HOST:PORT";
const CIDR = 'a network such as "10.244.0.0/16" with all host bits zero';
const LINK = "a link name of 1 to 15 characters without spaces or slashes";
const ADDRESS = "an IP address";
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;

const isAddress = (value: string): boolean => isIP(value) !== 0;
const isCidr = (value: string): boolean => parseCidr(value) !== undefined;
const isLink = (value: string): boolean => /^[^\s/]{1,15}$/.test(value) && value !== "." && value !== "..";
const isEndpoint = (value: string): boolean => value.startsWith("unix:/") || isHostPort(value);
const isListen = (value: string): boolean => value === "off" || isHostPort(value);
const isNodeName = (value: string): boolean => /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(value);

const tls = (peer: string) =>
  z.strictObject({
    ca: path(`Certificates (PEM) that ${peer}'s own must be signed by. Turns TLS on.`).optional(),
    cert: path(`The agent's own certificate (PEM) for ${peer}.`).optional(),
    key: path("Private key (PEM) of that certificate.").optional(),
  });

const northbound = z.strictObject({
  remotes: list("OVN northbound database.", REMOTE, isRemote),
  tls: tls("the northbound database"),
  leaderOnly: toggle("Follow the leader of a clustered database, as OVN's own tools do.").prefault(true),
});

const southbound = z.strictObject({
  remotes: list(
    "OVN southbound database, read for status and diagnosis alone. May be empty.",
    REMOTE,
    isRemote,
  ).prefault([]),
  tls: tls("the southbound database"),
});

const openvswitch = z.strictObject({
  remote: text(
    "The node's own Open vSwitch database.",
    "unix:/PATH, tcp:HOST:PORT or ssl:HOST:PORT",
    isRemote,
  ).prefault("unix:/var/run/openvswitch/db.sock"),
  bridge: text("Integration bridge of ovn-controller.", LINK, isLink).prefault("br-int"),
});

const prismnet = z.strictObject({
  endpoint: text("PrismNET's NetworkService (gRPC).", "HOST:PORT or unix:/PATH", isEndpoint),
  tls: tls("PrismNET"),
  tokenFile: path("File with the bearer token for PrismNET; read again for each connection.").optional(),
});

const network = z.strictObject({
  clusterCIDR: list("Networks of the pods, at most one per address family.", CIDR, isCidr).prefault(["10.244.0.0/16"]),
  serviceCIDR: list("Networks of Services: reached through the node, where kube-proxy is.", CIDR, isCidr).prefault([
    "10.96.0.0/12",
  ]),
  mtu: integer(
    "MTU of pods. 0: the underlay's minus the encapsulation.",
    "0, or 576 to 65535",
    (value) => value === 0 || (value >= 576 && value <= 65_535),
  ).prefault(0),
  encapType: choice("Encapsulation between nodes.", ["geneve", "vxlan"]).prefault("geneve"),
  managementLink: text("Link of the host through which the node reaches pods.", LINK, isLink).prefault("prism0"),
  egressLink: text("Link of the host through which pods leave the cluster.", LINK, isLink).prefault("prism1"),
  egress: z.strictObject({
    enabled: toggle("Pods reach what is outside the cluster through their own node.").prefault(true),
    masquerade: toggle("They leave with the node's address as their source.").prefault(true),
  }),
  dnsServers: list("Resolvers named in the CNI result. Empty: those that PrismNET names.", ADDRESS, isAddress).prefault(
    [],
  ),
});

const cni = z.strictObject({
  binDir: path("Where the container runtime looks for CNI executables.").prefault("/opt/cni/bin"),
  confDir: path("Where the container runtime looks for CNI configurations.").prefault("/etc/cni/net.d"),
});

const deadlines = z.strictObject({
  add: duration("Longest ADD, the wait for ovn-installed included.").prefault("30s"),
  del: duration("Longest DEL.").prefault("30s"),
  check: duration("Longest CHECK.").prefault("10s"),
  gc: duration("Longest GC.").prefault("1m"),
});

const log = z.strictObject({
  level: choice("Least severity that is logged.", LOG_LEVELS).prefault("info"),
  pretty: toggle("Lines for people instead of JSON.").prefault(false),
});

const metrics = z.strictObject({
  listen: text("Where /metrics, /healthz and /readyz are served.", 'HOST:PORT or "off"', isListen).prefault(
    "127.0.0.1:9464",
  ),
});

export const configSchema = z
  .strictObject({
    nodeName: text("The node's name in Kubernetes.", "a lower-case DNS name", isNodeName, "the host's name").prefault(
      () => hostname().toLowerCase(),
    ),
    socket: path("Unix socket that the agent serves.").prefault(DEFAULT_SOCKET),
    stateDir: path("Directory of what must outlive a reboot.").prefault("/var/lib/k8shost"),
    northbound,
    southbound,
    openvswitch,
    prismnet,
    network,
    cni,
    deadlines,
    log,
    metrics,
  })
  .superRefine(refineTogether);

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

/** Validated and complete: every key that has a default is there. Durations are milliseconds. */
export type Config = ReadonlyDeep<z.output<typeof configSchema>>;
export type TlsFiles = Config["northbound"]["tls"];
export type LogLevel = Config["log"]["level"];

/** TLS is on when a certificate authority or a certificate of our own is configured. */
export function usesTls(files: TlsFiles): boolean {
  return files.ca !== undefined || files.cert !== undefined;
}

/** Rules that join several keys. They run when each key alone is right. */
function refineTogether(config: z.output<typeof configSchema>, context: z.RefinementCtx): void {
  const refuse = (path: readonly string[], message: string): void =>
    context.addIssue({ code: "custom", path: [...path], message });

  for (const name of ["northbound", "southbound", "prismnet"] as const) {
    const files = config[name].tls;
    if ((files.cert === undefined) !== (files.key === undefined)) {
      refuse([name, "tls", files.cert === undefined ? "cert" : "key"], "missing: cert and key go together");
    }
  }
  for (const name of ["northbound", "southbound"] as const) {
    const { remotes, tls: files } = config[name];
    if (remotes.some((remote) => remote.startsWith("ssl:")) && files.ca === undefined) {
      refuse([name, "tls", "ca"], "missing: an ssl: remote is trusted by it");
    }
  }
  if (config.northbound.remotes.length === 0) refuse(["northbound", "remotes"], "empty: name at least one remote");
  if (config.network.clusterCIDR.length === 0) refuse(["network", "clusterCIDR"], "empty: name at least one network");
  if (config.prismnet.tokenFile !== undefined && !usesTls(config.prismnet.tls) && !isLocal(config.prismnet.endpoint)) {
    refuse(["prismnet", "tls", "ca"], "missing: a token never travels without TLS to another machine");
  }
  refineNetworks(config.network, refuse);
}

function refineNetworks(
  { clusterCIDR, serviceCIDR }: z.output<typeof network>,
  refuse: (path: readonly string[], message: string) => void,
): void {
  const cluster = clusterCIDR.flatMap((cidr) => parseCidr(cidr) ?? []);
  const services = serviceCIDR.flatMap((cidr) => parseCidr(cidr) ?? []);
  for (const family of [4, 6] as const) {
    if (cluster.filter((cidr) => cidr.family === family).length > 1) {
      refuse(["network", "clusterCIDR"], `two IPv${family} networks: give one per address family`);
    }
  }
  if (cluster.some((a) => services.some((b) => overlap(a, b)))) {
    refuse(["network", "serviceCIDR"], "overlaps network.clusterCIDR: pods and Services need networks of their own");
  }
}

function isLocal(endpoint: string): boolean {
  return /^(unix:|localhost:|127\.|\[::1\]:)/.test(endpoint);
}
