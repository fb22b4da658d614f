export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** "10.244.1.5/24" without its prefix length. */
export function bareAddress(address: string): string {
  return address.replace(/\/.*$/, "");
}

/** One spelling per address: IPv6 addresses have many. */
export function canonical(address: string): string {
  const [host = "", prefix] = address.toLowerCase().split("/");
  if (!host.includes(":")) return address;
  const [head = "", tail] = host.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16).toString(16));
  return groups.join(":") + (prefix === undefined ? "" : `/${prefix}`);
}
