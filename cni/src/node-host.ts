import { spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { Connection, Files, Host } from "./host.js";

/** The host's functions on Node: for the unit tests, and for machines without a Rust toolchain. */
export function nodeHost(environment: Readonly<Record<string, string | undefined>> = process.env): Host {
  return {
    files: nodeFiles(),
    environment: (name) => environment[name],
    readInput,
    write: (descriptor, text) => {
      for (let rest = Buffer.from(text); rest.length > 0;) rest = rest.subarray(writeSync(descriptor, rest));
    },
    now: () => performance.now(),
    connect: connectTo,
  };
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

async function readInput(limit: number, milliseconds: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await within(milliseconds, async () => {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) throw systemError("EFBIG", "too large");
    }
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw systemError("EILSEQ", "not valid UTF-8");
  }
}

/** ETIMEDOUT when the work is not done in time; it then goes on unheard. */
async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(systemError("ETIMEDOUT", "timed out")), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function connectTo(path: string, milliseconds: number): Promise<Connection> {
  const socket = connect(path);
  try {
    await event(socket, milliseconds, "connect");
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return new NodeConnection(socket);
}

class NodeConnection implements Connection {
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => (this.#error = error));
  }

  async send(bytes: Uint8Array, milliseconds: number): Promise<void> {
    await within(
      milliseconds,
      () =>
        new Promise<void>((resolve, reject) =>
          this.#socket.write(bytes, (error) => (error ? reject(error) : resolve())),
        ),
    );
  }

  async receive(milliseconds: number): Promise<Uint8Array> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#socket.readableEnded || this.#socket.destroyed) return new Uint8Array(0);
      await event(this.#socket, deadline - performance.now(), "readable", "end", "close");
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Waits for the first of the events; an error rejects, ETIMEDOUT when none comes in time. */
function event(socket: Socket, milliseconds: number, ...names: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = (): void => {
      clearTimeout(timer);
      for (const name of names) socket.off(name, arrived);
      socket.off("error", failed);
    };
    const arrived = (): void => {
      forget();
      resolve();
    };
    const failed = (error: Error): void => {
      forget();
      reject(error);
    };
    const timer = setTimeout(() => failed(systemError("ETIMEDOUT", "timed out")), Math.max(0, milliseconds));
    for (const name of names) socket.on(name, arrived);
    socket.on("error", failed);
  });
}

function nodeFiles(): Files {
  let held: number | undefined;
  return {
    exists: existsSync,
    makeDirectory: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
    listDirectory: (path) => readdirSync(path),
    syncDirectory: (path) => synced(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)),
    writeFile: (path, text) => {
      const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
      const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
      synced(file, () => writeFileSync(file, text));
    },
    rename: renameSync,
    remove: unlinkSync,
    lock: async (path, milliseconds) => {
      held = await locked(path, milliseconds);
    },
    unlock: () => {
      if (held !== undefined) closeSync(held);
      held = undefined;
    },
  };
}

function synced(file: number, work: () => void = () => {}): void {
  try {
    work();
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Node has no flock(2). The lock belongs to the open file, so flock(1) takes it for us on the descriptor it inherits. */
async function locked(path: string, milliseconds: number): Promise<number> {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const wait = ["--exclusive", "--wait", String(milliseconds / 1000), "3"];
    const [status] = (await once(spawn("flock", wait, { stdio: ["ignore", "ignore", "ignore", file] }), "close")) as [
      number,
    ];
    if (status === 1) throw systemError("ETIMEDOUT", "timed out");
    if (status !== 0) throw systemError("EUNKNOWN", `flock(1) ended with ${status}`);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
