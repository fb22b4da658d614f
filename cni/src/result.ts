import type { CheckRequest } from "@k8shost/proto/agent/v1/pod_network";
import { CniError, cniCode, invalidConfig } from "./errors.js";
import { Fields, type JsonObject } from "./fields.js";
import { parseAddress, parseCidr } from "./ip-address.js";
import type { AddAnswer } from "./pod-network.js";
import { type CniVersion, isAtLeast } from "./version.js";

/**
 * Results of CNI specification 1.1.0, section 5, and of the versions before it. In memory a result has the newest shape;
 * keys that we don't know, of other plugins in the chain, are kept as they came.
 */
export interface Result {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultIp[];
  readonly routes: readonly ResultRoute[];
  readonly dns: Dns;
}

export type ResultInterface = JsonObject & { readonly name: string; readonly mac?: string; readonly sandbox?: string };
export type ResultIp = JsonObject & {
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
};
export type ResultRoute = JsonObject & { readonly dst: string; readonly gw?: string };

export interface Dns {
  readonly nameservers: readonly string[];
  readonly domain: string;
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Keys that 1.1.0 brought. */
const NEW_INTERFACE_KEYS = ["mtu", "socketPath", "pciID"];
const NEW_ROUTE_KEYS = ["mtu", "advmss", "priority", "table", "scope"];

/** Undefined when the runtime gave none. Wrong types are errors of code 7 that name the key. */
export function parsePrevResult(config: JsonObject): Result | undefined {
  const fields = new Fields(config).object("prevResult");
  if (fields === undefined) return undefined;
  const interfaces = fields.objects("interfaces").map(parseInterface);
  const ips = fields.objects("ips").map((ip) => parseIp(ip, interfaces.length));
  return { interfaces, ips, routes: fields.objects("routes").map(parseRoute), dns: parseDns(fields.object("dns")) };
}

function parseInterface(fields: Fields): ResultInterface {
  const name = fields.text("name", "write the interface's name");
  if (name === undefined) throw invalidConfig(fields.path("name"), undefined, "write the interface's name");
  fields.text("mac", "write a hardware address");
  fields.text("sandbox", "write the path of a network namespace");
  return { ...fields.all(), name };
}

function parseIp(fields: Fields, interfaceCount: number): ResultIp {
  const remedy = 'write an address with its prefix, such as "10.244.1.5/24"';
  const address = fields.text("address", remedy, (text) => parseCidr(text) !== undefined);
  if (address === undefined) throw invalidConfig(fields.path("address"), undefined, remedy);
  fields.text("gateway", "write an IP address", (text) => parseAddress(text) !== undefined);
  fields.integer("interface", "write an index into prevResult.interfaces", (i) => i >= 0 && i < interfaceCount);
  return { ...fields.all("version"), address };
}

function parseRoute(fields: Fields): ResultRoute {
  const remedy = 'write a network such as "0.0.0.0/0"';
  const dst = fields.text("dst", remedy, (text) => parseCidr(text) !== undefined);
  if (dst === undefined) throw invalidConfig(fields.path("dst"), undefined, remedy);
  fields.text("gw", "write an IP address", (text) => parseAddress(text) !== undefined);
  return { ...fields.all(), dst };
}

function parseDns(fields: Fields | undefined): Dns {
  return {
    nameservers: fields?.texts("nameservers", "write IP addresses") ?? [],
    domain: fields?.text("domain", "write a domain") ?? "",
    search: fields?.texts("search", "write domains") ?? [],
    options: fields?.texts("options", "write resolver options") ?? [],
  };
}

/** What the agent set up. `dns`: the configuration's, which counts more than PrismNET's resolvers. */
export function fromAgent(response: AddAnswer, dns: Dns): Result {
  for (const { address, interface: index } of response.ips) {
    if (parseCidr(address) === undefined || index >= response.interfaces.length) {
      const details = `it gave the address ${JSON.stringify(address)} on interface ${index} of ${response.interfaces.length}`;
      throw new CniError(cniCode.agentProtocol, "the agent's answer makes no sense", details);
    }
  }
  return {
    interfaces: response.interfaces.map(({ name, mac, mtu, sandbox }) => ({
      name,
      ...(mac === "" ? {} : { mac }),
      ...(mtu === 0 ? {} : { mtu }),
      ...(sandbox === "" ? {} : { sandbox }),
    })),
    ips: response.ips.map(({ address, gateway, interface: index }) => ({
      address,
      ...(gateway === "" ? {} : { gateway }),
      interface: index,
    })),
    routes: response.routes.map(({ destination, gateway }) => ({
      dst: destination,
      ...(gateway === "" ? {} : { gw: gateway }),
    })),
    dns: { ...dns, nameservers: dns.nameservers.length > 0 ? dns.nameservers : response.dnsServers },
  };
}

/** A later plugin of a chain: what was there stays in front, and keeps its indexes. */
export function merge(before: Result, ours: Result): Result {
  const shift = before.interfaces.length;
  const shifted = ours.ips.map((ip) => (ip.interface === undefined ? ip : { ...ip, interface: ip.interface + shift }));
  const united = (a: readonly string[], b: readonly string[]): string[] => [
    ...a,
    ...b.filter((item) => !a.includes(item)),
  ];
  return {
    interfaces: [...before.interfaces, ...ours.interfaces],
    ips: [...before.ips, ...shifted],
    routes: [...before.routes, ...ours.routes],
    dns: {
      nameservers: united(before.dns.nameservers, ours.dns.nameservers),
      domain: before.dns.domain === "" ? ours.dns.domain : before.dns.domain,
      search: united(before.dns.search, ours.dns.search),
      options: united(before.dns.options, ours.dns.options),
    },
  };
}

/** The result as the version writes it. Empty parts are left out. */
export function renderResult(result: Result, version: CniVersion): string {
  const isNew = isAtLeast(version, "1.1.0");
  const hasFamily = !isAtLeast(version, "1.0.0");
  const { interfaces, ips, routes, dns } = result;
  return JSON.stringify({
    cniVersion: version,
    ...part("interfaces", isNew ? interfaces : interfaces.map((item) => without(item, NEW_INTERFACE_KEYS))),
    ...part("ips", hasFamily ? ips.map((ip) => ({ version: ip.address.includes(":") ? "6" : "4", ...ip })) : ips),
    ...part("routes", isNew ? routes : routes.map((item) => without(item, NEW_ROUTE_KEYS))),
    ...renderDns(dns),
  });
}

function part(key: string, items: readonly unknown[]): JsonObject {
  return items.length === 0 ? {} : { [key]: items };
}

function renderDns({ nameservers, domain, search, options }: Dns): JsonObject {
  const dns = {
    ...part("nameservers", nameservers),
    ...(domain === "" ? {} : { domain }),
    ...part("search", search),
    ...part("options", options),
  };
  return Object.keys(dns).length === 0 ? {} : { dns };
}

function without(item: JsonObject, keys: readonly string[]): JsonObject {
  const rest: Record<string, unknown> = { ...item };
  for (const key of keys) delete rest[key];
  return rest;
}

/** True when a plugin before us already made the interface that we are asked for. */
export function hasInterface(result: Result, ifName: string, netns: string): boolean {
  return result.interfaces.some(({ name, sandbox }) => name === ifName && sandbox === netns);
}

/**
 * What a result says of one attachment, for CHECK: its interface, links of the host, the addresses on its interface, and
 * the routes. A throw of code 7 when the result does not know the interface.
 */
export function expectation(
  result: Result,
  ifName: string,
  netns: string,
): Pick<CheckRequest, "interfaces" | "ips" | "routes"> {
  if (!hasInterface(result, ifName, netns)) {
    throw invalidConfig(
      "prevResult.interfaces",
      result.interfaces,
      `pass the result of an ADD of ${ifName} in ${netns}`,
    );
  }
  const isOurs = ({ name, sandbox = "" }: ResultInterface): boolean =>
    sandbox === "" || (name === ifName && sandbox === netns);
  const kept = result.interfaces.filter(isOurs);
  const own = kept.findIndex(({ sandbox = "" }) => sandbox !== "");
  const onOwn = ({ interface: index }: ResultIp): boolean =>
    index === undefined || result.interfaces[index] === kept[own];
  return {
    interfaces: kept.map(({ name, mac = "", sandbox = "", mtu }) => ({
      name,
      mac,
      sandbox,
      mtu: typeof mtu === "number" ? mtu : 0,
    })),
    ips: result.ips.filter(onOwn).map(({ address, gateway = "" }) => ({ address, gateway, interface: own })),
    routes: result.routes.map(({ dst, gw = "" }) => ({ destination: dst, gateway: gw })),
  };
}
