import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { FrameReader } from "../framing.js";
import { Session, type SessionOptions } from "../session.js";

/** A session, and the server's end of its stream for a test to play the server. */
export interface Peer {
  readonly session: Session;
  readonly stream: Duplex;
  /** The next message from the session. */
  next(): Promise<Readonly<Record<string, unknown>>>;
  send(message: unknown): void;
  readonly notifications: unknown[];
  readonly closed: Promise<Error>;
}

export function peer(options: Partial<SessionOptions> = {}): Peer {
  const [mine, theirs] = duplexPair();
  const frames = new FrameReader(1 << 20);
  const inbox: unknown[] = [];
  theirs.on("data", (chunk: Buffer) => {
    inbox.push(...frames.push(chunk));
    theirs.emit("inbox");
  });
  const notifications: unknown[] = [];
  const closed = Promise.withResolvers<Error>();
  const session = new Session(mine, {
    maxFrameBytes: 10_000,
    inactivityProbeMs: 0,
    onNotification: (method, params) => notifications.push([method, params]),
    onClose: closed.resolve,
    ...options,
  });
  return {
    session,
    stream: theirs,
    next: async () => {
      while (inbox.length === 0) await once(theirs, "inbox");
      return inbox.shift() as Readonly<Record<string, unknown>>;
    },
    send: (message) => theirs.write(typeof message === "string" ? message : JSON.stringify(message)),
    notifications,
    closed: closed.promise,
  };
}
