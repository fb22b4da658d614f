import { writeFileSync } from "node:fs";
import type { Bed } from "./bed.js";
import { run } from "./command.js";

/** Paths of a key and its certificate, PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** A certificate authority of the bed and what it signed. */
export interface Certificates {
  /** CA certificate, PEM. */
  readonly authority: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

/** Makes an authority, a server certificate for `addresses` and localhost, and a client certificate; valid for a day. */
export async function createCertificates(bed: Bed, addresses: readonly string[]): Promise<Certificates> {
  const directory = bed.makeDirectory("tls");
  const authority: KeyPair = { key: `${directory}/ca.key`, certificate: `${directory}/ca.crt` };
  await run([
    ...["openssl", "req", "-x509", ...NEW_KEY, "-days", "1", "-subj", "/CN=bed authority"],
    ...["-keyout", authority.key, "-out", authority.certificate],
  ]);
  const names = ["DNS:localhost", "IP:127.0.0.1", ...addresses.map((address) => `IP:${address}`)];
  return {
    authority: authority.certificate,
    server: await sign(directory, authority, "server", `subjectAltName=${names.join(",")}`),
    client: await sign(directory, authority, "client", "extendedKeyUsage=clientAuth"),
  };
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const;

async function sign(directory: string, authority: KeyPair, name: string, extension: string): Promise<KeyPair> {
  const pair: KeyPair = { key: `${directory}/${name}.key`, certificate: `${directory}/${name}.crt` };
  const request = `${directory}/${name}.csr`;
  const extensions = `${directory}/${name}.ext`;
  writeFileSync(extensions, `${extension}\n`);
  await run(["openssl", "req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", pair.key, "-out", request]);
  await run([
    ...["openssl", "x509", "-req", "-in", request, "-days", "1", "-extfile", extensions, "-CAcreateserial"],
    ...["-CA", authority.certificate, "-CAkey", authority.key, "-out", pair.certificate],
  ]);
  return pair;
}
