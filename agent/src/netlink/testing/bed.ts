/** What the contract tests of Netlink run on. */
import type { Test } from "tap";
import {
  HOST_NETNS,
  type LinkAddress,
  type LinkRequest,
  type LinkRoute,
  type Netlink,
  type NetnsPath,
} from "../port.js";

export interface Bed {
  readonly netlink: Netlink;
  /** Another namespace, beside the host's. */
  readonly makeNetns: () => NetnsPath;
  readonly removeNetns: (path: NetnsPath) => void;
}

/** Registers one test. */
export type Check = (name: string, run: (t: Test, bed: Bed) => Promise<void>) => unknown;

export const MTU = 1400;

export function veth(pod: NetnsPath, fields: Partial<Extract<LinkRequest, { kind: "create-veth" }>> = {}): LinkRequest {
  const peer = { name: "eth0", netns: pod, mac: "0a:58:0a:01:00:05" };
  return { kind: "create-veth", name: "k1", alias: "k8shost:c1/eth0", mtu: MTU, peer, ...fields };
}

/** A pod whose eth0 is up and has 10.1.0.5/24 and fd00::5/64. */
export async function makePod({ netlink, makeNetns }: Bed): Promise<NetnsPath> {
  const pod = makeNetns();
  await netlink.execute(HOST_NETNS, [veth(pod), { kind: "set-link", name: "k1", up: true }]);
  await netlink.execute(pod, [
    { kind: "set-link", name: "eth0", up: true },
    { kind: "add-address", link: "eth0", address: "10.1.0.5/24" },
    { kind: "add-address", link: "eth0", address: "fd00::5/64" },
  ]);
  return pod;
}

/** Without the link-local ones, which the kernel makes by itself. */
export async function addresses({ netlink }: Bed, pod: NetnsPath): Promise<string[]> {
  const all: LinkAddress[] = await netlink.addresses(pod, "eth0");
  return all
    .map(({ address }) => address)
    .filter((address) => !address.startsWith("fe80:"))
    .toSorted();
}

export async function routes({ netlink }: Bed, pod: NetnsPath): Promise<string[]> {
  const all: LinkRoute[] = await netlink.routes(pod, "eth0");
  return all
    .filter(({ destination }) => !destination.startsWith("fe80:"))
    .map(({ destination, gateway }) => (gateway === "" ? destination : `${destination} via ${gateway}`))
    .toSorted();
}

export async function names({ netlink }: Bed, netns: NetnsPath): Promise<string[]> {
  return (await netlink.links(netns)).map(({ name }) => name).filter((name) => name !== "lo");
}

/** The reason that `promise` was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  if ("reason" in result) return result.reason;
  throw new Error(`expected a rejection, got ${JSON.stringify(result.value)}`);
}
