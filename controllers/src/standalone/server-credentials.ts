import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type Metadata,
  ServerCredentials,
  type ServerInterceptor,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
} from "@grpc/grpc-js";
import { path, text, toggle } from "@k8shost/agent/config/values";
import { z } from "zod";
import { isLocal, parseEndpoint } from "./endpoint.js";

/** Keys about where a standalone service listens and who may call it: part of every service's schema. */
export const accessKeys = {
  listen: text(
    "Where the service is offered (gRPC).",
    "HOST:PORT or unix:/PATH",
    (value) => parseEndpoint(value) !== undefined,
  ),
  tls: z.strictObject({
    cert: path("The server's certificate chain (PEM). Turns TLS on.").optional(),
    key: path("Private key (PEM) of that certificate.").optional(),
    clientCA: path("Certificates (PEM) that a client's own must be signed by. Turns mutual TLS on.").optional(),
  }),
  tokenFile: path("File of bearer tokens, one a line; callers must send one of them.").optional(),
  allowPlaintext: toggle("Serve without TLS where other machines can reach it.").prefault(false),
};

export type Access = z.output<z.ZodObject<typeof accessKeys>>;

/** Rules that join several of the keys. They run when each key alone is right. */
export function refineAccess({ listen, tls, allowPlaintext }: Access, context: z.RefinementCtx): void {
  const refuse = (at: string[], message: string) => {
    context.addIssue({ code: "custom", path: at, message });
  };
  const endpoint = parseEndpoint(listen);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    refuse(["tls", tls.cert === undefined ? "cert" : "key"], "missing: cert and key go together");
  } else if (tls.cert === undefined && tls.clientCA !== undefined) {
    refuse(["tls", "cert"], "missing: clients show certificates over TLS only");
  } else if (tls.cert === undefined && !allowPlaintext && endpoint !== undefined && !isLocal(endpoint)) {
    refuse(
      ["listen"],
      "other machines can reach it: set tls.cert and tls.key, or listen on a unix socket or a loopback address, " +
        "or set allowPlaintext when the network itself is trusted",
    );
  }
}

const SHORTEST_TOKEN = 16;

/**
 * Credentials of a server and the interceptors that go with them. Files are read once: a server is restarted to change
 * them. @throws Error that names the key when a file is unreadable or no token is in it.
 */
export async function serverCredentials({
  tls,
  tokenFile,
}: Pick<Access, "tls" | "tokenFile">): Promise<{ credentials: ServerCredentials; interceptors: ServerInterceptor[] }> {
  return {
    credentials: await transportCredentials(tls),
    interceptors: tokenFile === undefined ? [] : [requireToken(await readTokens(tokenFile))],
  };
}

async function transportCredentials({ cert, key, clientCA }: Access["tls"]): Promise<ServerCredentials> {
  if (cert === undefined || key === undefined) return ServerCredentials.createInsecure();
  const [chain, privateKey, roots] = await Promise.all([
    read("tls.cert", cert),
    read("tls.key", key),
    clientCA === undefined ? null : read("tls.clientCA", clientCA),
  ]);
  return ServerCredentials.createSsl(roots, [{ cert_chain: chain, private_key: privateKey }], roots !== null);
}

async function read(key: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`${key}: cannot read ${file}`, { cause });
  }
}

async function readTokens(file: string): Promise<string[]> {
  const lines = (await read("tokenFile", file)).toString("utf8").split("\n");
  const tokens = lines.map((line) => line.trim()).filter((line) => line !== "");
  if (tokens.length === 0 || tokens.some((token) => token.length < SHORTEST_TOKEN)) {
    throw new Error(`tokenFile: ${file} must hold tokens of at least ${String(SHORTEST_TOKEN)} characters, one a line`);
  }
  return tokens;
}

/** Refuses calls without "authorization: Bearer <one of tokens>" before their message is read. */
function requireToken(tokens: readonly string[]): ServerInterceptor {
  const digests = tokens.map(digest);
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, proceed) => {
              if (bearsToken(metadata, digests)) proceed(metadata);
              else
                call.sendStatus({
                  code: status.UNAUTHENTICATED,
                  details: "authorization: a valid bearer token is required",
                });
            })
            .build(),
        );
      },
    });
}

/** Compares digests, so that neither the length nor a common beginning of a token shows in the time it takes. */
function bearsToken(metadata: Metadata, digests: readonly Buffer[]): boolean {
  const [header] = metadata.get("authorization");
  const match = typeof header === "string" ? /^Bearer +(\S+)$/i.exec(header) : null;
  if (match?.[1] === undefined) return false;
  const given = digest(match[1]);
  return digests.map((known) => timingSafeEqual(given, known)).includes(true);
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
