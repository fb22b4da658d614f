import { join } from "node:path";
import { run } from "./process.js";

export interface Certificates {
  readonly caFile: string;
  /** For "localhost" and 127.0.0.1. */
  readonly server: { readonly certFile: string; readonly keyFile: string };
  readonly client: { readonly certFile: string; readonly keyFile: string };
}

/** A CA with a server's and a client's certificate, made by openssl in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const path = (name: string): string => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run(
    "openssl",
    "req",
    "-x509",
    ...key,
    "-keyout",
    path("ca.key"),
    "-out",
    path("ca.pem"),
    "-subj",
    "/CN=test CA",
    "-days",
    "2",
  );
  const issue = async (name: string): Promise<{ readonly certFile: string; readonly keyFile: string }> => {
    await run(
      ...(["openssl", "req", "-x509", ...key, "-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)] as const),
      ...["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-subj", `/CN=${name}`, "-days", "2"],
      ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"],
    );
    return { certFile: path(`${name}.pem`), keyFile: path(`${name}.key`) };
  };
  return { caFile: path("ca.pem"), server: await issue("server"), client: await issue("client") };
}
