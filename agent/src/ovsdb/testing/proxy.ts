import { createServer, connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { removeFolder, temporaryFolder } from "./process.js";

/** One client's connection through the proxy. */
export interface Link {
  toClient(bytes: Buffer | string): void;
  toServer(bytes: Buffer | string): void;
  /** Ends both sides at once, with whatever is half sent. */
  cut(): void;
}

/** What happens to the bytes; without it they pass. */
export interface Faults {
  fromServer?: (chunk: Buffer, link: Link) => void;
  fromClient?: (chunk: Buffer, link: Link) => void;
  /** Refuses new connections while true. */
  refuse?: boolean;
}

/** A proxy between a client and the server at the unix socket of `remote`, to do to the stream what networks do. */
export interface FaultProxy {
  readonly remote: string;
  /** May be replaced at any time. */
  faults: Faults;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** The connections that are open. */
  links(): readonly Link[];
  cutAll(): void;
  stop(): Promise<void>;
}

export async function startProxy(remote: string, faults: Faults = {}): Promise<FaultProxy> {
  const folder = await temporaryFolder();
  const path = join(folder, "proxy");
  const links = new Set<Link>();
  let accepted = 0;
  const server = createServer((client) => {
    if (proxy.faults.refuse === true) {
      client.destroy();
      return;
    }
    accepted += 1;
    forward(client, connect({ path: remote.replace(/^unix:/, "") }), proxy, links);
  });
  const proxy: FaultProxy = {
    remote: `unix:${path}`,
    faults,
    get accepted() {
      return accepted;
    },
    links: () => [...links],
    cutAll: () => {
      for (const link of [...links]) link.cut();
    },
    stop: async () => {
      await close(server, proxy);
      await removeFolder(folder);
    },
  };
  server.listen(path);
  await once(server, "listening");
  return proxy;
}

function forward(client: Socket, upstream: Socket, proxy: FaultProxy, links: Set<Link>): void {
  const link: Link = {
    toClient: (bytes) => client.writable && client.write(bytes),
    toServer: (bytes) => upstream.writable && upstream.write(bytes),
    cut: () => {
      links.delete(link);
      client.destroy();
      upstream.destroy();
    },
  };
  links.add(link);
  upstream.on("data", (chunk: Buffer) => {
    if (proxy.faults.fromServer === undefined) link.toClient(chunk);
    else proxy.faults.fromServer(chunk, link);
  });
  client.on("data", (chunk: Buffer) => {
    if (proxy.faults.fromClient === undefined) link.toServer(chunk);
    else proxy.faults.fromClient(chunk, link);
  });
  for (const socket of [client, upstream]) {
    socket.on("error", link.cut);
    socket.on("close", link.cut);
  }
}

async function close(server: Server, proxy: FaultProxy): Promise<void> {
  const closed = once(server, "close");
  server.close();
  proxy.cutAll();
  await closed;
}
