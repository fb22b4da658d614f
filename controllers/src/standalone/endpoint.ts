/** Where a service listens. */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** An endpoint from "unix:/path", "host:port" or "[v6-address]:port"; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    return path.startsWith("/") ? { kind: "unix", path } : undefined;
  }
  const match = /^(?:\[(?<v6>[0-9a-fA-F:]+)\]|(?<host>[A-Za-z0-9.-]+)):(?<port>[0-9]{1,5})$/.exec(text);
  const host = match?.groups?.["v6"] ?? match?.groups?.["host"];
  const port = Number(match?.groups?.["port"]);
  return host === undefined || port > 65535 ? undefined : { kind: "tcp", host, port };
}

/** The endpoint as gRPC targets are written. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `unix:${endpoint.path}`;
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${String(endpoint.port)}`;
}

/** True when nobody outside this machine can listen in: a unix socket or a loopback address. */
export function isLocal(endpoint: Endpoint): boolean {
  if (endpoint.kind === "unix") return true;
  return endpoint.host === "localhost" || endpoint.host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(endpoint.host);
}
