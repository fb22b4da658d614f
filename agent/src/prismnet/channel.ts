import { readFileSync } from "node:fs";
import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";
import { type Config, usesTls } from "../config.js";
import { AgentError } from "../errors.js";

/** Credentials for PrismNET as SPEC.md ("Security") asks for them: TLS or mTLS, and an IAM token where one is configured. */
export function prismnetCredentials(config: Config["prismnet"]): ChannelCredentials {
  const { tls } = config;
  if (!usesTls(tls)) return credentials.createInsecure();
  return credentials.createSsl(read(tls.ca), read(tls.key), read(tls.cert));
}

/** Metadata of one call. The token's file is read each time, since IAM renews tokens in place. */
export function prismnetMetadata(config: Config["prismnet"]): Metadata {
  const metadata = new Metadata();
  if (config.tokenFile !== undefined) {
    metadata.set("authorization", `Bearer ${read(config.tokenFile)?.toString("utf8").trim()}`);
  }
  return metadata;
}

function read(path: string | undefined): Buffer | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new AgentError("INVALID_CONFIG", `prismnet: ${path} cannot be read: ${String(error)}`, { cause: error });
  }
}
