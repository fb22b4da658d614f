import { once } from "node:events";
import { connect } from "node:net";
import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import { type GetNodeStatusResponse, NodeStatusClient } from "@k8shost/proto/agent/v1/node_status";

/** The agent did not answer. The message says why, `remedy` what to do. */
export class AgentUnreachable extends Error {
  override readonly name = "AgentUnreachable";
  readonly remedy: string;

  constructor(socket: string, { why, remedy }: Reason, options: { cause: unknown }) {
    super(`${socket}: ${why}`, options);
    this.remedy = remedy;
  }
}

interface Reason {
  readonly why: string;
  readonly remedy: string;
}

const DEADLINE_MS = 10_000;

const ABSENT: Reason = {
  why: "there is no such socket, so the agent is not running (or serves another one)",
  remedy:
    "Start it with `systemctl start k8shost-agent`, or name its socket with --socket; `k8shost doctor` finds what keeps it.",
};
const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: ABSENT,
  ENOTDIR: ABSENT,
  EACCES: { why: "permission denied", remedy: "The socket is root's alone: run this with sudo." },
  ECONNREFUSED: {
    why: "nobody serves this socket: the agent died",
    remedy: "Its last words are in `journalctl -u k8shost-agent`; start it with `systemctl restart k8shost-agent`.",
  },
  ENOTSOCK: { why: "this is no socket", remedy: "Name the agent's socket with --socket." },
};
const SILENT: Reason = {
  why: `the agent does not answer within ${DEADLINE_MS / 1_000} s`,
  remedy: "Look at `journalctl -u k8shost-agent` and at its CPU use; pods keep their network when you restart it.",
};

/** NodeStatus.Get over the agent's socket. Throws AgentUnreachable. */
export async function readNodeStatus(socket: string, signal: AbortSignal): Promise<GetNodeStatusResponse> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  await probe(socket, limit);
  const client = new NodeStatusClient(`unix:${socket}`, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      const call = client.get({}, (error, response) => {
        if (error === null) resolve(response);
        else reject(new AgentUnreachable(socket, reasonOf(error), { cause: error }));
      });
      limit.addEventListener("abort", () => call.cancel(), { once: true });
    });
  } finally {
    client.close();
  }
}

/** gRPC hides why a socket cannot be connected; the socket itself tells. */
async function probe(path: string, signal: AbortSignal): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const other = { why: `cannot be connected (${code})`, remedy: "`k8shost doctor` looks closer." };
    throw new AgentUnreachable(path, code === "ABORT_ERR" ? SILENT : (REASONS[code] ?? other), { cause: error });
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: ServiceError): Reason {
  switch (error.code) {
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return SILENT;
    case status.UNIMPLEMENTED:
      return {
        why: "what answers there does not know NodeStatus",
        remedy:
          "It is no k8shost-agent, or one of another version than this command: name the right socket, or update.",
      };
    default:
      return { why: error.details, remedy: "Look at `journalctl -u k8shost-agent`." };
  }
}
