import { BlockList, isIP } from "node:net";
import { bareAddress } from "../network/ip-address.js";

/** Whether a network holds an address; undefined when they are of different families. */
export function contains(cidr: string, address: string): boolean | undefined {
  const [network = "", prefix = ""] = cidr.split("/");
  const host = bareAddress(address);
  const family = isIP(network);
  if (family !== isIP(host)) return undefined;
  const type = family === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), type);
  return list.check(host, type);
}
