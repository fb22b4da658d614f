import { bareAddress, hasParentStep } from "./environment.js";
import { CniError, cniCode, invalidConfig, unsupportedField } from "./errors.js";
import { Fields, type JsonObject, type Parsed, isCniName, isObject, isPlainText } from "./fields.js";
import { type Cidr, compareAddresses, contains, parseAddress, parseCidr } from "./ip-address.js";
import type { Dns } from "./result.js";

/** The configuration on standard input: what the administrator wrote and what the runtime added to it. */

/** What every verb needs. */
export interface Connection {
  readonly network: string;
  readonly agentSocket: string;
  /** Where deletes wait for the agent. */
  readonly queueDirectory: string;
  /** Longest call in milliseconds; undefined: each verb's own. */
  readonly timeout: number | undefined;
}

/** What ADD needs besides, in the agent's terms. */
export interface PodNetworkConfig {
  readonly mtu: number;
  readonly subnet: string;
  readonly rangeStart: string;
  readonly rangeEnd: string;
  readonly routes: readonly { readonly destination: string; readonly gateway: string }[];
  readonly ovnNorthbound: string;
  readonly ovnSouthbound: string;
  readonly ovnEncapType: string;
  readonly prismnetEndpoint: string;
  /** Of runtimeConfig.ips, else args.cni.ips; without prefix. */
  readonly staticAddresses: readonly string[];
  readonly dns: Dns;
}

const AGENT_SOCKET = "/run/k8shost/agent.sock";
const STATE_DIRECTORY = "/var/lib/k8shost";
const QUEUE = "cni-queue";

const IP_ADDRESS = 'write an IP address such as "10.244.0.1"';
const ADDRESSES = 'write IP addresses such as "10.244.0.7" or "10.244.0.7/24"';
const NETWORK = 'write a network such as "10.244.0.0/16"';
const isAddress = (text: string): boolean => parseAddress(text) !== undefined;
const isCidr = (text: string): boolean => parseCidr(text) !== undefined;

/** Code 6 when the text is not JSON; 7 when it is no object. */
export function parseJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = text.trim() === "" ? "it is empty" : error instanceof Error ? error.message : String(error);
    throw new CniError(cniCode.decodingFailure, "standard input is not JSON", reason);
  }
  if (isObject(value)) return value;
  throw new CniError(cniCode.decodingFailure, "standard input is not a JSON object", "pass one network configuration");
}

export function readConnection(config: JsonObject): Connection {
  const fields = new Fields(config);
  const isName = (text: string): boolean => isCniName(text, 255);
  const nameRule = 'write a name of letters, digits, "_", "." and "-", such as "prismnet"';
  const network = fields.text("name", nameRule, isName);
  if (network === undefined) throw invalidConfig("name", undefined, nameRule);
  const stateDirectory = fields.text("stateDir", `write an absolute path such as "${STATE_DIRECTORY}"`, isPath);
  const seconds = fields.integer(
    "timeoutSeconds",
    "write a whole number of seconds, 1 to 600",
    (n) => n >= 1 && n <= 600,
  );
  return {
    network,
    agentSocket:
      fields.text("agentSocket", `write an absolute path such as "${AGENT_SOCKET}"`, isSocketPath) ?? AGENT_SOCKET,
    queueDirectory: `${stateDirectory ?? STATE_DIRECTORY}/${QUEUE}`,
    timeout: seconds === undefined ? undefined : seconds * 1000,
  };
}

function isPath(text: string): boolean {
  return text.startsWith("/") && text.length <= 1024 && isPlainText(text) && !hasParentStep(text);
}

/** The kernel's sun_path has 108 bytes, the NUL at the end included. */
function isSocketPath(text: string): boolean {
  return isPath(text) && new TextEncoder().encode(text).length <= 107;
}

export function readPodNetwork(config: JsonObject): PodNetworkConfig {
  const fields = new Fields(config);
  const ovn = fields.object("ovn");
  refuseCapabilities(fields.object("runtimeConfig"));
  return {
    mtu: fields.integer("mtu", "write 0 for automatic, or 576 to 65535", isMtu) ?? 0,
    ...readIpam(fields.object("ipam")),
    ovnNorthbound: ovn?.text("northbound", REMOTES, isRemotes) ?? "",
    ovnSouthbound: ovn?.text("southbound", REMOTES, isRemotes) ?? "",
    ovnEncapType: ovn?.text("encapType", 'write "geneve", "stt" or "vxlan"', isEncapsulation) ?? "",
    prismnetEndpoint:
      fields.text("prismnetEndpoint", 'write HOST:PORT, such as "prismnet-server:5000"', isEndpoint) ?? "",
    staticAddresses: readStaticAddresses(fields),
    dns: readDns(fields),
  };
}

const isMtu = (value: number): boolean => value === 0 || (value >= 576 && value <= 65_535);
const isEncapsulation = (text: string): boolean => ["geneve", "stt", "vxlan"].includes(text);
const REMOTES = 'write OVSDB remotes such as "tcp:prismnet-server:6641", divided by commas';
const isRemotes = (text: string): boolean => /^(tcp|ssl|unix):[!-+\--~]+(,(tcp|ssl|unix):[!-+\--~]+)*$/.test(text);

function isEndpoint(text: string): boolean {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  return /^[!-.0-~]+:\d{1,5}$/.test(text) && port >= 1 && port <= 65_535;
}

type Ipam = Pick<PodNetworkConfig, "subnet" | "rangeStart" | "rangeEnd" | "routes">;

function readIpam(ipam: Fields | undefined): Ipam {
  if (ipam === undefined) return { subnet: "", rangeStart: "", rangeEnd: "", routes: [] };
  const type = ipam.text("type", 'write "prismnet-ipam"');
  if (type !== undefined && type !== "prismnet-ipam") {
    throw unsupportedField(
      "ipam.type",
      type,
      'addresses come from PrismNET alone: write "prismnet-ipam", or leave it out',
    );
  }
  const subnet = ipam.parsed("subnet", NETWORK, parseCidr);
  const rangeStart = readAddress(ipam, "rangeStart", subnet);
  const rangeEnd = readAddress(ipam, "rangeEnd", subnet);
  // Checked and no more: a pod's gateway is its logical switch's, which PrismNET carves from the subnet.
  readAddress(ipam, "gateway", subnet);
  if (rangeStart !== undefined && rangeEnd !== undefined && !isRange(rangeStart.value, rangeEnd.value)) {
    throw invalidConfig("ipam.rangeEnd", rangeEnd.text, "write an address that is not before ipam.rangeStart");
  }
  return {
    subnet: subnet?.text ?? "",
    rangeStart: rangeStart?.text ?? "",
    rangeEnd: rangeEnd?.text ?? "",
    routes: ipam.objects("routes").map(readRoute),
  };
}

function readAddress(ipam: Fields, key: string, subnet: Parsed<Cidr> | undefined): Parsed<number[]> | undefined {
  const address = ipam.parsed(key, IP_ADDRESS, parseAddress);
  if (address !== undefined && subnet !== undefined && !contains(subnet.value, address.value)) {
    throw invalidConfig(ipam.path(key), address.text, `write an address in ipam.subnet, ${subnet.text}`);
  }
  return address;
}

function isRange(start: readonly number[], end: readonly number[]): boolean {
  return start.length === end.length && compareAddresses(start, end) <= 0;
}

function readRoute(fields: Fields): { destination: string; gateway: string } {
  const remedy = 'write a network such as "0.0.0.0/0"';
  const destination = fields.text("dst", remedy, isCidr);
  if (destination === undefined) throw invalidConfig(fields.path("dst"), undefined, remedy);
  for (const key of ["mtu", "advmss", "priority", "table", "scope"]) {
    const value = fields.raw(key);
    if (value !== undefined)
      throw unsupportedField(fields.path(key), value, "routes of pods have dst and gw alone: leave it out");
  }
  return { destination, gateway: fields.text("gw", IP_ADDRESS, isAddress) ?? "" };
}

/** CONVENTIONS.md of the specification: capabilities that change what ADD would have to do, and that we don't have. */
const FOREIGN_CAPABILITIES: Readonly<Record<string, string>> = {
  portMappings: "declare the capability for the portmap plugin, chained after this one",
  bandwidth: "declare the capability for the bandwidth plugin, chained after this one",
  mac: "MAC addresses come from PrismNET",
  ipRanges: "address ranges belong in ipam.rangeStart and ipam.rangeEnd",
  infinibandGUID: "there is no InfiniBand in an overlay",
  deviceID: "pods are connected by veth pairs",
};

/** "It should return an error if it can't act on fields that were expected." An empty value asks for nothing. */
function refuseCapabilities(runtimeConfig: Fields | undefined): void {
  if (runtimeConfig === undefined) return;
  for (const [name, remedy] of Object.entries(FOREIGN_CAPABILITIES)) {
    const value = runtimeConfig.raw(name);
    const isEmpty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    if (!isEmpty && !(isObject(value) && Object.keys(value).length === 0)) {
      throw unsupportedField(`runtimeConfig.${name}`, value, remedy);
    }
  }
}

function readStaticAddresses(fields: Fields): string[] {
  const isStatic = (text: string): boolean => bareAddress(text) !== undefined;
  const asked = fields.object("runtimeConfig")?.texts("ips", ADDRESSES, isStatic) ?? [];
  const older = fields.object("args")?.object("cni")?.texts("ips", ADDRESSES, isStatic) ?? [];
  const addresses = (asked.length > 0 ? asked : older).map((text) => bareAddress(text) ?? text);
  return addresses.filter((address, i) => addresses.indexOf(address) === i);
}

/** The runtime's own wish (capability "dns") counts more than the configuration. */
function readDns(fields: Fields): Dns {
  const configured = fields.object("dns");
  const runtime = fields.object("runtimeConfig")?.object("dns");
  const or = (wished: string[] | undefined, written: string[] | undefined): string[] =>
    wished !== undefined && wished.length > 0 ? wished : (written ?? []);
  return {
    nameservers: or(
      runtime?.texts("servers", IP_ADDRESS, isAddress),
      configured?.texts("nameservers", IP_ADDRESS, isAddress),
    ),
    domain: configured?.text("domain", 'write a domain such as "cluster.local"') ?? "",
    search: or(runtime?.texts("searches", "write domains"), configured?.texts("search", "write domains")),
    options: or(
      runtime?.texts("options", "write resolver options"),
      configured?.texts("options", "write resolver options"),
    ),
  };
}
