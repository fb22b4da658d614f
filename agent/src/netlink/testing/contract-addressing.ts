/** What every Netlink must do with addresses and routes. */
import type { LinkRequest } from "../port.js";
import { type Check, addresses, makePod, rejection, routes } from "./bed.js";

export function testAddressing(check: Check): void {
  check("addresses of both families, again and gone", async (t, bed) => {
    const { netlink } = bed;
    const pod = await makePod(bed);
    const change = (kind: "add-address" | "remove-address", address: string) =>
      netlink.execute(pod, [{ kind, link: "eth0", address }]);
    for (const address of ["10.1.0.5/24", "fd00::5/64", "FD00:0::5/64", "10.2.0.1/32"])
      await change("add-address", address);
    t.strictSame(await addresses(bed, pod), ["10.1.0.5/24", "10.2.0.1/32", "fd00::5/64"]);
    t.strictSame(await routes(bed, pod), ["10.1.0.0/24", "fd00::/64"], "the subnets are on the link");
    for (const address of ["10.1.0.5/24", "10.1.0.5/24", "fd00::5/64", "fd00::5/64"])
      await change("remove-address", address);
    t.strictSame(await addresses(bed, pod), ["10.2.0.1/32"]);
    t.strictSame(await routes(bed, pod), []);
  });

  check("routes of both families, replaced and gone", async (t, bed) => {
    const { netlink } = bed;
    const pod = await makePod(bed);
    const put = (destination: string, gateway?: string, onlink = false) =>
      netlink.execute(pod, [{ kind: "replace-route", link: "eth0", destination, ...(gateway && { gateway }), onlink }]);
    await put("0.0.0.0/0", "10.1.0.1");
    await put("0.0.0.0/0", "10.1.0.1");
    await put("::/0", "fd00::1");
    await put("10.9.0.0/16", "169.254.1.1", true);
    await put("10.8.0.0/16");
    await put("fd09::/48", "fd00:0:0:0::2");
    const subnets = ["10.1.0.0/24", "fd00::/64"];
    const others = ["10.8.0.0/16", "10.9.0.0/16 via 169.254.1.1", "fd09::/48 via fd00::2"];
    t.strictSame(
      await routes(bed, pod),
      ["0.0.0.0/0 via 10.1.0.1", "::/0 via fd00::1", ...subnets, ...others].toSorted(),
    );
    await put("0.0.0.0/0", "10.1.0.2");
    await put("::/0", "fd00::2");
    t.strictSame(
      await routes(bed, pod),
      ["0.0.0.0/0 via 10.1.0.2", "::/0 via fd00::2", ...subnets, ...others].toSorted(),
    );
    for (const destination of ["0.0.0.0/0", "::/0", "::/0", "10.8.0.0/16", "10.9.0.0/16", "10.9.0.0/16", "fd09::/48"]) {
      await netlink.execute(pod, [{ kind: "remove-route", link: "eth0", destination }]);
    }
    t.strictSame(await routes(bed, pod), subnets);
    t.match(await rejection(put("0.0.0.0/0", "10.77.0.1")), {
      errno: "ENETUNREACH",
      detail: "Nexthop has invalid gateway",
    });
    t.match(await rejection(put("::/0", "fd77::1")), { errno: "EHOSTUNREACH" });
    const source = { kind: "replace-route", link: "eth0", destination: "10.9.0.0/16", gateway: "10.1.0.1" } as const;
    await netlink.execute(pod, [{ ...source, source: "10.1.0.5" }]);
    t.match(await rejection(netlink.execute(pod, [{ ...source, source: "10.1.0.6" }])), { errno: "EINVAL" });
    await netlink.execute(pod, [{ kind: "set-link", name: "eth0", up: false }]);
    t.match(await rejection(put("0.0.0.0/0", "10.1.0.1")), { errno: "ENETUNREACH" });
    t.match(await rejection(put("10.8.0.0/16")), { errno: "ENETDOWN" });
    t.match(await rejection(put("::/0", "fd00::1")), { errno: "EHOSTUNREACH" });
    t.match(await rejection(put("fd09::/48")), { errno: "ENETDOWN" });
    t.strictSame(await routes(bed, pod), [], "a link that is down has none");
  });

  check("IPv6 off and on", async (t, bed) => {
    const { netlink } = bed;
    const pod = await makePod(bed);
    await netlink.execute(pod, [{ kind: "replace-route", link: "eth0", destination: "::/0", gateway: "fd00::1" }]);
    for (let again = 0; again < 2; again++)
      await netlink.execute(pod, [{ kind: "set-ipv6", link: "eth0", enabled: false }]);
    t.strictSame([await addresses(bed, pod), await routes(bed, pod)], [["10.1.0.5/24"], ["10.1.0.0/24"]]);
    const add = { kind: "add-address", link: "eth0", address: "fd00::5/64" } as const;
    t.match(await rejection(netlink.execute(pod, [add])), { errno: "EACCES" });
    for (const via of [{ gateway: "fd00::1" }, {}, { gateway: "fe80::1" }]) {
      const route: LinkRequest = { kind: "replace-route", link: "eth0", destination: "::/0", ...via };
      t.match(await rejection(netlink.execute(pod, [route])), {
        errno: via.gateway === "fd00::1" ? "EHOSTUNREACH" : "EACCES",
      });
    }
    await netlink.execute(pod, [{ kind: "set-ipv6", link: "eth0", enabled: true }, add]);
    t.strictSame(await addresses(bed, pod), ["10.1.0.5/24", "fd00::5/64"]);
  });
}
