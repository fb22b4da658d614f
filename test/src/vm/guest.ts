import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { attempt } from "../bed/index.js";

const VMRUN = fileURLToPath(new URL("../../vm/vmrun", import.meta.url));

/** The first call on a machine downloads a kernel and unpacks it. */
const PREPARATION_MS = 300_000;

/** How large a virtual machine is, and for how long it may run. */
export interface GuestOptions {
  readonly memoryMegabytes: number;
  /** From its boot on; it is ended then. */
  readonly timeoutSeconds: number;
}

/**
 * Fetches and unpacks the kernel unless an earlier call did. Throws what is missing and how to get it: a machine that
 * cannot run the guest has proved nothing, so its tests fail and are not skipped.
 */
export async function prepareGuest(): Promise<void> {
  const { exitCode, stderr } = await attempt([VMRUN, "--prepare"], { timeoutMs: PREPARATION_MS });
  if (exitCode !== 0) throw new Error(`no virtual machine with Debian's kernel can be had here: ${stderr.trim()}`);
}

/**
 * Runs a test program as root on Debian's kernel, in a virtual machine that sees this machine's files; its cases appear
 * as cases of a subtest of `t`. What it writes is forgotten.
 */
export async function testInGuest(t: Test, program: string, options: GuestOptions): Promise<void> {
  await prepareGuest();
  const { memoryMegabytes, timeoutSeconds } = options;
  const size = ["--mem", String(memoryMegabytes), "--smp", "2", "--timeout", String(timeoutSeconds)];
  const command = [process.execPath, "--enable-source-maps", program];
  // The guest ends with us even when we are killed.
  const guest = spawn("setpriv", ["--pdeathsig", "TERM", "--", VMRUN, ...size, "--", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: guestEnvironment(),
  });
  t.teardown(() => guest.kill("SIGTERM"));
  const ended = once(guest, "close") as Promise<[number | null]>;
  await t.stdin("in the guest", { tapStream: guest.stdout });
  const [exitCode] = await ended;
  t.equal(exitCode, 0, "the guest's exit code");
}

/** Ours, but for what would decide in the guest what the test wants to be found. */
function guestEnvironment(): NodeJS.ProcessEnv {
  const { K8SHOST_BED_DATAPATH: _decided, ...env } = process.env;
  return { ...env, TAP: "1" };
}
