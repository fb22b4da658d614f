import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { PodNetworkClient, PodNetworkService, type StatusResponse } from "@k8shost/proto/agent/v1/pod_network";
import t from "tap";
import { AgentError } from "../errors.js";
import { RpcServer } from "./server.js";
import { unary } from "./unary.js";

type Run = (request: object, signal: AbortSignal) => Promise<StatusResponse>;

/** A real server on a real socket whose Status method is `run`. */
async function serve(t: { teardown(end: () => Promise<void>): void }, run: Run, deadline = 30_000) {
  const directory = await mkdtemp(join(tmpdir(), "k8shost-rpc-"));
  const path = join(directory, "run", "agent.sock");
  const refuse = unary<unknown, never>({ deadline, run: () => Promise.reject(new Error("no")), onEnd: () => {} });
  const handler = unary<object, StatusResponse>({ deadline, run, onEnd: () => {} });
  const implementation = { add: refuse, del: refuse, check: refuse, gc: refuse, status: handler };
  const server = new RpcServer(path, [{ definition: PodNetworkService, implementation }]);
  await server.start();
  const client = new PodNetworkClient(`unix:${path}`, credentials.createInsecure());
  t.teardown(async () => {
    client.close();
    await server.stop(100);
    await rm(directory, { recursive: true });
  });
  return { path, client };
}

t.test("the socket is root's alone, and not shared", async (t) => {
  const { path } = await serve(t, () => Promise.resolve({ conditions: [] }));
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal((await stat(join(path, ".."))).mode & 0o777, 0o700);
  await t.rejects(new RpcServer(path, []).start(), { code: "INVALID_CONFIG" });
});

t.test("errors carry their code, CNI's code and the message", async (t) => {
  const { client } = await serve(t, () => Promise.reject(new AgentError("ADDRESS_EXHAUSTED", "allocate: all in use")));
  const error = await new Promise<ServiceError | null>((resolve) => void client.status({}, (e) => resolve(e)));
  t.match(error, { code: status.RESOURCE_EXHAUSTED, details: "allocate: all in use" });
  t.same(error?.metadata.get("k8shost-error"), ["ADDRESS_EXHAUSTED"]);
  t.same(error?.metadata.get("k8shost-cni-code"), ["11"]);
});

t.test("an error that nobody expected is INTERNAL, not a hang", async (t) => {
  const { client } = await serve(t, () => Promise.reject(new TypeError("x is undefined")));
  const error = await new Promise<ServiceError | null>((resolve) => void client.status({}, (e) => resolve(e)));
  t.match(error, { code: status.INTERNAL, details: "x is undefined" });
});

t.test("the signal fires when the caller goes away", async (t) => {
  const started = Promise.withResolvers<void>();
  const fired = Promise.withResolvers<unknown>();
  const { client } = await serve(t, (_request, signal) => {
    signal.addEventListener("abort", () => fired.resolve(signal.reason));
    started.resolve();
    return fired.promise.then(() => ({ conditions: [] }));
  });
  const call = client.status({}, () => {});
  await started.promise;
  call.cancel();
  t.match(await fired.promise, { code: "CANCELLED" });
});

t.test("the shorter of both deadlines counts, and the answer still arrives", async (t) => {
  const untilAborted: Run = (_request, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  for (const [own, callers] of [
    [300, 60_000],
    [60_000, 1_000],
  ] as const) {
    const { client } = await serve(t, untilAborted, own);
    const error = await new Promise<ServiceError | null>(
      (resolve) => void client.status({}, new Metadata(), { deadline: Date.now() + callers }, (e) => resolve(e)),
    );
    t.match(error, { code: status.DEADLINE_EXCEEDED, details: /not complete after/ });
    t.same(error?.metadata.get("k8shost-error"), ["DEADLINE"], "the server's own answer, with its trailers");
  }
});
