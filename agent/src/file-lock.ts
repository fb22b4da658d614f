import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import koffi, { type KoffiFunc } from "koffi";

const LOCK_EX = 2;
const LOCK_NB = 4;
const { EAGAIN, EINTR } = koffi.os.errno;

/** flock(2) itself knows no time limit and would block the event loop: it is asked again at this interval. */
const PAUSE_MS = 5;

// The process itself: Node has libc in it, be it glibc or musl.
const flock = koffi.load(null).func("int flock(int fd, int operation)") as KoffiFunc<
  (fd: number, operation: number) => number
>;

/**
 * Takes flock(2) on `path`, exclusively, against other processes and other callers alike; the file is created. Resolves
 * with the function that gives it up; the end of the process does so too. Rejects with the signal's reason when it is
 * aborted first, and with the system's error.
 */
export async function lockFile(path: string, signal: AbortSignal): Promise<() => Promise<void>> {
  signal.throwIfAborted();
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    while (flock(file.fd, LOCK_EX | LOCK_NB) !== 0) {
      const errno = koffi.errno();
      if (errno !== EAGAIN && errno !== EINTR) throw new Error(`flock ${path}: errno ${errno}`);
      await sleep(PAUSE_MS);
      signal.throwIfAborted();
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return () => file.close();
}
