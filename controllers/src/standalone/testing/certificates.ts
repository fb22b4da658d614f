import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Paths of PEM files. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A certificate authority in `directory`, valid for a day. */
export async function createAuthority(directory: string, name: string): Promise<KeyPair> {
  const pair = { key: join(directory, `${name}.key`), cert: join(directory, `${name}.crt`) };
  const out = ["-keyout", pair.key, "-out", pair.cert];
  await run("openssl", ["req", "-x509", ...NEW_KEY, "-days", "1", "-subj", `/CN=${name}`, ...out]);
  return pair;
}

/** A certificate signed by `authority`; a server's is for localhost and 127.0.0.1. */
export async function sign(
  authority: KeyPair,
  directory: string,
  name: string,
  use: "server" | "client",
): Promise<KeyPair> {
  const pair = { key: join(directory, `${name}.key`), cert: join(directory, `${name}.crt`) };
  const request = join(directory, `${name}.csr`);
  const extensions = join(directory, `${name}.ext`);
  const names = use === "server" ? "subjectAltName=DNS:localhost,IP:127.0.0.1\n" : "";
  await writeFile(extensions, `${names}extendedKeyUsage=${use}Auth\n`);
  await run("openssl", ["req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", pair.key, "-out", request]);
  const signer = ["-CA", authority.cert, "-CAkey", authority.key, "-CAcreateserial"];
  await run("openssl", [
    "x509",
    "-req",
    "-in",
    request,
    "-days",
    "1",
    "-extfile",
    extensions,
    ...signer,
    "-out",
    pair.cert,
  ]);
  return pair;
}

/** Certificate and key as gRPC's channel credentials take them. */
export async function load({ key, cert }: KeyPair): Promise<{ key: Buffer; cert: Buffer }> {
  return { key: await readFile(key), cert: await readFile(cert) };
}
