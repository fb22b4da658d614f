import type { Lock, Unsubscribe, WaitOptions } from "./client-types.js";
import { type ClientClosed, ConnectionLost, InvalidValue, OvsdbError } from "./errors.js";
import { wireObject } from "./row-layout.js";
import type { Session } from "./session.js";
import { Waiters } from "./waiters.js";

/** One lock that the client wants; see Lock. */
class HeldLock implements Lock {
  readonly id: string;
  readonly #registry: Locks;
  readonly #listeners = new Set<(owned: boolean) => void>();
  readonly #waiters = new Waiters<"owned">();
  /** The server has put us in its queue: a "locked" that comes from now on is for us. */
  waiting = false;
  /** While owned: fires when the lock is lost. */
  #ownership: AbortController | undefined;

  constructor(id: string, registry: Locks) {
    this.id = id;
    this.#registry = registry;
  }

  get owned(): boolean {
    return this.#ownership !== undefined;
  }

  acquired(options: WaitOptions): Promise<AbortSignal> {
    return this.#waiters.add("owned", `lock ${this.id}`, () => this.#ownership?.signal, options.signal);
  }

  onChange(listener: (owned: boolean) => void): Unsubscribe {
    const own = (owned: boolean): void => {
      listener(owned);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  steal(): Promise<void> {
    return this.#registry.steal(this);
  }

  release(): Promise<void> {
    return this.#registry.release(this);
  }

  gained(): void {
    this.waiting = true;
    if (this.#ownership !== undefined) return;
    this.#ownership = new AbortController();
    this.#tell(true);
    this.#waiters.wake("owned");
  }

  lost(reason: OvsdbError): void {
    const ownership = this.#ownership;
    if (ownership === undefined) return;
    this.#ownership = undefined;
    ownership.abort(reason);
    this.#tell(false);
  }

  /** The server refused the request for it; the next session asks again. */
  refused(error: Error): void {
    this.#waiters.failAll(error);
  }

  end(error: OvsdbError): void {
    this.lost(error);
    this.#waiters.end(error);
  }

  #tell(owned: boolean): void {
    for (const listener of this.#listeners) this.#registry.guard(() => listener(owned));
  }
}

/**
 * The client's locks (RFC 7047, sections 4.1.8 to 4.1.10). A lock belongs to a session: it is lost with it, and asked
 * for again in the next one. In a cluster each server has locks of its own, so locks need a client of the leader.
 */
export class Locks {
  readonly #locks = new Map<string, HeldLock>();
  readonly #failed: (error: unknown) => void;
  #session: Session | undefined;

  constructor(listenerFailed: (error: unknown) => void) {
    this.#failed = listenerFailed;
  }

  /** The lock of this name; the first call asks the server for it. Throws InvalidValue for what is no `<id>`. */
  lock(id: string): Lock {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(id)) {
      throw new InvalidValue("lock", `"${id}" must consist of letters, digits and _, the first no digit`);
    }
    const known = this.#locks.get(id);
    if (known !== undefined) return known;
    const lock = new HeldLock(id, this);
    this.#locks.set(id, lock);
    this.#ask(lock);
    return lock;
  }

  attach(session: Session): void {
    this.#session = session;
    for (const lock of this.#locks.values()) this.#ask(lock);
  }

  detach(reason: OvsdbError): void {
    this.#session = undefined;
    for (const lock of this.#locks.values()) {
      lock.waiting = false;
      lock.lost(reason);
    }
  }

  close(error: ClientClosed): void {
    for (const lock of this.#locks.values()) lock.end(error);
    this.#locks.clear();
  }

  /** True when the notification was about a lock. */
  notification(method: string, params: readonly unknown[]): boolean {
    if (method !== "locked" && method !== "stolen") return false;
    const lock = this.#locks.get(String(params[0]));
    if (lock?.waiting !== true) return true;
    if (method === "locked") lock.gained();
    else lock.lost(new OvsdbError(`lock ${lock.id} was stolen`));
    return true;
  }

  steal(lock: HeldLock): Promise<void> {
    return new Promise((resolve, reject) => {
      const session = this.#connected(lock);
      // The server refuses a second request for a lock before the first is withdrawn.
      lock.waiting = false;
      session.call("unlock", JSON.stringify([lock.id]), () => undefined);
      session.call("steal", JSON.stringify([lock.id]), (error) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        if (this.#locks.get(lock.id) === lock) lock.gained();
        resolve();
      });
    });
  }

  async release(lock: HeldLock): Promise<void> {
    if (this.#locks.get(lock.id) !== lock) return;
    this.#locks.delete(lock.id);
    lock.end(new OvsdbError(`lock ${lock.id} was released`));
    const session = this.#session;
    if (session === undefined) return;
    try {
      await session.request("unlock", JSON.stringify([lock.id]));
    } catch (error) {
      // With its session the lock is gone too.
      if (!session.closed) throw error;
    }
  }

  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failed(error);
    }
  }

  #connected(lock: HeldLock): Session {
    if (this.#locks.get(lock.id) !== lock) throw new OvsdbError(`lock ${lock.id} was released`);
    if (this.#session === undefined) throw new ConnectionLost(`lock ${lock.id} can't be stolen while not connected`);
    return this.#session;
  }

  #ask(lock: HeldLock): void {
    const session = this.#session;
    session?.call("lock", JSON.stringify([lock.id]), (error, result) => {
      if (error !== undefined) {
        if (!session.closed) lock.refused(error);
        return;
      }
      if (this.#locks.get(lock.id) !== lock) return;
      lock.waiting = true;
      if (wireObject(result, "the reply to lock")["locked"] === true) lock.gained();
    });
  }
}
