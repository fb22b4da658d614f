import { choice, duration, integer, isRemote, list, path } from "@k8shost/agent/config/values";
import { z } from "zod";
import { accessKeys, refineAccess } from "../server-credentials.js";
import type { PoolConfig } from "./carve-plan.js";
import { type Cidr, type Family, parseAddress, parseCidr } from "./cidr.js";

/** The server's configuration: the only list of its keys; flags and errors are made from it. */

export const DEFAULT_CONFIG_FILE = "/etc/k8shost/prismnet.yaml";

const REMOTE = "unix:/PATH, tcp:HOST:PORT or ssl:HOST:PORT";

/** True when the text is a network without host bits. */
function isNetwork(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr !== undefined && parseAddress(text.slice(0, text.indexOf("/")))?.value === cidr.base;
}

const northbound = z.strictObject({
  remotes: list("OVN northbound database.", REMOTE, isRemote).prefault(["unix:/var/run/ovn/ovnnb_db.sock"]),
  tls: z.strictObject({
    ca: path("Certificates (PEM) that the northbound database's own must be signed by. Turns TLS on.").optional(),
    cert: path("The server's own certificate (PEM) for the northbound database.").optional(),
    key: path("Private key (PEM) of that certificate.").optional(),
  }),
});

export const configSchema = z
  .strictObject({
    ...accessKeys,
    listen: accessKeys.listen.prefault("127.0.0.1:5000"),
    northbound,
    clusterCIDR: list(
      "Networks of the pods, at most one per address family.",
      'a network such as "10.244.0.0/16" with all host bits zero',
      isNetwork,
    ).prefault(["10.244.0.0/16"]),
    blockPrefix4: integer(
      "Prefix length of the IPv4 subnets that a namespace gets, one after the other as it grows.",
      "20 to 28",
      (value) => value >= 20 && value <= 28,
    ).prefault(24),
    blockPrefix6: integer(
      "Prefix length of the IPv6 subnets that a namespace gets.",
      "48 to 120",
      (value) => value >= 48 && value <= 120,
    ).prefault(64),
    reclaimAfter: duration(
      "When the cluster's networks are used up, a subnet may be taken back that nobody held an address of for so long.",
    ).prefault("10m"),
    dnsServers: list(
      "Resolvers of the pods, named in every answer.",
      "an IP address",
      (value) => parseAddress(value) !== undefined,
    ).prefault([]),
    log: z.strictObject({
      level: choice("Least severity that is logged.", ["trace", "debug", "info", "warn", "error", "silent"]).prefault(
        "info",
      ),
    }),
  })
  .superRefine((config, context) => {
    refineAccess(config, context);
    refineNorthbound(config, context);
    refinePool(config, context);
  });

export type PrismnetConfig = z.output<typeof configSchema>;

type PoolKeys = Pick<PrismnetConfig, "clusterCIDR" | "blockPrefix4" | "blockPrefix6">;

/** The pool of a validated configuration. */
export function poolOf({ clusterCIDR, blockPrefix4, blockPrefix6 }: PoolKeys): PoolConfig {
  const [first, ...others] = parsed(clusterCIDR);
  if (first === undefined) throw new TypeError("clusterCIDR: empty");
  return { clusterCidrs: [first, ...others], blockPrefix: { 4: blockPrefix4, 6: blockPrefix6 } };
}

/** IPv4 first. */
function parsed(cidrs: readonly string[]): Cidr[] {
  return cidrs.flatMap((text) => parseCidr(text) ?? []).sort((a, b) => a.family - b.family);
}

function refineNorthbound({ northbound: { remotes, tls } }: PrismnetConfig, context: z.RefinementCtx): void {
  const refuse = (path: string[], message: string) => {
    context.addIssue({ code: "custom", path: ["northbound", ...path], message });
  };
  if (remotes.length === 0) refuse(["remotes"], "empty: name at least one remote");
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    refuse(["tls", tls.cert === undefined ? "cert" : "key"], "missing: cert and key go together");
  }
  if (tls.ca === undefined && remotes.some((remote) => remote.startsWith("ssl:"))) {
    refuse(["tls", "ca"], "missing: an ssl: remote is trusted by it");
  }
}

function refinePool(config: PoolKeys, context: z.RefinementCtx): void {
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", path: ["clusterCIDR"], message });
  };
  const cidrs = parsed(config.clusterCIDR);
  const prefixes: Readonly<Record<Family, number>> = { 4: config.blockPrefix4, 6: config.blockPrefix6 };
  if (cidrs.length === 0) refuse("empty: name at least one network");
  for (const family of [4, 6] as const) {
    const [cidr, second] = cidrs.filter((candidate) => candidate.family === family);
    const prefix = String(prefixes[family]);
    if (second !== undefined) refuse(`two IPv${String(family)} networks: give one per address family`);
    else if (cidr !== undefined && cidr.prefix > prefixes[family]) {
      refuse(
        `the IPv${String(family)} network is smaller than one block: widen it to a /${prefix} or raise blockPrefix${String(family)}`,
      );
    }
  }
}
