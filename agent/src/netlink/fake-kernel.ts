/** The state behind FakeNetlink: namespaces with links, addresses, routes; errors as the kernel's. Pure. */
import { formatIp, type Ip, type IpPrefix, maskBytes, parseIp, parseIpNetwork, parseIpPrefix } from "./ip.js";
import { type Link, type LinkRequest, NetlinkError, type NetnsPath } from "./port.js";

type RequestOf<K extends LinkRequest["kind"]> = Extract<LinkRequest, { kind: K }>;

export interface FakeRoute {
  readonly gateway: string;
  readonly source: string;
  readonly onlink: boolean;
}

/** A link with everything that hangs on it. */
export interface FakeLink {
  readonly netns: NetnsPath;
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  peer: FakeLink | undefined;
  mac: string;
  mtu: number;
  up: boolean;
  alias: string;
  txChecksum: boolean;
  ipv6: boolean;
  readonly addresses: Set<string>;
  /** By destination. */
  readonly routes: Map<string, FakeRoute>;
  /** MAC address by address. */
  readonly neighbours: Map<string, string>;
}

export class FakeKernel {
  readonly #namespaces = new Map<NetnsPath, Map<string, FakeLink>>();
  #links = 0;

  addNetns(path: NetnsPath): void {
    this.#namespaces.set(path, new Map());
    this.addLink(path, { name: "lo", mtu: 65536 });
  }

  /** The links inside go, and with them the veth peers elsewhere. */
  removeNetns(path: NetnsPath): void {
    for (const link of this.linksOf(path)) this.#drop(link);
    this.#namespaces.delete(path);
  }

  has(path: NetnsPath): boolean {
    return this.#namespaces.has(path);
  }

  netnsPaths(): NetnsPath[] {
    return [...this.#namespaces.keys()];
  }

  /** Throws ENOENT when the namespace is gone. */
  linksOf(path: NetnsPath): FakeLink[] {
    return [...this.#namespace(path).values()];
  }

  find(path: NetnsPath, name: string): FakeLink | undefined {
    return this.#namespace(path).get(name);
  }

  addLink(netns: NetnsPath, wanted: Partial<Omit<Link, "index" | "peerIndex">> & { readonly name: string }): FakeLink {
    const namespace = this.#namespace(netns);
    this.#links++;
    const link: FakeLink = {
      netns,
      index: Math.max(0, ...[...namespace.values()].map(({ index }) => index)) + 1,
      name: wanted.name,
      kind: wanted.kind ?? "",
      peer: undefined,
      mac: wanted.mac ?? formatCounter(this.#links),
      mtu: wanted.mtu ?? 1500,
      up: wanted.up ?? false,
      alias: wanted.alias ?? "",
      txChecksum: true,
      ipv6: true,
      addresses: new Set(),
      routes: new Map(),
      neighbours: new Map(),
    };
    namespace.set(link.name, link);
    return link;
  }

  perform(netns: NetnsPath, request: LinkRequest): void {
    switch (request.kind) {
      case "create-veth":
        return this.#createVeth(netns, request);
      case "set-link":
        return setLink(this.#require(netns, request.name), request);
      case "delete-link":
        return this.deleteLink(netns, request.name);
      case "add-address":
        return addAddress(this.#require(netns, request.link), request.address);
      case "remove-address":
        this.find(netns, request.link)?.addresses.delete(canonicalPrefix(request.address));
        return;
      case "replace-route":
        return this.#replaceRoute(this.#require(netns, request.link), request);
      case "remove-route":
        this.find(netns, request.link)?.routes.delete(canonicalPrefix(request.destination));
        return;
      case "replace-neighbour": {
        const { neighbours } = this.#require(netns, request.link);
        neighbours.set(formatIp(parseIp(request.address).bytes), request.mac.toLowerCase());
        return;
      }
      case "set-tx-checksum":
        this.#require(netns, request.link).txChecksum = request.enabled;
        return;
      case "set-ipv6":
        return setIpv6(this.#require(netns, request.link), request.enabled);
    }
  }

  /** Gone is done. */
  deleteLink(netns: NetnsPath, name: string): void {
    const link = this.find(netns, name);
    if (link === undefined) return;
    if (link.kind === "") throw refusal("EOPNOTSUPP");
    this.#drop(link);
  }

  #drop(link: FakeLink): void {
    for (const each of [link, link.peer]) if (each !== undefined) this.#namespaces.get(each.netns)?.delete(each.name);
  }

  #createVeth(netns: NetnsPath, { name, alias, mtu, peer }: RequestOf<"create-veth">): void {
    const present = this.find(netns, name);
    const other = this.find(peer.netns, peer.name);
    const isPair = present?.peer !== undefined && present.peer === other;
    if (isPair && (present.alias === "" || present.alias === alias)) {
      Object.assign(present, { mtu, alias });
      Object.assign(other, { mtu, mac: peer.mac?.toLowerCase() ?? other.mac });
      return;
    }
    const taken = present ?? other ?? (netns === peer.netns && name === peer.name ? { name, netns } : undefined);
    if (taken !== undefined) {
      const place = taken.netns === "" ? "on the host" : `in ${taken.netns}`;
      throw refusal("EEXIST", `${taken.name} exists ${place} and is not the pair that was asked for`);
    }
    const near = this.addLink(netns, { name, kind: "veth", mtu, alias });
    const far = this.addLink(peer.netns, { name: peer.name, kind: "veth", mtu });
    near.peer = far;
    far.peer = near;
    if (peer.mac !== undefined) far.mac = peer.mac.toLowerCase();
  }

  #replaceRoute(link: FakeLink, request: RequestOf<"replace-route">): void {
    const destination = parseIpNetwork(request.destination);
    const v6 = destination.bytes.length === 16;
    const { gateway = "", source = "", onlink = false } = request;
    const lost = gateway !== "" && !onlink && !reachable(link, parseIp(gateway));
    if (lost) throw v6 ? refusal("EHOSTUNREACH") : refusal("ENETUNREACH", "Nexthop has invalid gateway");
    if (!link.up) throw refusal("ENETDOWN", "Nexthop device is not up");
    if (v6 && !link.ipv6) throw refusal("EACCES", "IPv6 is disabled on nexthop device");
    if (source !== "" && ![...link.addresses].some((address) => sameIp(parseIpPrefix(address), parseIp(source)))) {
      throw refusal("EINVAL", v6 ? "Invalid source address" : "Invalid prefsrc address");
    }
    const key = canonicalPrefix(request.destination);
    for (const each of this.linksOf(link.netns)) each.routes.delete(key);
    link.routes.set(key, { gateway: gateway && formatIp(parseIp(gateway).bytes), source, onlink });
  }

  #require(netns: NetnsPath, name: string): FakeLink {
    const link = this.find(netns, name);
    if (link === undefined) throw refusal("ENODEV", `there is no link ${name}`);
    return link;
  }

  #namespace(path: NetnsPath): Map<string, FakeLink> {
    const namespace = this.#namespaces.get(path);
    if (namespace !== undefined) return namespace;
    const message = `network namespace ${path}: ENOENT: does not exist`;
    throw new NetlinkError(message, "ENOENT", "does not exist", undefined, path);
  }
}

/** The routes that the kernel makes for the addresses of a link that is up. */
export function connectedRoutes(link: FakeLink): string[] {
  if (!link.up) return [];
  const prefixes = [...link.addresses].map((address) => parseIpPrefix(address));
  return prefixes
    .filter(({ bytes, length }) => length < bytes.length * 8)
    .map(({ bytes, length }) => `${formatIp(maskBytes(bytes, length))}/${length}`);
}

function setLink(link: FakeLink, { up, mtu, mac, alias }: RequestOf<"set-link">): void {
  if (mtu !== undefined) link.mtu = mtu;
  if (alias !== undefined) link.alias = alias;
  if (mac !== undefined && mac.toLowerCase() !== link.mac) {
    link.mac = mac.toLowerCase();
    link.neighbours.clear();
  }
  if (up === false) {
    link.routes.clear();
    link.neighbours.clear();
    for (const address of link.addresses) if (address.includes(":")) link.addresses.delete(address);
  }
  link.up = up ?? link.up;
}

function addAddress(link: FakeLink, address: string): void {
  if (address.includes(":") && !link.ipv6) throw refusal("EACCES", "IPv6 is disabled on this device");
  link.addresses.add(canonicalPrefix(address));
}

function setIpv6(link: FakeLink, enabled: boolean): void {
  link.ipv6 = enabled;
  if (enabled) return;
  for (const address of link.addresses) if (address.includes(":")) link.addresses.delete(address);
  for (const destination of link.routes.keys()) if (destination.includes(":")) link.routes.delete(destination);
}

/** In a subnet of a link that is up, or link-local (every IPv6 link has that subnet). */
function reachable(link: FakeLink, gateway: Ip): boolean {
  if (gateway.bytes.length === 16 && gateway.bytes[0] === 0xfe && ((gateway.bytes[1] ?? 0) & 0xc0) === 0x80)
    return true;
  const subnets = link.up ? [...link.addresses].map((address) => parseIpPrefix(address)) : [];
  return subnets.some(
    (subnet) =>
      subnet.family === gateway.family &&
      formatIp(maskBytes(subnet.bytes, subnet.length)) === formatIp(maskBytes(gateway.bytes, subnet.length)),
  );
}

function sameIp(one: IpPrefix, other: Ip): boolean {
  return formatIp(one.bytes) === formatIp(other.bytes);
}

function canonicalPrefix(text: string): string {
  const { bytes, length } = parseIpPrefix(text);
  return `${formatIp(bytes)}/${length}`;
}

function formatCounter(count: number): string {
  return `0a:00:00:00:${(count >> 8).toString(16).padStart(2, "0")}:${(count & 0xff).toString(16).padStart(2, "0")}`;
}

function refusal(errno: string, detail = ""): NetlinkError {
  return new NetlinkError(detail === "" ? errno : `${errno}: ${detail}`, errno, detail);
}
