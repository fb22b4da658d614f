import { type handleUnaryCall, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { StatusError } from "./status-error.js";

export interface UnaryOptions<Request, Response> {
  /** Longest duration in milliseconds; the caller's own deadline counts when it is shorter. */
  readonly deadlineMs: number;
  readonly run: (request: Request, signal: AbortSignal) => Promise<Response>;
  /** Told of every failure; of INTERNAL ones the caller learns no more than that. */
  readonly onFailure: (code: status, error: unknown, request: Request) => void;
}

/**
 * A handler with what every call needs: a signal that fires at the deadline and when the caller goes away, and
 * StatusErrors as gRPC statuses.
 */
export function unary<Request, Response>(options: UnaryOptions<Request, Response>): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const scope = callScope(call, options.deadlineMs);
    const answer = async () => {
      try {
        callback(null, await options.run(call.request, scope.signal));
      } catch (error) {
        const code = error instanceof StatusError ? error.code : status.INTERNAL;
        options.onFailure(code, error, call.request);
        const details = error instanceof StatusError ? error.message : "internal error; see the server's log";
        callback({ code, details });
      } finally {
        scope.end();
      }
    };
    void answer();
  };
}

function callScope<Request, Response>(
  call: ServerUnaryCall<Request, Response>,
  longestMs: number,
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const cancelled = () => {
    controller.abort(new StatusError(status.CANCELLED, "the caller went away"));
  };
  if (call.cancelled) cancelled();
  call.on("cancelled", cancelled);
  const asked = Number(call.getDeadline()) - Date.now();
  // A margin for the answer to arrive while the caller still waits for it.
  const ms = Math.max(1, Math.min(longestMs, Number.isFinite(asked) ? asked - Math.min(500, asked / 5) : longestMs));
  const expire = () => {
    controller.abort(new StatusError(status.DEADLINE_EXCEEDED, `not complete after ${(ms / 1000).toFixed(1)} s`));
  };
  const timer = setTimeout(expire, ms);
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      call.off("cancelled", cancelled);
    },
  };
}
