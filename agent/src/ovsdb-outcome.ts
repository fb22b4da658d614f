import { UnknownOutcome } from "./ovsdb/index.js";

/** How long to wait for the fate of a transaction whose reply was lost, in milliseconds. */
const SETTLE_DEADLINE = 10_000;

/**
 * Runs a transaction until it is certain what became of it. When the reply is lost, the rows are read again: `found`
 * says whether they show the transaction's work. So it is neither lost nor done twice, and a caller that gave up
 * meanwhile still learns what it has to take back.
 */
export async function withKnownOutcome<T>(
  attempt: () => Promise<T>,
  found: () => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      await error.settled(AbortSignal.timeout(SETTLE_DEADLINE));
      const done = found();
      if (done !== undefined) return done;
      signal.throwIfAborted();
    }
  }
}
