/**
 * Everything the client throws is an OvsdbError. `committed` tells what the caller needs most: whether its transaction
 * can have changed the database.
 */
export class OvsdbError extends Error {
  override readonly name: string = "OvsdbError";
  /** "no": nothing was written. "unknown": perhaps; see UnknownOutcome. */
  readonly committed: "no" | "unknown" = "no";
}

/** The connection could not be made or was lost, with nothing of the caller's sent. */
export class ConnectionLost extends OvsdbError {
  override readonly name = "ConnectionLost";
}

/** The caller's signal fired before its transaction or wait was through; nothing was written. `cause` is the signal's reason. */
export class Cancelled extends OvsdbError {
  override readonly name = "Cancelled";
}

/** The client was closed. */
export class ClientClosed extends OvsdbError {
  override readonly name = "ClientClosed";
}

/** What the peer sent is not JSON-RPC or not OVSDB; the connection is dropped and made anew. */
export class ProtocolError extends OvsdbError {
  override readonly name = "ProtocolError";
}

/** A message is longer than `maxFrameBytes`. */
export class FrameTooLarge extends OvsdbError {
  override readonly name = "FrameTooLarge";
}

/** The server's schema lacks tables or columns that the client needs; `missing` lists them as "table" or "table.column". */
export class SchemaMismatch extends OvsdbError {
  override readonly name = "SchemaMismatch";
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[]) {
    super(message);
    this.missing = missing;
  }
}

/** A value can't be written into its column; nothing was sent. `column` is "table.column". */
export class InvalidValue extends OvsdbError {
  override readonly name = "InvalidValue";
  readonly column: string;

  constructor(column: string, message: string) {
    super(`${column}: ${message}`);
    this.column = column;
  }
}

/**
 * The transaction was sent and its reply never came: the connection broke, or the caller's signal fired meanwhile.
 * It may have been committed, or (after a signal) may still be. Call `settled()`, then read the rows again before
 * retrying; a retry that would harm if the first had been committed needs a guard (`absent`, `exists`) or a unique index.
 */
export class UnknownOutcome extends OvsdbError {
  override readonly name = "UnknownOutcome";
  override readonly committed = "unknown" as const;
  readonly #settled: (signal?: AbortSignal) => Promise<void>;

  constructor(message: string, settled: (signal?: AbortSignal) => Promise<void>, cause: unknown) {
    super(message, { cause });
    this.#settled = settled;
  }

  /**
   * Resolves when the replica shows what became of the transaction: its late reply has come, or the client has
   * reconnected and read the database again.
   */
  settled(signal?: AbortSignal): Promise<void> {
    return this.#settled(signal);
  }
}

/** What the server said of a transaction or another request, as of RFC 7047, section 3.1 (`<error>`). */
export interface ServerErrorDetails {
  /** The server's explanation, "" when it gave none. */
  readonly details: string;
  /** Index of the failing operation among the caller's own; undefined when the whole transaction failed at commit. */
  readonly operation: number | undefined;
  /** The part of the request that the server could not parse (extension of ovsdb-server). */
  readonly syntax: string | undefined;
}

/** The server refused; nothing was written. `error` is the RFC's error string. */
export class ServerError extends OvsdbError {
  override readonly name: string = "ServerError";
  readonly error: string;
  readonly details: string;
  readonly operation: number | undefined;
  readonly syntax: string | undefined;

  constructor(error: string, about: ServerErrorDetails, context: string) {
    super(`${context}: ${error}${about.details === "" ? "" : `: ${about.details}`}`);
    this.error = error;
    this.details = about.details;
    this.operation = about.operation;
    this.syntax = about.syntax;
  }
}

/** "constraint violation": a column's constraint, a unique index, a table's row limit or an immutable column. */
export class ConstraintViolation extends ServerError {
  override readonly name = "ConstraintViolation";
}
/** "referential integrity violation": a strong reference would point nowhere. */
export class ReferentialIntegrityViolation extends ServerError {
  override readonly name = "ReferentialIntegrityViolation";
}
/** "timed out": the condition of a `wait` did not come true in time; also what a failed guard throws. */
export class WaitTimedOut extends ServerError {
  override readonly name = "WaitTimedOut";
}
/** "aborted": by an `abort` operation. */
export class TransactionAborted extends ServerError {
  override readonly name = "TransactionAborted";
}
/** "not owner": an `assert` named a lock that this client does not own. */
export class NotOwner extends ServerError {
  override readonly name = "NotOwner";
}
/** "not supported": a durable `commit` on a database that keeps nothing on disk. */
export class NotSupported extends ServerError {
  override readonly name = "NotSupported";
}
/** "domain error": division or remainder by zero in a mutation. */
export class DomainError extends ServerError {
  override readonly name = "DomainError";
}
/** "range error": a mutation's result doesn't fit its type. */
export class RangeViolation extends ServerError {
  override readonly name = "RangeViolation";
}
/** "duplicate uuid-name": two inserts of a transaction share a name. */
export class DuplicateUuidName extends ServerError {
  override readonly name = "DuplicateUuidName";
}
/** "duplicate uuid": an insert asked for the UUID of an existing row (extension of ovsdb-server). */
export class DuplicateUuid extends ServerError {
  override readonly name = "DuplicateUuid";
}
/** "resources exhausted" */
export class ResourcesExhausted extends ServerError {
  override readonly name = "ResourcesExhausted";
}
/** "I/O error": the server could not write its storage. */
export class ServerIoError extends ServerError {
  override readonly name = "ServerIoError";
}
/** "unknown database" */
export class UnknownDatabase extends ServerError {
  override readonly name = "UnknownDatabase";
}
/** "canceled": by a `cancel` request. */
export class RequestCanceled extends ServerError {
  override readonly name = "RequestCanceled";
}
/** "unknown method" */
export class UnknownMethod extends ServerError {
  override readonly name = "UnknownMethod";
}
/** "syntax error", "unknown table", "unknown column": the request is not understood by this server and schema. */
export class RequestSyntaxError extends ServerError {
  override readonly name = "RequestSyntaxError";
}
/** "permission error": role-based access control says no (extension of ovsdb-server). */
export class PermissionDenied extends ServerError {
  override readonly name = "PermissionDenied";
}
/** "not allowed": the database is read-only on this server, a backup or a relay (extension of ovsdb-server). */
export class NotAllowed extends ServerError {
  override readonly name = "NotAllowed";
}

const byError: Readonly<Record<string, typeof ServerError>> = {
  "constraint violation": ConstraintViolation,
  "referential integrity violation": ReferentialIntegrityViolation,
  "timed out": WaitTimedOut,
  aborted: TransactionAborted,
  "not owner": NotOwner,
  "not supported": NotSupported,
  "domain error": DomainError,
  "range error": RangeViolation,
  "duplicate uuid-name": DuplicateUuidName,
  "duplicate uuid": DuplicateUuid,
  "resources exhausted": ResourcesExhausted,
  "I/O error": ServerIoError,
  "unknown database": UnknownDatabase,
  canceled: RequestCanceled,
  "unknown method": UnknownMethod,
  "syntax error": RequestSyntaxError,
  "unknown table": RequestSyntaxError,
  "unknown column": RequestSyntaxError,
  "permission error": PermissionDenied,
  "not allowed": NotAllowed,
};

/**
 * The error for an `<error>` of the wire: an object with "error" and "details", or a bare string (old servers answer an
 * unknown method that way). `context` says which request failed.
 */
export function serverError(wire: unknown, context: string, operation?: number): ServerError {
  const fields: Readonly<Record<string, unknown>> =
    typeof wire === "object" && wire !== null
      ? { ...wire }
      : { error: typeof wire === "string" ? wire : "unspecified error" };
  const error = typeof fields["error"] === "string" ? fields["error"] : "unspecified error";
  const details = typeof fields["details"] === "string" ? fields["details"] : "";
  const syntax = typeof fields["syntax"] === "string" ? fields["syntax"] : undefined;
  const type = byError[error] ?? ServerError;
  return new type(error, { details, operation, syntax }, context);
}
