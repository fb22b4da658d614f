import { setTimeout as sleep } from "node:timers/promises";

/** Deadline of everything that starts a daemon: normally up within a second, now and then ten on a busy machine. */
export const START_DEADLINE_MS = 60_000;

/**
 * Calls `probe` until it returns something else than undefined or false, and returns that.
 *
 * A probe that throws counts as "not yet"; its last error is the cause of the one thrown when `timeoutMs` has passed.
 * `failing` is asked before each try: what it returns ends the wait at once (a daemon that died will never be ready).
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: { timeoutMs?: number; intervalMs?: number; failing?: () => Error | undefined } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? START_DEADLINE_MS;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    const failure = options.failing?.();
    if (failure !== undefined) throw failure;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const detail = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`${what}: not within ${timeoutMs} ms${detail}`, last === undefined ? {} : { cause: last });
    }
    await sleep(options.intervalMs ?? 20);
  }
}
