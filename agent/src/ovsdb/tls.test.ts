import { copyFile } from "node:fs/promises";
import { test, type Test } from "tap";
import { OVN_Northbound, insert, type TlsOptions } from "./index.js";
import { type Certificates, makeCertificates } from "./testing/certificates.js";
import { connect, generous, northboundClient } from "./testing/northbound.js";
import { removeFolder, temporaryFolder } from "./testing/process.js";
import { startServer, type TestServer } from "./testing/server.js";

interface Setup {
  readonly server: TestServer;
  readonly certificates: Certificates;
  /** "ssl:127.0.0.1:PORT" */
  readonly remote: string;
}

/** A server that demands certificates of its CA, and a second CA's certificates. */
async function setup(t: Test): Promise<Setup & { readonly foreign: Certificates }> {
  const folders = [await temporaryFolder(), await temporaryFolder()];
  t.teardown(() => Promise.all(folders.map(removeFolder)));
  const [certificates, foreign] = (await Promise.all(folders.map(makeCertificates))) as [Certificates, Certificates];
  const { caFile, server: own } = certificates;
  const args = [
    `--ca-cert=${caFile}`,
    `--certificate=${own.certFile}`,
    `--private-key=${own.keyFile}`,
    "--remote=pssl:0:127.0.0.1",
    "--remote=ptcp:0:[::1]",
  ];
  const server = await startServer({ schema: "nb", args });
  t.teardown(() => server.stop());
  return { server, certificates, foreign, remote: `ssl:127.0.0.1:${await server.port("127.0.0.1")}` };
}

test("mutual TLS", async (t) => {
  const { certificates, remote } = await setup(t);
  const { caFile, client: own } = certificates;
  const client = await connect(t, [remote], { tls: { caFile, ...own } });
  await client.transact([insert(OVN_Northbound.tables.Logical_Switch, { name: "over TLS" })]);
  t.equal(client.table("Logical_Switch").size, 1);
  const named = await connect(t, [remote], { tls: { caFile, ...own, serverName: "localhost" } });
  t.equal(named.table("Logical_Switch").size, 1, "a name that the certificate has");
});

test("TLS that must fail, fails, and says why", async (t) => {
  const { certificates, foreign, remote } = await setup(t);
  const { caFile, client: own } = certificates;
  const cases: readonly (readonly [string, TlsOptions, RegExp])[] = [
    [
      "a server of another CA",
      { caFile: foreign.caFile, ...own },
      /self-signed certificate|unable to verify|signature/,
    ],
    ["another name", { caFile, ...own, serverName: "nb.example" }, /nb\.example/],
    ["no certificate of ours", { caFile }, /may not accept our certificate/],
    ["a certificate of ours from another CA", { caFile, ...foreign.client }, /may not accept our certificate/],
  ];
  for (const [what, tls, error] of cases) {
    const client = northboundClient(t, [remote], { tls, backoff: { minMs: 10, maxMs: 10 } });
    const starting = t.rejects(client.start(), { name: "ClientClosed" });
    while (client.status().error === "") await new Promise((resolve) => setTimeout(resolve, 10));
    t.match(client.status().error, error, what);
    t.notOk(client.connected);
    await client.close();
    await starting;
  }
});

test("several remotes of different kinds, and renewed certificates", async (t) => {
  const { server, certificates, remote } = await setup(t);
  const { caFile, client: own } = certificates;
  const v6 = `tcp:[::1]:${await server.port("[::1]")}`;
  const overV6 = await connect(t, [v6]);
  t.equal(overV6.status().remote, v6);
  const tls = { caFile, certFile: `${own.certFile}.renewed`, keyFile: own.keyFile };
  const unreadable = Promise.withResolvers<void>();
  const client = northboundClient(t, ["unix:/nowhere", remote], {
    tls,
    backoff: { minMs: 10, maxMs: 50 },
    log: (event) => {
      if (event.event === "disconnected" && event.error.message.includes("tls.certFile can't be read"))
        unreadable.resolve();
    },
  });
  const starting = client.start(generous().signal);
  await unreadable.promise;
  await copyFile(own.certFile, tls.certFile);
  await starting;
  t.equal(client.status().remote, remote);
});
