import { setTimeout as sleep } from "node:timers/promises";
import type { ClientEvent } from "./client-events.js";
import type { TlsOptions } from "./client-types.js";
import { type Role, type SeenIndexes, ServerWatch } from "./cluster.js";
import { ClientClosed, ConnectionLost, OvsdbError } from "./errors.js";
import { type Remote, openRemote } from "./remote.js";
import { ConnectedSchema } from "./server-schema.js";
import { Session } from "./session.js";

export interface ConnectionOptions {
  readonly name: string;
  readonly database: string;
  readonly remotes: readonly Remote[];
  readonly leaderOnly: boolean;
  readonly tls: TlsOptions | undefined;
  readonly inactivityProbeMs: number;
  readonly maxFrameBytes: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number };
  readonly log: (event: ClientEvent) => void;
}

/** What is done with a session, called synchronously between the server's messages. */
export interface ConnectionUser {
  /** Brings the replica in sync and calls `done`. */
  readonly sync: (session: Session, schema: ConnectedSchema, done: (error: OvsdbError | undefined) => void) => void;
  /** The session is in sync: work may be sent. */
  readonly up: (session: Session) => void;
  readonly notification: (method: string, params: readonly unknown[]) => void;
  /** The session is over, `wasUp` or not; or no session came about. */
  readonly down: (error: OvsdbError, wasUp: boolean) => void;
}

const connectTimeoutMs = 5000;
/** Delay when servers answered, but none of them can be used: an election takes about a second. */
const electionPollMs = 200;

/** Thrown when a server was reached and can't be used now. */
class Unsuitable extends ConnectionLost {}

/** Connects to one of the remotes, and anew whenever the connection is lost, until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #user: ConnectionUser;
  readonly #closing = new AbortController();
  readonly #seen: SeenIndexes = new Map();
  #watch: ServerWatch | undefined;
  #remote: Remote | undefined;
  #next = 0;
  #failures = 0;

  constructor(options: ConnectionOptions, user: ConnectionUser) {
    this.#options = options;
    this.#user = user;
    // Clients of a cluster spread over its servers.
    this.#next = Math.floor(Math.random() * options.remotes.length);
  }

  /** The remote in use, or tried last. */
  get remote(): string {
    return this.#remote?.text ?? "";
  }

  get role(): Role {
    return this.#watch?.role ?? "unknown";
  }

  /** Resolves when closed; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let unsuitable = false;
      let lasted = false;
      for (let i = 0; i < this.#options.remotes.length && !signal.aborted && !lasted; i++) {
        const started = performance.now();
        const { error, wasUp } = await this.#attempt();
        unsuitable ||= error instanceof Unsuitable;
        // Only a session that lasted proves that reconnecting at once does no harm.
        lasted = wasUp && performance.now() - started > this.#options.backoff.maxMs;
      }
      if (lasted) this.#failures = 0;
      else await sleep(this.#delayMs(unsuitable), undefined, { signal }).catch(() => undefined);
    }
  }

  close(): void {
    this.#closing.abort(new ClientClosed(`${this.#options.name}: the client was closed`));
  }

  #delayMs(unsuitable: boolean): number {
    const { minMs, maxMs } = this.#options.backoff;
    const delay = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    // Jittered, so that the clients of a server that comes back don't all come at once.
    return (unsuitable ? Math.min(delay, electionPollMs) : delay) * (0.5 + Math.random() / 2);
  }

  /** One session from connect to end. */
  async #attempt(): Promise<{ readonly error: OvsdbError; readonly wasUp: boolean }> {
    const { name, remotes, log } = this.#options;
    const remote = remotes[this.#next % remotes.length] as Remote;
    this.#next = (this.#next + 1) % remotes.length;
    this.#remote = remote;
    log({ event: "connecting", client: name, remote: remote.text });
    let wasUp = false;
    let error: OvsdbError;
    try {
      error = await this.#serve(remote, () => {
        wasUp = true;
      });
    } catch (failure) {
      error = failure instanceof OvsdbError ? failure : new ConnectionLost(String(failure), { cause: failure });
      this.#user.down(error, false);
    }
    this.#watch = undefined;
    if (error instanceof Unsuitable)
      log({ event: "skipped", client: name, remote: remote.text, reason: error.message });
    else if (!(error instanceof ClientClosed)) log({ event: "disconnected", client: name, remote: remote.text, error });
    return { error, wasUp };
  }

  /** Resolves with the error that ended the session. */
  async #serve(remote: Remote, synced: () => void): Promise<OvsdbError> {
    const { signal } = this.#closing;
    const { database, leaderOnly, tls } = this.#options;
    const stream = await openRemote(remote, { tls, timeoutMs: connectTimeoutMs, signal });
    const ended = Promise.withResolvers<OvsdbError>();
    const watch = new ServerWatch(database, leaderOnly, this.#seen);
    this.#watch = watch;
    let up = false;
    const session = new Session(stream, {
      maxFrameBytes: this.#options.maxFrameBytes,
      inactivityProbeMs: this.#options.inactivityProbeMs,
      onNotification: (method, params) => {
        if (method === "monitor_canceled")
          session.close(new ConnectionLost(`the server cancelled the monitor of ${String(params[0])}`));
        else if (!watch.notification(method, params)) this.#user.notification(method, params);
        else if (up) refuse(watch, session);
      },
      onClose: (reason) => {
        const error = remote.kind === "ssl" && !session.answered ? refusedByTls(reason) : reason;
        this.#user.down(error, up);
        ended.resolve(error);
      },
    });
    const close = (): void => {
      session.close(signal.reason as OvsdbError);
    };
    signal.addEventListener("abort", close);
    handshake(session, watch, database, (schema) => {
      this.#user.sync(session, schema, (error) => {
        if (error !== undefined) session.close(error);
        if (session.closed || refuse(watch, session)) return;
        up = true;
        synced();
        this.#user.up(session);
      });
    });
    const error = await ended.promise;
    signal.removeEventListener("abort", close);
    return error;
  }
}

/** In TLS 1.3 a server judges our certificate after we have begun to talk: all that we may see is that it hangs up. */
function refusedByTls(error: OvsdbError): OvsdbError {
  if (!(error instanceof ConnectionLost)) return error;
  return new ConnectionLost(`${error.message}: the server may not accept our certificate`, { cause: error });
}

/** Closes a session whose server can't be used now; true when it did. */
function refuse(watch: ServerWatch, session: Session): boolean {
  const reason = watch.refusal();
  if (reason !== undefined) session.close(new Unsuitable(reason));
  return reason !== undefined;
}

/**
 * Learns what the server is and which schema it has, in one round trip. set_db_change_aware (ovsdb-server(7), section
 * 4.1.18) keeps the connection when other databases of the server come and go.
 */
function handshake(
  session: Session,
  watch: ServerWatch,
  database: string,
  ready: (schema: ConnectedSchema) => void,
): void {
  let watched = false;
  let schema: ConnectedSchema | undefined;
  const proceed = (): void => {
    if (watched && schema !== undefined && !refuse(watch, session)) ready(schema);
  };
  session.call("set_db_change_aware", "[true]", () => undefined);
  watch.start(session, (error) => {
    if (error !== undefined) session.close(error);
    else if (!refuse(watch, session)) {
      watched = true;
      proceed();
    }
  });
  session.call("get_schema", `["${database}"]`, (error, result) => {
    if (error !== undefined) {
      session.close(error);
      return;
    }
    // What it throws ends the session.
    schema = ConnectedSchema.parse(result);
    proceed();
  });
}
