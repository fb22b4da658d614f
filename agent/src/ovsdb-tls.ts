import type { TlsFiles } from "./config.js";
import type { TlsOptions } from "./ovsdb/index.js";

/** The client's TLS options from the configuration's files; nothing when there are none. */
export function tlsOf({ ca, cert, key }: TlsFiles): { tls?: TlsOptions } {
  if (ca === undefined) return {};
  return { tls: { caFile: ca, ...(cert === undefined || key === undefined ? {} : { certFile: cert, keyFile: key }) } };
}
