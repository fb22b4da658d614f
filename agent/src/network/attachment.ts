/** What CNI calls an attachment: one interface of one sandbox. It is the unit of every verb and of every lock. */
export interface AttachmentKey {
  readonly containerId: string;
  readonly ifName: string;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  /** Kubernetes' UID; empty from runtimes that do not send it. */
  readonly uid: string;
}

export interface RouteSpec {
  /** CIDR notation. */
  readonly destination: string;
  /** Empty: the pod's gateway of that family. */
  readonly gateway: string;
}

/** Everything that an ADD asks for. */
export interface AttachmentSpec {
  readonly key: AttachmentKey;
  readonly pod: PodIdentity;
  /** Path of the sandbox's network namespace. */
  readonly netns: string;
  readonly mtu: number;
  readonly staticAddresses: readonly string[];
  readonly rangeStart: string;
  readonly rangeEnd: string;
  /** CIDR that the addresses must lie in; empty: not restricted. */
  readonly subnet: string;
  /** None: a default route per address family. */
  readonly routes: readonly RouteSpec[];
}

/** An address of a pod, as PrismNET gave it out. */
export interface PodAddress {
  /** With prefix length, for example "10.244.1.5/24". */
  readonly address: string;
  readonly gateway: string;
}

/** PrismNET's answer to AllocateIP. */
export interface AddressLease {
  readonly addresses: readonly PodAddress[];
  readonly logicalSwitch: string;
  readonly mac: string;
  readonly dnsServers: readonly string[];
}

/** The key as one string: the lock's key and the mark on the host link. CNI's own rules keep "/" out of both halves. */
export function keyText(key: AttachmentKey): string {
  return `${key.containerId}/${key.ifName}`;
}

export function parseKeyText(text: string): AttachmentKey | undefined {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return undefined;
  return { containerId: text.slice(0, slash), ifName: text.slice(slash + 1) };
}

export function sameKey(a: AttachmentKey, b: AttachmentKey): boolean {
  return a.containerId === b.containerId && a.ifName === b.ifName;
}
