import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import {
  type AddRequest,
  type AddResponse,
  type CheckRequest,
  type DelRequest,
  type GcRequest,
  PodNetworkService,
  type StatusResponse,
} from "@k8shost/proto/agent/v1/pod_network";

/** An error as the agent sends it: catalogue code, CNI code, gRPC status, message. */
export class Refusal extends Error {
  readonly code: string;
  readonly cniCode: string;
  readonly grpc: status;

  constructor(code: string, cniCode: string, grpc: status, message: string) {
    super(message);
    this.code = code;
    this.cniCode = cniCode;
    this.grpc = grpc;
  }
}

/** What the agent answers; each may be replaced by a test, and may throw a Refusal. */
export interface Answers {
  add(request: AddRequest): AddResponse | Promise<AddResponse>;
  del(request: DelRequest): void | Promise<void>;
  check(request: CheckRequest): void | Promise<void>;
  status(): StatusResponse | Promise<StatusResponse>;
  gc(request: GcRequest): void | Promise<void>;
}

/** A real gRPC server on a unix socket that answers what the test says and remembers what it was asked. */
export class FakeAgent {
  readonly directory: string;
  readonly asked: { verb: keyof Answers; request: unknown }[] = [];
  readonly answers: Answers;
  #server: Server | undefined;

  private constructor(directory: string, answers: Partial<Answers>) {
    this.directory = directory;
    this.answers = {
      add: usualAnswer,
      del: () => {},
      check: () => {},
      status: () => ({ conditions: [] }),
      gc: () => {},
      ...answers,
    };
  }

  static async create(answers: Partial<Answers> = {}): Promise<FakeAgent> {
    return new FakeAgent(await mkdtemp(join(tmpdir(), "k8shost-cni-")), answers);
  }

  get socket(): string {
    return join(this.directory, "agent.sock");
  }

  get stateDirectory(): string {
    return join(this.directory, "state");
  }

  /** Begins to listen. */
  async start(): Promise<this> {
    const server = new Server({ "grpc.max_receive_message_length": 16 << 20 });
    server.addService(PodNetworkService, {
      add: this.#handler("add", (request: AddRequest) => this.answers.add(request)),
      del: this.#handler("del", async (request: DelRequest) => {
        await this.answers.del(request);
        return { stages: [] };
      }),
      check: this.#handler("check", async (request: CheckRequest) => (await this.answers.check(request)) ?? {}),
      status: this.#handler("status", () => this.answers.status()),
      gc: this.#handler("gc", async (request: GcRequest) => {
        await this.answers.gc(request);
        return { released: [] };
      }),
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    this.#server = server;
    return this;
  }

  #handler<Request, Response>(verb: keyof Answers, answer: (request: Request) => Response | Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      this.asked.push({ verb, request: call.request });
      Promise.resolve()
        .then(() => answer(call.request))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(serviceError(error)),
        );
    };
  }

  /** As a crash would: connections end in the middle of calls, and nobody listens any more. */
  async die(): Promise<void> {
    this.#server?.forceShutdown();
    this.#server = undefined;
    await rm(this.socket, { force: true });
  }

  async remove(): Promise<void> {
    await this.die();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function serviceError(error: unknown): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (!(error instanceof Refusal)) return { code: status.UNKNOWN, details: String(error), metadata };
  if (error.code !== "") metadata.set("k8shost-error", error.code);
  if (error.cniCode !== "") metadata.set("k8shost-cni-code", error.cniCode);
  return { code: error.grpc, details: error.message, metadata };
}

/** What the agent answers to an ADD of a dual-stack pod. */
export function usualAnswer(request: AddRequest): AddResponse {
  const { attachment, netns } = request;
  return {
    interfaces: [
      { name: "p0123456789", mac: "", mtu: 1442, sandbox: "" },
      { name: attachment?.ifName ?? "", mac: "0a:58:0a:f4:01:05", mtu: 1442, sandbox: netns },
    ],
    ips: [
      { address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 1 },
      { address: "fd00:10:244:1::5/64", gateway: "fd00:10:244:1::1", interface: 1 },
    ],
    routes: [
      { destination: "0.0.0.0/0", gateway: "10.244.1.1" },
      { destination: "::/0", gateway: "fd00:10:244:1::1" },
    ],
    dnsServers: ["10.96.0.10"],
    stages: [{ stage: "total", microseconds: 31_000 }],
  };
}
