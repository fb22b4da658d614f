import t from "tap";
import { linkMark, parseLinkMark } from "./link-mark.js";

const key = { containerId: "0123abcd", ifName: "eth0" };

t.test("marks survive the round trip", async (t) => {
  for (const addresses of [[], ["10.244.1.5/24"], ["10.244.1.5/24", "fd00::5/64"]]) {
    t.same(parseLinkMark(linkMark({ key, addresses })), { key, addresses });
  }
  t.equal(linkMark({ key, addresses: ["10.244.1.5/24"] }), "k8shost:0123abcd/eth0 10.244.1.5/24");
});

t.test("the longest mark fits into an alias of the kernel", async (t) => {
  const addresses = ["255.255.255.255/32", `${Array<string>(8).fill("ffff").join(":")}/128`];
  t.ok(linkMark({ key: { containerId: "c".repeat(128), ifName: "i".repeat(15) }, addresses }).length <= 255);
});

t.test("what is not ours is not parsed", async (t) => {
  for (const alias of ["", "k8shost", "k8shost:", "k8shost:abc", "k8shost:/eth0", "k8shost:abc/", "uplink"]) {
    t.equal(parseLinkMark(alias), undefined, JSON.stringify(alias));
  }
});
