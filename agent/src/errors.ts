import { status } from "@grpc/grpc-js";

/**
 * The agent's error catalogue: what each code means to a gRPC caller and to a CNI runtime.
 *
 * CNI codes below 100 are those of CNI specification 1.1.0, section 5 ("Error"); 11 asks the runtime to try again later.
 */
export const catalogue = {
  INVALID_REQUEST: { grpc: status.INVALID_ARGUMENT, cni: 7 },
  INVALID_CONFIG: { grpc: status.INVALID_ARGUMENT, cni: 7 },
  SANDBOX_GONE: { grpc: status.NOT_FOUND, cni: 3 },
  BUSY: { grpc: status.ABORTED, cni: 11 },
  DEADLINE: { grpc: status.DEADLINE_EXCEEDED, cni: 11 },
  CANCELLED: { grpc: status.CANCELLED, cni: 11 },
  SHUTTING_DOWN: { grpc: status.UNAVAILABLE, cni: 11 },
  PRISMNET_UNAVAILABLE: { grpc: status.UNAVAILABLE, cni: 11 },
  NORTHBOUND_UNAVAILABLE: { grpc: status.UNAVAILABLE, cni: 11 },
  OVS_UNAVAILABLE: { grpc: status.UNAVAILABLE, cni: 11 },
  ADDRESS_EXHAUSTED: { grpc: status.RESOURCE_EXHAUSTED, cni: 11 },
  ADDRESS_REFUSED: { grpc: status.FAILED_PRECONDITION, cni: 7 },
  CHECK_FAILED: { grpc: status.FAILED_PRECONDITION, cni: 100 },
  KERNEL: { grpc: status.INTERNAL, cni: 101 },
  DATABASE: { grpc: status.INTERNAL, cni: 102 },
  INTERNAL: { grpc: status.INTERNAL, cni: 999 },
} as const satisfies Record<string, { grpc: status; cni: number }>;

export type ErrorCode = keyof typeof catalogue;

/** Values that locate an error: container, pod, link, table, errno… They are logged as keys, never parsed. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The one error type that leaves a module of the agent. Its message says what failed and what to look at. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; fields?: ErrorFields } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
  }
}

/** `error` itself when it is ours, else an INTERNAL one around it. */
export function toAgentError(error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError("INTERNAL", message, { cause: error });
}
