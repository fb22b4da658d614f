import { readFile } from "node:fs/promises";
import { connect as connectTcp, isIPv6, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { TlsOptions } from "./client-types.js";
import { Cancelled, ConnectionLost } from "./errors.js";

/** An active connection method of ovsdb(7), "Connection Methods". */
export type Remote =
  | { readonly kind: "unix"; readonly text: string; readonly path: string }
  | { readonly kind: "tcp" | "ssl"; readonly text: string; readonly host: string; readonly port: number };

const defaultPort = 6640;

/** Parses `unix:PATH`, `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]`, several separated by commas; throws a TypeError that says how. */
export function parseRemotes(texts: readonly string[]): readonly Remote[] {
  const remotes = texts.flatMap((text) => text.split(",")).map((text) => parseRemote(text.trim()));
  if (remotes.length === 0) throw new TypeError("remotes: at least one is needed, such as unix:/run/ovn/ovnnb_db.sock");
  return remotes;
}

function parseRemote(text: string): Remote {
  const separator = text.indexOf(":");
  const kind = text.slice(0, separator);
  const rest = text.slice(separator + 1);
  if (kind === "unix" && rest !== "") return { kind, text, path: rest };
  if (kind === "tcp" || kind === "ssl") {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(rest);
    const host = match?.[1] ?? match?.[2];
    const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
    const bracketed = match?.[1] !== undefined;
    if (host !== undefined && port > 0 && port < 65_536 && (!bracketed || isIPv6(host.replace(/%.*$/, "")))) {
      return { kind, text, host, port };
    }
  }
  throw new TypeError(
    `remote "${text}": expected unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT, with IPv6 addresses as [::1]`,
  );
}

export interface ConnectOptions {
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A connected stream, ready to write. Throws ConnectionLost with the reason, or Cancelled. */
export async function openRemote(remote: Remote, options: ConnectOptions): Promise<Socket> {
  const { signal, timeoutMs } = options;
  const secure = remote.kind === "ssl" ? await tlsOptions(remote.text, options.tls) : undefined;
  if (signal.aborted) throw new Cancelled("connecting was cancelled", { cause: signal.reason });
  const socket = openSocket(remote, secure);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const timer = setTimeout(() => {
    reject(new ConnectionLost(`${remote.text}: no connection within ${timeoutMs} ms`));
  }, timeoutMs);
  const cancel = (): void => {
    reject(new Cancelled("connecting was cancelled", { cause: signal.reason }));
  };
  const fail = (error: Error): void => {
    reject(new ConnectionLost(`${remote.text}: ${error.message}`, { cause: error }));
  };
  const closed = (): void => {
    reject(new ConnectionLost(`${remote.text}: the server closed the connection`));
  };
  signal.addEventListener("abort", cancel, { once: true });
  socket.once(secure === undefined ? "connect" : "secureConnect", () => {
    resolve(socket);
  });
  socket.once("error", fail);
  socket.once("close", closed);
  try {
    return await promise;
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    socket.off("error", fail);
    socket.off("close", closed);
  }
}

function openSocket(remote: Remote, secure: ConnectionOptions | undefined): Socket {
  if (remote.kind === "unix") return connectTcp({ path: remote.path });
  const { host, port } = remote;
  if (secure === undefined) return connectTcp({ host, port, noDelay: true, keepAlive: true });
  const socket = connectTls({ ...secure, host, port });
  socket.setNoDelay(true);
  return socket;
}

async function tlsOptions(remote: string, files: TlsOptions | undefined): Promise<ConnectionOptions> {
  if (files === undefined)
    throw new ConnectionLost(`${remote}: ssl needs tls.caFile (and certFile and keyFile for mTLS)`);
  const read = async (option: keyof TlsOptions, path: string | undefined): Promise<Buffer | undefined> => {
    try {
      return path === undefined ? undefined : await readFile(path);
    } catch (error) {
      throw new ConnectionLost(`${remote}: tls.${option} can't be read: ${String(error)}`, { cause: error });
    }
  };
  const [ca, cert, key] = await Promise.all([
    read("caFile", files.caFile),
    read("certFile", files.certFile),
    read("keyFile", files.keyFile),
  ]);
  const { serverName } = files;
  return {
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // With a server name Node checks the certificate's names; without one only its chain is checked.
    ...(serverName === undefined ? { checkServerIdentity: () => undefined } : { servername: serverName }),
  };
}
