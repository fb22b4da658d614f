import { performance } from "node:perf_hooks";
import { type handleUnaryCall, Metadata, type ServerUnaryCall } from "@grpc/grpc-js";
import { AgentError, catalogue, toAgentError } from "../errors.js";

export interface UnaryOptions<Request, Response> {
  /** Longest duration in milliseconds; the caller's own deadline counts when it is shorter. */
  readonly deadline: number;
  readonly run: (request: Request, signal: AbortSignal) => Promise<Response>;
  /** Told of every call's end, with its duration and its error when it failed. */
  readonly onEnd: (seconds: number, error: AgentError | undefined) => void;
}

/**
 * A handler with what every call needs: a signal that fires at the deadline and when the caller goes away, and errors
 * translated by the one catalogue (trailers of pod_network.proto).
 */
export function unary<Request, Response>(options: UnaryOptions<Request, Response>): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const scope = callScope(call, options.deadline);
    const begin = performance.now();
    const end = (error?: AgentError): void => options.onEnd((performance.now() - begin) / 1000, error);
    options
      .run(call.request, scope.signal)
      .then(
        (response) => {
          end();
          callback(null, response);
        },
        (thrown: unknown) => {
          const error = toAgentError(thrown);
          end(error);
          callback({ code: catalogue[error.code].grpc, details: error.message, metadata: errorTrailers(error) });
        },
      )
      .finally(scope.end);
  };
}

function errorTrailers(error: AgentError): Metadata {
  const metadata = new Metadata();
  metadata.set("k8shost-error", error.code);
  metadata.set("k8shost-cni-code", String(catalogue[error.code].cni));
  return metadata;
}

function callScope<Request, Response>(
  call: ServerUnaryCall<Request, Response>,
  deadline: number,
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const cancelled = (): void =>
    controller.abort(new AgentError("CANCELLED", "the caller went away before the operation was complete"));
  if (call.cancelled) cancelled();
  call.on("cancelled", cancelled);

  const asked = Number(call.getDeadline()) - Date.now();
  // A margin for the answer to arrive while the caller still waits for it.
  const limit = Math.max(1, Math.min(deadline, Number.isFinite(asked) ? asked - Math.min(500, asked / 5) : deadline));
  const expire = (): void =>
    controller.abort(new AgentError("DEADLINE", `not complete after ${(limit / 1000).toFixed(1)} s`));
  const timer = setTimeout(expire, limit);
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      call.off("cancelled", cancelled);
    },
  };
}
