/** One LinkRequest against the kernel. Every function throws NetlinkError. */
import { addAddress, removeAddress, replaceNeighbour } from "./address.js";
import type { Request } from "./codec.js";
import { close, openForWriting, write } from "./libc.js";
import { deleteLink, setLink } from "./link.js";
import type { Entered, NetnsSockets } from "./netns-sockets.js";
import { type LinkRequest, NetlinkError } from "./port.js";
import { removeRoute, replaceRoute } from "./route.js";
import { findLink, unlessAbsent } from "./socket.js";
import { createVethPair } from "./veth.js";

const ETHTOOL_GTXCSUM = 0x16;
const ETHTOOL_STXCSUM = 0x17;

/** Carries out `request` in the namespace that was entered. */
export function perform(sockets: NetnsSockets, entered: Entered, request: LinkRequest): void {
  const { socket } = entered;
  switch (request.kind) {
    case "create-veth":
      return createVethPair(sockets, entered, request);
    case "set-link":
      return change(entered, request);
    case "delete-link":
      return unlessAbsent("ENODEV", () => socket.request(deleteLink({ name: request.name })));
    case "add-address":
      return socket.request(addAddress(indexOf(entered, request.link), request.address));
    case "remove-address":
      return remove(entered, request.link, "EADDRNOTAVAIL", (index) => removeAddress(index, request.address));
    case "replace-route":
      return socket.request(replaceRoute(indexOf(entered, request.link), request));
    case "remove-route":
      return remove(entered, request.link, "ESRCH", (index) => removeRoute(index, request.destination));
    case "replace-neighbour":
      return socket.request(replaceNeighbour(indexOf(entered, request.link), request.address, request.mac));
    case "set-tx-checksum":
      return setTxChecksum(entered, request.link, request.enabled);
    case "set-ipv6":
      return setIpv6(sockets, entered, request.link, request.enabled);
  }
}

/** Giving a link the MAC address that it has would still empty its neighbour table, under a pod that may be talking. */
function change(entered: Entered, request: Extract<LinkRequest, { kind: "set-link" }>): void {
  const { socket } = entered;
  const index = indexOf(entered, request.name);
  const { up, mtu, mac, alias } = request;
  const same = mac !== undefined && findLink(socket, request.name).some((link) => link.mac === mac.toLowerCase());
  socket.request(setLink({ index }, { up, mtu, mac: same ? undefined : mac, alias }));
}

/** A link that is gone has taken its addresses and routes with it. */
function remove({ socket }: Entered, link: string, absent: string, build: (index: number) => Request): void {
  const index = socket.linkIndex(link);
  if (index === undefined) return;
  unlessAbsent("ENODEV", () => unlessAbsent(absent, () => socket.request(build(index))));
}

/** The ioctl reports success for a feature that the device can't change, so the outcome is read back. */
function setTxChecksum({ socket }: Entered, link: string, enabled: boolean): void {
  socket.ethtool(link, ETHTOOL_STXCSUM, enabled ? 1 : 0);
  if ((socket.ethtool(link, ETHTOOL_GTXCSUM) !== 0) !== enabled) {
    const detail = `the device keeps tx-checksumming ${enabled ? "off" : "on"}`;
    throw new NetlinkError(`EOPNOTSUPP: ${detail}`, "EOPNOTSUPP", detail);
  }
}

/** /proc/sys/net shows the namespace of the thread that looks, and netlink can't set this. */
function setIpv6(sockets: NetnsSockets, entered: Entered, link: string, enabled: boolean): void {
  indexOf(entered, link);
  try {
    sockets.inside(entered.fd, () => {
      const fd = openForWriting(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`);
      try {
        return write(fd, enabled ? "0" : "1");
      } finally {
        close(fd);
      }
    });
  } catch (error) {
    // No such file: the machine was started without IPv6.
    if (error instanceof NetlinkError && error.errno === "ENOENT" && !enabled) return;
    throw error;
  }
}

function indexOf({ socket }: Entered, link: string): number {
  const index = socket.linkIndex(link);
  if (index === undefined)
    throw new NetlinkError(`ENODEV: there is no link ${link}`, "ENODEV", `there is no link ${link}`);
  return index;
}
