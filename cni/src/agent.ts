import { CniError, cniCode } from "./errors.js";
import { type Outcome, UnaryCall } from "./grpc.js";
import { type Connection, type Host, errnoName, systemText } from "./host.js";
import type { Method } from "./pod-network.js";
import { decode, encode } from "./protobuf.js";

/** Longest wait for a place in the agent's backlog. */
const CONNECT_TIMEOUT = 5_000;
/** The agent's SETTINGS are acknowledged with the next bytes, or after this: a quick answer needs no word in between. */
const ACKNOWLEDGE_AFTER = 5;

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
  const left = (): number => Math.max(0, deadline - host.now());
  try {
    await connection.send(unary.start(), left());
    while (unary.outcome === undefined) {
      const arrived = await arrival(connection, unary.owes ? Math.min(left(), ACKNOWLEDGE_AFTER) : left());
      if (arrived === undefined && !unary.owes) throw timeoutError((deadline - begin) / 1000);
      if (arrived !== undefined) unary.receive(arrived);
      if (arrived === undefined || unary.isUrgent) await connection.send(unary.takeUnsent(), left());
    }
  } catch (error) {
    if (error instanceof CniError) throw error;
    if (errnoName(error) === "ETIMEDOUT") throw timeoutError((deadline - begin) / 1000);
    unary.end(systemText(error));
  }
  return unary.outcome ?? { kind: "lost", reason: "the call ended without an outcome" };
}

/** What comes within the time; undefined when nothing does. */
async function arrival(connection: Connection, milliseconds: number): Promise<Uint8Array | undefined> {
  try {
    return await connection.receive(milliseconds);
  } catch (error) {
    if (errnoName(error) === "ETIMEDOUT") return undefined;
    throw error;
  }
}

const DEADLINE = "deadline exceeded";

function timeoutError(seconds: number): CniError {
  const details = `the agent did not answer within ${seconds.toFixed(1)} s: k8shost status shows what it is waiting for`;
  return new CniError(cniCode.tryAgainLater, DEADLINE, details);
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

/** DEADLINE_EXCEEDED: the server's gRPC library answers it by itself when grpc-timeout is over, an instant before we do. */
const GRPC_DEADLINE = 4;

function statusError({ status, message, trailers }: Outcome & { kind: "status" }): CniError {
  const told = Number(trailers.cniCode);
  const isCode = trailers.cniCode !== "" && Number.isInteger(told) && told > 0 && told <= 0xffff;
  const code = isCode ? told : (GRPC_TO_CNI[status] ?? cniCode.internal);
  const unnamed = status === GRPC_DEADLINE ? DEADLINE : `the agent failed (gRPC status ${status})`;
  return new CniError(code, trailers.error === "" ? unnamed : trailers.error, message);
}
