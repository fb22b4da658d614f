import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError } from "./errors.js";

/** What the endpoint shows. Each of the two lists says what is wrong; empty: nothing. */
export interface MetricsContent {
  readonly contentType: string;
  readonly text: () => Promise<string>;
  /** What only a restart of the agent would mend. */
  readonly unhealthy: () => readonly string[];
  /** What keeps ADD from working: the conditions of PodNetwork.Status. */
  readonly unready: () => readonly string[];
}

export interface MetricsServer {
  readonly address: AddressInfo;
  /** Closes the listener and its connections. */
  stop(): Promise<void>;
}

/**
 * Serves /metrics, /healthz and /readyz. `listen` is "host:port" ("[::1]:9464" for IPv6); port 0 takes a free one.
 * Rejects with INVALID_CONFIG when the address cannot be had.
 */
export async function startMetricsServer(listen: string, content: MetricsContent): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 60_000 });
  server.maxConnections = 32;
  server.on("request", (request, response) => void answer(request, response, content));
  const colon = listen.lastIndexOf(":");
  server.listen({ host: listen.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listen.slice(colon + 1)) });
  try {
    await once(server, "listening");
  } catch (error) {
    const message = `metrics.listen: ${listen} cannot be served; choose another address or set it to off`;
    throw new AgentError("INVALID_CONFIG", message, { cause: error });
  }
  return {
    address: server.address() as AddressInfo,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, content: MetricsContent): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return reply(response, 405, "text/plain", "only GET\n");
  }
  try {
    switch (request.url?.split("?")[0]) {
      case "/metrics":
        return reply(response, 200, content.contentType, await content.text());
      case "/healthz":
        return replyHealth(response, content.unhealthy());
      case "/readyz":
        return replyHealth(response, content.unready());
      default:
        return reply(response, 404, "text/plain", "/metrics, /healthz or /readyz\n");
    }
  } catch (error) {
    reply(response, 500, "text/plain", `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function replyHealth(response: ServerResponse, problems: readonly string[]): void {
  if (problems.length === 0) reply(response, 200, "text/plain", "ok\n");
  else reply(response, 503, "text/plain", problems.map((problem) => `${problem}\n`).join(""));
}

/** The body of a HEAD request is left out by node:http itself. */
function reply(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
