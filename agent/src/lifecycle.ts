import type { Logger } from "./log.js";

/** Something that is started and stopped. `start` leaves nothing running when it throws. */
export interface Part {
  readonly name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/** Starts parts in order and stops them in reverse, going on past failures. */
export class Lifecycle {
  readonly #parts: readonly Part[];
  readonly #log: Logger;
  #started: Part[] = [];

  constructor(parts: readonly Part[], log: Logger) {
    this.#parts = parts;
    this.#log = log;
  }

  /** When a part can't be started, those before it are stopped again and its error is thrown. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start();
      } catch (error) {
        await this.stop();
        throw error;
      }
      this.#started.push(part);
    }
  }

  async stop(): Promise<void> {
    const parts = this.#started.toReversed();
    this.#started = [];
    for (const part of parts) {
      try {
        await part.stop();
      } catch (error) {
        this.#log.error({ err: error, part: part.name }, "cannot stop a part cleanly");
      }
    }
  }
}
