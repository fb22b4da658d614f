import { status } from "@grpc/grpc-js";

/** What a method of a standalone service throws to answer with a gRPC status; the message goes to the caller as it is. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: status;

  constructor(code: status, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** INVALID_ARGUMENT that names the field as the .proto file does. */
export function invalidArgument(field: string, problem: string): StatusError {
  return new StatusError(status.INVALID_ARGUMENT, `${field}: ${problem}`);
}

/** `text` as it may stand in a message: quoted, control characters escaped, cut after 64 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
