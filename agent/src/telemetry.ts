import type { AgentError, ErrorFields } from "./errors.js";
import { type Logger, levelOf } from "./log.js";
import type { Metrics } from "./metrics.js";
import type { Verb } from "./network/pod-network.js";
import type { StageObserver } from "./network/stages.js";
import type { Failures } from "./status/failures.js";
import type { EndedCall } from "./rpc/pod-network.js";

/** Where verbs and stages are told to metrics, log and the list of last failures. */
export class Telemetry {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #failures: Failures;

  constructor(log: Logger, metrics: Metrics, failures: Failures) {
    this.#log = log;
    this.#metrics = metrics;
    this.#failures = failures;
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
    this.#record(verb, stage, error);
  };

  #record(verb: string, stage: string, error: AgentError): void {
    const { container, namespace, pod } = error.fields;
    const subject = { containerId: text(container), namespace: text(namespace), pod: text(pod) };
    // A caller who went away knows it.
    if (error.code !== "CANCELLED") this.#failures.add({ verb, stage, error, ...subject });
    this.#log[levelOf(error)]({ ...error.fields, operation: verb, stage, err: error }, `${verb} failed`);
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
