import { CniError, cniCode } from "./errors.js";
import { type Outcome, UnaryCall } from "./grpc.js";
import { type Connection, type Host, errnoName, systemText } from "./host.js";
import type { Method } from "./pod-network.js";
import { decode, encode } from "./protobuf.js";

/** Longest wait for a place in the agent's backlog. */
const CONNECT_TIMEOUT = 5_000;

/** Nobody accepts connections on the agent's socket: nothing of the call has happened. */
export class AgentUnreachable extends Error {
  override readonly name = "AgentUnreachable";
}

/** The connection broke under the call: nobody knows how much of it has happened. */
export class AgentLost extends Error {
  override readonly name = "AgentLost";
}

/** Where the agent is, and until when it may be waited for, on the host's clock. */
export interface AgentAddress {
  readonly socket: string;
  readonly deadline: number;
}

/** Throws AgentUnreachable. `limit`: longest wait in milliseconds. */
export async function connect(host: Host, address: AgentAddress, limit = CONNECT_TIMEOUT): Promise<Connection> {
  try {
    return await host.connect(address.socket, Math.max(1, Math.min(limit, address.deadline - host.now())));
  } catch (error) {
    throw new AgentUnreachable(`${address.socket}: ${systemText(error)}`);
  }
}

/**
 * One call over a connection, which is closed after it. Throws AgentLost when it breaks, a CniError when the agent
 * refuses, does not answer in time (11) or answers what no agent should (110).
 */
export async function call<Request extends object, Response extends object>(
  host: Host,
  connection: Connection,
  { deadline }: AgentAddress,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const unary = new UnaryCall(method.path, encode(method.request, request), deadline - host.now());
  let outcome: Outcome;
  try {
    outcome = await converse(host, connection, unary, deadline);
  } finally {
    connection.close();
  }
  if (outcome.kind === "status") throw statusError(outcome);
  if (outcome.kind === "lost") throw new AgentLost(outcome.reason);
  if (outcome.kind === "protocol") throw protocolError(outcome.reason);
  try {
    return decode(method.response, outcome.message);
  } catch (error) {
    throw protocolError(error instanceof Error ? error.message : String(error));
  }
}

async function converse(host: Host, connection: Connection, unary: UnaryCall, deadline: number): Promise<Outcome> {
  const begin = host.now();
  try {
    await connection.send(unary.start(), left(host, deadline));
    while (unary.outcome === undefined) {
      const arrived = await connection.receive(left(host, deadline));
      if (arrived.length === 0) unary.end();
      const answer = unary.receive(arrived);
      if (answer.length > 0) await connection.send(answer, left(host, deadline));
    }
  } catch (error) {
    if (errnoName(error) === "ETIMEDOUT") throw timeoutError((deadline - begin) / 1000);
    unary.end(systemText(error));
  }
  return unary.outcome ?? { kind: "lost", reason: "the call ended without an outcome" };
}

function left(host: Host, deadline: number): number {
  return Math.max(0, deadline - host.now());
}

function timeoutError(seconds: number): CniError {
  const details = `the agent did not answer within ${seconds.toFixed(1)} s: k8shost status shows what it is waiting for`;
  return new CniError(cniCode.tryAgainLater, "deadline exceeded", details);
}

function protocolError(reason: string): CniError {
  const details = `${reason}; are the agent and the CNI executable of one release?`;
  return new CniError(cniCode.agentProtocol, "the agent's answer cannot be understood", details);
}

/** gRPC's status codes, for an agent that sends no CNI code of its own. */
const GRPC_TO_CNI: Readonly<Record<number, number>> = {
  1: cniCode.tryAgainLater, // CANCELLED
  3: cniCode.invalidConfig, // INVALID_ARGUMENT
  4: cniCode.tryAgainLater, // DEADLINE_EXCEEDED
  8: cniCode.tryAgainLater, // RESOURCE_EXHAUSTED
  10: cniCode.tryAgainLater, // ABORTED
  12: cniCode.agentProtocol, // UNIMPLEMENTED
  14: cniCode.tryAgainLater, // UNAVAILABLE
};

function statusError({ status, message, trailers }: Outcome & { kind: "status" }): CniError {
  const told = Number(trailers.cniCode);
  const isCode = trailers.cniCode !== "" && Number.isInteger(told) && told > 0 && told <= 0xffff;
  const code = isCode ? told : (GRPC_TO_CNI[status] ?? cniCode.internal);
  return new CniError(
    code,
    trailers.error === "" ? `the agent failed (gRPC status ${status})` : trailers.error,
    message,
  );
}
