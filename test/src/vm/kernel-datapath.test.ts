import { fileURLToPath } from "node:url";
import { t, test } from "tap";
import { detectDatapath } from "../bed/index.js";
import { testInGuest } from "./guest.js";
import { provePodsOnDatapath } from "./pods-on-datapath.js";

const PROGRAM = fileURLToPath(new URL("guest-kernel-datapath.js", import.meta.url));

t.setTimeout(600_000);

test("on this machine's kernel the agent finds the datapath that it has", async (t) => {
  await provePodsOnDatapath(t, await detectDatapath());
});

test("on a kernel with the module openvswitch the agent finds the kernel's", (t) =>
  testInGuest(t, PROGRAM, { memoryMegabytes: 3072, timeoutSeconds: 400 }));
