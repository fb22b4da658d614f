import { Cancelled } from "./errors.js";

/** `promise`, unless `signal` fires first: then Cancelled. What the promise stands for goes on. */
export async function unlessAborted<V>(promise: Promise<V>, signal: AbortSignal | undefined, what: string): Promise<V> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(new Cancelled(`waiting for ${what} was cancelled`, { cause: signal.reason }));
  };
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
