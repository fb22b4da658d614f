import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  Server,
  ServerCredentials,
  credentials,
  makeGenericClientConstructor,
  status,
  type Client,
  type ServiceError,
} from "@grpc/grpc-js";
import { GetNodeStatusResponse, NodeStatusService, type NodeStatusServer } from "@k8shost/proto/agent/v1/node_status";
import { IdentityClient, type ProbeResponse } from "@k8shost/proto/csi/v1/csi";
import { test, type Test } from "tap";
import { configFrom } from "./config.js";
import { serve } from "./server.js";

interface Plugin {
  readonly client: IdentityClient;
  readonly folder: string;
  readonly socket: string;
  readonly agentSocket: string;
}

/** The plugin on a socket of its own, and a client of it. No agent yet. */
async function plugin(t: Test): Promise<Plugin> {
  const folder = mkdtempSync(path.join(tmpdir(), "csi-node-"));
  const socket = path.join(folder, "csi.sock");
  const agentSocket = path.join(folder, "agent.sock");
  const server = await serve({ socket, agentSocket }, "1.2.3");
  const client = new IdentityClient(`unix:${socket}`, credentials.createInsecure());
  t.teardown(async () => {
    client.close();
    await server.stop(1_000);
    rmSync(folder, { recursive: true });
  });
  return { client, folder, socket, agentSocket };
}

/** An agent that answers NodeStatus with `get`. */
async function agent(t: Test, socket: string, get: NodeStatusServer["get"]): Promise<Server> {
  const server = new Server();
  server.addService(NodeStatusService, { get });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  t.teardown(() => {
    server.forceShutdown();
  });
  return server;
}

function answering(part: Partial<GetNodeStatusResponse>): NodeStatusServer["get"] {
  return (_call, reply) => {
    reply(null, { ...GetNodeStatusResponse.fromPartial({}), ...part });
  };
}

function ask<T>(call: (reply: (error: ServiceError | null, response: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

const probe = (client: IdentityClient) => ask<ProbeResponse>((reply) => client.probe({}, reply));

test("the plugin names itself and its version, and claims no capability", async (t) => {
  const { client, socket } = await plugin(t);
  t.same(await ask((reply) => client.getPluginInfo({}, reply)), {
    name: "stor.plasmacloud.io",
    vendorVersion: "1.2.3",
    manifest: {},
  });
  t.same(await ask((reply) => client.getPluginCapabilities({}, reply)), { capabilities: [] });
  t.equal(statSync(socket).mode & 0o777, 0o600);
});

test("it is ready when its agent has read everything, and not before", async (t) => {
  const { client, agentSocket } = await plugin(t);
  let swept = false;
  await agent(t, agentSocket, (call, reply) => {
    answering({ swept, conditions: ["northbound: not connected"] })(call, reply);
  });
  t.same(await probe(client), { ready: false });
  swept = true;
  t.same(await probe(client), { ready: true }, "also without a network");
});

test("without its agent the probe fails as UNAVAILABLE, and succeeds once the agent is back", async (t) => {
  const { client, agentSocket } = await plugin(t);
  await t.rejects(probe(client), {
    code: status.UNAVAILABLE,
    details: /the agent of this node does not answer.*agent\.sock/,
  });
  const first = await agent(t, agentSocket, answering({ swept: true }));
  await eventuallyReady(client);
  first.forceShutdown();
  rmSync(agentSocket, { force: true });
  await t.rejects(probe(client), { code: status.UNAVAILABLE });
  await agent(t, agentSocket, answering({ swept: true }));
  await eventuallyReady(client);
});

/** gRPC reconnects after a pause of at most a second. */
async function eventuallyReady(client: IdentityClient): Promise<void> {
  for (const end = Date.now() + 30_000; ;) {
    const ready = await probe(client).catch((error: unknown) => {
      if (Date.now() > end) throw error;
      return { ready: false };
    });
    if (ready.ready === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("an agent that hangs or fails makes the probe fail, not hang", async (t) => {
  const { client, agentSocket } = await plugin(t);
  let answer: NodeStatusServer["get"] = () => undefined;
  await agent(t, agentSocket, (call, reply) => {
    answer(call, reply);
  });
  await t.rejects(probe(client), { code: status.UNAVAILABLE, details: /does not answer: Deadline exceeded/ });
  answer = (_call, reply) => {
    reply({ code: status.INTERNAL, details: "replica lost" });
  };
  await t.rejects(probe(client), { code: status.UNAVAILABLE, details: /replica lost/ });
});

test("a probe that its caller gives up is given up at the agent", async (t) => {
  const { client, agentSocket } = await plugin(t);
  const asked = Promise.withResolvers<undefined>();
  const abandoned = new Promise<void>((resolve) => {
    void agent(t, agentSocket, (call) => {
      call.on("cancelled", resolve);
      asked.resolve(undefined);
    });
  });
  const call = client.probe({}, () => undefined);
  await asked.promise;
  call.cancel();
  await abandoned;
  t.pass("the agent saw the cancellation");
});

test("services that the plugin does not have are answered with UNIMPLEMENTED", async (t) => {
  const { socket } = await plugin(t);
  const empty = { requestSerialize: () => Buffer.alloc(0), requestDeserialize: () => ({}) };
  const method = { path: "/csi.v1.Node/NodeGetInfo", requestStream: false, responseStream: false };
  const NodeClient = makeGenericClientConstructor(
    { nodeGetInfo: { ...method, ...empty, responseSerialize: () => Buffer.alloc(0), responseDeserialize: () => ({}) } },
    "csi.v1.Node",
  );
  const node: Client = new NodeClient(`unix:${socket}`, credentials.createInsecure());
  t.teardown(() => {
    node.close();
  });
  const request = ask((reply) => node.makeUnaryRequest(method.path, empty.requestSerialize, () => ({}), {}, reply));
  await t.rejects(request, { code: status.UNIMPLEMENTED });
});

test("a second plugin on the same socket is refused, a stale socket replaced", async (t) => {
  const { client, socket, agentSocket } = await plugin(t);
  await t.rejects(serve({ socket, agentSocket }, "1"), /another process serves .*csi\.sock/);
  t.match(
    await ask((reply) => client.getPluginInfo({}, reply)),
    { vendorVersion: "1.2.3" },
    "the first one still serves",
  );
  await t.rejects(serve({ socket: "/nowhere/csi.sock", agentSocket }, "1"), /cannot serve \/nowhere\/csi\.sock/);
});

test("configuration comes from the environment, and says what is wrong with it", async (t) => {
  t.same(configFrom({ CSI_ENDPOINT: "unix:///csi/csi.sock" }), {
    socket: "/csi/csi.sock",
    agentSocket: "/run/k8shost/agent.sock",
  });
  t.match(configFrom({ CSI_ENDPOINT: "unix:/a", K8SHOST_AGENT_SOCKET: "/b" }), { socket: "/a", agentSocket: "/b" });
  t.match(configFrom({ CSI_ENDPOINT: "/bare" }), { socket: "/bare" });
  t.throws(() => configFrom({}), /CSI_ENDPOINT is not set/);
  t.throws(() => configFrom({ CSI_ENDPOINT: "tcp://0.0.0.0:1" }), /CSI_ENDPOINT must name a unix socket/);
  t.throws(() => configFrom({ CSI_ENDPOINT: "/a", K8SHOST_AGENT_SOCKET: "b" }), /K8SHOST_AGENT_SOCKET must/);
});
