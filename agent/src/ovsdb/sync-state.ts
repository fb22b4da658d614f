import type { Unsubscribe } from "./client-types.js";
import { type ClientClosed, FrameTooLarge, type OvsdbError, RequestSyntaxError, SchemaMismatch } from "./errors.js";
import type { Session } from "./session.js";
import { Waiters } from "./waiters.js";

/** Whether the client is connected and in sync, and everybody who waits for that. */
export class SyncState {
  readonly #what: string;
  readonly #listenerFailed: (error: unknown) => void;
  readonly #waiters = new Waiters<"synced">();
  readonly #listeners = new Set<(connected: boolean) => void>();
  #session: Session | undefined;
  #syncs = 0;
  #error: OvsdbError | undefined;
  #hopeless: OvsdbError | undefined;

  constructor(client: string, listenerFailed: (error: unknown) => void) {
    this.#what = `${client} to be in sync`;
    this.#listenerFailed = listenerFailed;
  }

  /** The session in sync. Undefined from the moment that it ends, before anybody has been told. */
  get session(): Session | undefined {
    return this.#session?.closed === false ? this.#session : undefined;
  }

  get syncs(): number {
    return this.#syncs;
  }

  /** Why the last session ended, or none came about. */
  get error(): OvsdbError | undefined {
    return this.#error;
  }

  onChange(listener: (connected: boolean) => void): Unsubscribe {
    const own = (connected: boolean): void => {
      listener(connected);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Resolves when in sync. Rejects with Cancelled or ClientClosed. */
  synced(signal?: AbortSignal): Promise<void> {
    return this.#wait(() => this.session !== undefined, signal);
  }

  /** As `synced`, but also rejects with what trying again can't cure. */
  firstSync(signal?: AbortSignal): Promise<void> {
    const synced = (): boolean => {
      if (this.#hopeless !== undefined) throw this.#hopeless;
      return this.session !== undefined;
    };
    return this.#wait(synced, signal);
  }

  up(session: Session): void {
    this.#session = session;
    this.#syncs += 1;
    this.#tell(true);
    this.#waiters.wake("synced");
  }

  down(error: OvsdbError, wasUp: boolean): void {
    this.#session = undefined;
    this.#error = error;
    if (wasUp) this.#tell(false);
    const hopeless =
      error instanceof SchemaMismatch || error instanceof FrameTooLarge || error instanceof RequestSyntaxError;
    if (!hopeless || this.#syncs > 0) return;
    this.#hopeless = error;
    this.#waiters.wake("synced");
  }

  close(error: ClientClosed): void {
    this.#waiters.end(error);
  }

  async #wait(predicate: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    await this.#waiters.add("synced", this.#what, predicate, signal);
  }

  #tell(connected: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener(connected);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }
}
