import type { Duplex } from "node:stream";
import { ConnectionLost, OvsdbError, ProtocolError, serverError } from "./errors.js";
import { FrameReader } from "./framing.js";

export interface SessionOptions {
  readonly maxFrameBytes: number;
  /** Silence after which an echo is sent, and after another such time the session ends; 0 never probes. */
  readonly inactivityProbeMs: number;
  readonly onNotification: (method: string, params: readonly unknown[]) => void;
  /** Called once, after every pending request got its reply: the session is over. */
  readonly onClose: (error: OvsdbError) => void;
}

/** The reply to a request. Called synchronously, in the order of arrival among notifications. */
export type Reply = (error: OvsdbError | undefined, result: unknown) => void;

interface Pending {
  readonly method: string;
  readonly reply: Reply;
}

/**
 * JSON-RPC 1.0 over one stream, as RFC 7047, section 4, uses it: requests and notifications both ways. Any byte that
 * breaks the protocol ends the session, since nothing after it can be trusted.
 */
export class Session {
  readonly #stream: Duplex;
  readonly #options: SessionOptions;
  readonly #frames: FrameReader;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: OvsdbError | undefined;
  #heard = performance.now();
  #answered = false;
  #probe: NodeJS.Timeout | undefined;
  #roundTripUs = 0;

  constructor(stream: Duplex, options: SessionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#frames = new FrameReader(options.maxFrameBytes);
    stream.on("data", (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on("error", (error: Error) => {
      this.close(new ConnectionLost(error.message, { cause: error }));
    });
    stream.on("end", () => {
      this.#ended();
    });
    stream.on("close", () => {
      this.#ended();
    });
    if (options.inactivityProbeMs > 0) this.#watch(options.inactivityProbeMs);
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** True once the server has sent anything. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Round trip of the latest echo in microseconds; 0 before the first. */
  get roundTripUs(): number {
    return this.#roundTripUs;
  }

  /** Milliseconds since the server was last heard. */
  get silentMs(): number {
    return performance.now() - this.#heard;
  }

  /**
   * Sends a request; `params` is JSON text. `reply` is called exactly once: with a ServerError when the server refuses,
   * with ConnectionLost (or what broke the protocol) when the session ends first. Returns the request's id, for `cancel`.
   */
  call(method: string, params: string, reply: Reply): number {
    const id = this.#nextId++;
    if (this.#closed !== undefined) {
      reply(this.#closed, undefined);
      return id;
    }
    this.#pending.set(id, { method, reply });
    this.#stream.write(`{"id":${id},"method":"${method}","params":${params}}`);
    return id;
  }

  /** RFC 7047, section 4.1.4: ends a transaction that waits on the server. Its reply comes, whatever it is. */
  cancel(id: number): void {
    if (this.#pending.has(id)) this.#stream.write(`{"id":null,"method":"cancel","params":[${id}]}`);
  }

  /** `call` as a promise, for requests whose place among notifications doesn't matter. */
  request(method: string, params: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.call(method, params, (error, result) => {
        if (error === undefined) resolve(result);
        else reject(error);
      });
    });
  }

  /** Measures the round trip. */
  echo(): void {
    const sent = performance.now();
    this.call("echo", "[]", (error) => {
      if (error === undefined) this.#roundTripUs = Math.round((performance.now() - sent) * 1000);
    });
  }

  /** Ends the session; every pending request fails with `error`. */
  close(error: OvsdbError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    clearTimeout(this.#probe);
    this.#stream.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reply } of pending) reply(error, undefined);
    this.#options.onClose(error);
  }

  #ended(): void {
    const where = this.#frames.partial ? " in the middle of a message" : "";
    this.close(new ConnectionLost(`the server closed the connection${where}`));
  }

  #receive(chunk: Buffer): void {
    this.#heard = performance.now();
    this.#answered = true;
    try {
      for (const message of this.#frames.push(chunk)) {
        this.#dispatch(message);
        if (this.closed) return;
      }
    } catch (error) {
      this.close(toOvsdbError(error));
    }
  }

  #dispatch(message: unknown): void {
    const { id, method, params, result, error } = message as Readonly<Record<string, unknown>>;
    if (typeof method === "string") {
      this.#incoming(method, params, id);
      return;
    }
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined) throw new ProtocolError(`a reply to no request: id ${JSON.stringify(id)?.slice(0, 40)}`);
    this.#pending.delete(id as number);
    if (error === null || error === undefined) pending.reply(undefined, result);
    else pending.reply(serverError(error, pending.method), undefined);
  }

  #incoming(method: string, params: unknown, id: unknown): void {
    if (!Array.isArray(params)) throw new ProtocolError(`${method} without params`);
    if (id === null || id === undefined) this.#options.onNotification(method, params);
    else if (method === "echo") this.#stream.write(JSON.stringify({ id, result: params, error: null }));
    else this.#stream.write(JSON.stringify({ id, result: null, error: { error: "unknown method" } }));
  }

  /** One timer, not one per message: it looks how long the server has been silent. */
  #watch(intervalMs: number): void {
    let probedAt: number | undefined;
    const check = (): void => {
      const silent = this.silentMs;
      // The answer to a probe is as old as the interval when this looks again: what counts is that something was heard.
      if (probedAt !== undefined && this.#heard > probedAt) probedAt = undefined;
      if (silent >= intervalMs && probedAt === undefined) {
        probedAt = performance.now();
        this.echo();
      } else if (probedAt !== undefined) {
        this.close(new ConnectionLost(`no answer to a probe within ${intervalMs} ms`));
        return;
      }
      this.#probe = setTimeout(afterReading, silent < intervalMs ? intervalMs - silent : intervalMs);
    };
    // When this process was busy, the timer is due before what lies in the socket has been read: read first, then judge.
    const afterReading = (): void => {
      setImmediate(() => {
        if (!this.closed) check();
      });
    };
    this.#probe = setTimeout(afterReading, intervalMs);
  }
}

function toOvsdbError(error: unknown): OvsdbError {
  return error instanceof OvsdbError
    ? error
    : new ProtocolError(`a message could not be handled: ${String(error)}`, { cause: error });
}
