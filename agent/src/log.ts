import { type DestinationStream, destination, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import type { LogLevel } from "./config.js";
import { AgentError, type ErrorCode } from "./errors.js";
import { prettyLine } from "./log-pretty.js";

/**
 * What every line can carry. The names are the same everywhere, so that `container` finds all that happened to a
 * container, whoever logged it.
 */
export interface LogKeys {
  /** Container (sandbox) identifier. */
  readonly container?: string;
  readonly pod?: string;
  readonly namespace?: string;
  /** The verb being served: ADD, DEL, CHECK, STATUS, GC; or "sweep", "start". */
  readonly operation?: string;
  /** The stage of it: allocate, link, northbound, installed… */
  readonly stage?: string;
  readonly module?: string;
}

export type Logger = PinoLogger;

export interface Log {
  readonly logger: Logger;
  /** Writes what is buffered before it returns. Call it last: lines of a killed process are lost otherwise. */
  flush(): void;
}

/** Keys whose values never reach the log, at the top of a line and up to two levels below. */
const SECRETS = ["token", "key", "password", "secret", "authorization"].flatMap((key) => [
  key,
  `*.${key}`,
  `*.*.${key}`,
]);

/** Bytes that may wait for a reader that does not read; what comes on top is dropped. */
const BUFFER_BYTES = 1 << 20;

/**
 * JSON lines (or lines for people) on stderr, written without blocking the event loop: a full pipe delays no pod.
 * `to` takes the lines instead in tests.
 */
export function createLog(options: { level: LogLevel; pretty: boolean; to?: DestinationStream }): Log {
  const stderr = options.to === undefined ? destination({ dest: 2, sync: false, maxLength: BUFFER_BYTES }) : undefined;
  const lines: DestinationStream = options.to ?? (stderr as DestinationStream);
  const sink = options.pretty ? { write: (line: string) => lines.write(prettyLine(line)) } : lines;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS, censor: "[secret]" },
      serializers: { err: errorKeys },
    },
    sink,
  );
  return { logger, flush: () => stderr?.flushSync() };
}

/** Codes that say something of the caller or of load, not of a fault in this process. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set([
  "INVALID_REQUEST",
  "SANDBOX_GONE",
  "BUSY",
  "SHUTTING_DOWN",
  "ADDRESS_REFUSED",
  "CHECK_FAILED",
]);

/**
 * The level that a failed operation deserves: a caller who went away is nothing to wake anybody for; what the operator
 * mends outside the agent is a warning; what the agent or the kernel did wrong is an error.
 */
export function levelOf(error: unknown): "info" | "warn" | "error" {
  if (error instanceof Error && error.name === "AbortError") return "info";
  if (!(error instanceof AgentError)) return "error";
  if (error.code === "CANCELLED") return "info";
  return EXPECTED.has(error.code) || error.code === "DEADLINE" || error.code.endsWith("_UNAVAILABLE")
    ? "warn"
    : "error";
}

/**
 * An error as keys: its message, code and fields, and the messages of its causes. The stack is there for errors that
 * are no AgentError: those are bugs.
 */
export function errorKeys(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const causes: string[] = [];
  for (let cause: unknown = error.cause; cause !== undefined && causes.length < 5;) {
    causes.push(cause instanceof Error ? cause.message : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const internal = !(error instanceof AgentError) || error.code === "INTERNAL";
  return {
    message: error.message,
    ...(error instanceof AgentError ? { code: error.code, ...error.fields } : { type: error.name }),
    ...(causes.length > 0 ? { causes } : {}),
    ...(internal ? { stack: rootStack(error) } : {}),
  };
}

/** The stack of the innermost cause: where it began. */
function rootStack(error: Error): string | undefined {
  let root = error;
  for (let depth = 0; depth < 5 && root.cause instanceof Error; depth++) root = root.cause;
  return root.stack;
}
