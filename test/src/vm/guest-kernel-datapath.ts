// Runs in the guest of kernel-datapath.test.ts.
import { t, test } from "tap";
import { provePodsOnDatapath } from "./pods-on-datapath.js";

t.setTimeout(600_000);

test("pods run on the kernel's datapath", (t) => provePodsOnDatapath(t, "system"));
