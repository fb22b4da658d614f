import { AgentError, type ErrorFields } from "./errors.js";
import { type Logger, levelOf } from "./log.js";
import type { Metrics } from "./metrics.js";
import type { Verb } from "./network/pod-network.js";
import type { StageObserver } from "./network/stages.js";
import type { EndedCall } from "./rpc/pod-network.js";

/** Where verbs and stages are told to metrics, log and the list of last failures. */
export class Telemetry {
  readonly #log: Logger;
  readonly #metrics: Metrics;

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  readonly observe = (verb: Verb, fields: ErrorFields): StageObserver => {
    return (stage, microseconds, error) => {
      if (stage !== "total") this.#metrics.stage(verb, stage, microseconds / 1e6);
      if (error === undefined) this.#log.debug({ ...fields, operation: verb, stage, microseconds }, "stage");
    };
  };

  readonly ended = ({ verb, seconds, error }: EndedCall): void => {
    if (error === undefined) {
      this.#metrics.verb(verb, seconds);
      return;
    }
    const stage = String(error.fields["stage"] ?? "request");
    this.#metrics.verb(verb, seconds, { code: error.code, stage });
    this.#log[levelOf(error)]({ ...error.fields, operation: verb, stage, err: error }, `${verb} failed`);
  };

  /** A failure outside the verbs of a caller: sweep, replay, janitor. */
  readonly background = (operation: string, error: unknown): void => {
    const fields = error instanceof AgentError ? error.fields : {};
    this.#log[levelOf(error)]({ ...fields, operation, err: error }, `${operation} failed`);
  };
}
