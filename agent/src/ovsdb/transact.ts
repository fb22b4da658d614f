import type { TransactOptions, TransactionCounts } from "./client-types.js";
import { unlessAborted } from "./cancellation.js";
import { encodeOperation } from "./encode.js";
import {
  Cancelled,
  type ClientClosed,
  type OvsdbError,
  ProtocolError,
  ServerError,
  UnknownOutcome,
  serverError,
} from "./errors.js";
import type { Operation, OperationResult } from "./operations.js";
import { decodeResults } from "./results.js";
import { callAt, describe, isJoinable, isWireError, joinable, type Joined } from "./joining.js";
import type { Session } from "./session.js";

/** One call of transact(). */
interface Call extends Joined {
  readonly resolve: (results: readonly OperationResult[]) => void;
  readonly reject: (error: Error) => void;
  /** Resolved when the server won't change the database by this call any more; made for callers who left before. */
  over: PromiseWithResolvers<void> | undefined;
  /** Takes the call back while it waits on the server; set when it was sent alone. */
  takeBack: (() => void) | undefined;
  /** True after the caller got its answer. */
  answered: boolean;
  refusals: number;
}

export interface TransactorOptions {
  readonly name: string;
  readonly database: string;
  /** Resolves when connected and in sync. */
  readonly synced: (signal?: AbortSignal) => Promise<void>;
}

/** A call that has been in this many refused transactions goes alone. */
const maxRefusals = 3;

/**
 * Sends transactions, joining those of concurrent callers (group commit): one joined transaction is under way at a time,
 * and what arrives meanwhile goes out together when it is answered. An idle client sends at once, so nobody waits for
 * company. See DESIGN.md for what joining means to a caller.
 */
export class Transactor {
  readonly #options: TransactorOptions;
  readonly #queue: Call[] = [];
  /** Calls that must not be joined; they wait for a connection only. */
  readonly #alone: Call[] = [];
  #session: Session | undefined;
  #joinedUnderWay = false;
  #flushing = false;
  readonly #counts = { committed: 0, failed: 0, unknown: 0, sent: 0, retried: 0 };

  constructor(options: TransactorOptions) {
    this.#options = options;
  }

  counts(): TransactionCounts {
    return { ...this.#counts, queued: this.#queue.length + this.#alone.length };
  }

  attach(session: Session): void {
    this.#session = session;
    this.#joinedUnderWay = false;
    this.#flush();
  }

  detach(): void {
    this.#session = undefined;
  }

  /** See OvsdbClient.transact. */
  transact(operations: readonly Operation[], options: TransactOptions): Promise<readonly OperationResult[]> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted === true) {
        reject(new Cancelled(`${this.#options.name}: the transaction was cancelled`, { cause: signal.reason }));
        return;
      }
      const cancel = (): void => {
        this.#cancel(call, signal?.reason);
      };
      const answer = (): void => {
        call.answered = true;
        signal?.removeEventListener("abort", cancel);
      };
      const call: Call = {
        operations,
        text: this.#encode(operations),
        resolve: (results) => {
          answer();
          resolve(results);
        },
        reject: (error) => {
          answer();
          reject(error);
        },
        over: undefined,
        takeBack: undefined,
        answered: false,
        refusals: 0,
      };
      signal?.addEventListener("abort", cancel);
      if (options.group !== false && operations.every(isJoinable)) this.#queue.push(call);
      else this.#alone.push(call);
      this.#flushSoon();
    });
  }

  close(error: ClientClosed): void {
    for (const call of [...this.#queue.splice(0), ...this.#alone.splice(0)]) call.reject(error);
  }

  #encode(operations: readonly Operation[]): string {
    const foreign = operations.find((op) => "table" in op && op.table.database !== this.#options.database);
    if (foreign !== undefined && "table" in foreign) {
      throw new TypeError(
        `table ${foreign.table.name} is of ${foreign.table.database}, this client's database is ${this.#options.database}`,
      );
    }
    return operations.map(encodeOperation).join(",");
  }

  #cancel(call: Call, reason: unknown): void {
    for (const queue of [this.#queue, this.#alone]) {
      const at = queue.indexOf(call);
      if (at < 0) continue;
      queue.splice(at, 1);
      call.reject(
        new Cancelled(`${this.#options.name}: the transaction was cancelled before it was sent`, { cause: reason }),
      );
      return;
    }
    this.#unknown(call, "was cancelled after it had been sent", reason);
    call.takeBack?.();
  }

  #unknown(call: Call, what: string, cause: unknown): void {
    if (call.answered) return;
    this.#counts.unknown += 1;
    const { promise } = (call.over = Promise.withResolvers());
    const settled = async (signal?: AbortSignal): Promise<void> => {
      await unlessAborted(promise, signal, "the transaction's outcome");
      await this.#options.synced(signal);
    };
    call.reject(
      new UnknownOutcome(`${this.#options.name}: the transaction ${what}: its outcome is unknown`, settled, cause),
    );
  }

  /** Callers of the same turn of the event loop share a transaction even on an idle connection. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#session === undefined || this.#session.closed) return;
    for (const call of this.#alone.splice(0)) this.#send(this.#session, [call], false);
    if (this.#joinedUnderWay || this.#queue.length === 0) return;
    this.#joinedUnderWay = true;
    this.#send(this.#session, this.#queue.splice(0, joinable(this.#queue)), true);
  }

  #send(session: Session, calls: readonly Call[], joined: boolean): void {
    this.#counts.sent += 1;
    const operations = calls.flatMap((call) => (call.text === "" ? [] : [call.text])).join(",");
    const params = operations === "" ? `["${this.#options.database}"]` : `["${this.#options.database}",${operations}]`;
    const id = session.call("transact", params, (error, result) => {
      if (joined) this.#joinedUnderWay = false;
      if (session.closed) this.#lost(calls, error);
      else this.#answer(calls, error, result);
      this.#flush();
    });
    if (joined) return;
    for (const call of calls) call.takeBack = () => session.cancel(id);
  }

  #lost(calls: readonly Call[], error: OvsdbError | undefined): void {
    for (const call of calls) {
      this.#unknown(call, "was sent, and the connection was lost before the reply", error);
      call.over?.resolve();
    }
  }

  #answer(calls: readonly Call[], error: OvsdbError | undefined, result: unknown): void {
    if (error !== undefined) {
      this.#refused(calls, undefined, (context) =>
        error instanceof ServerError ? serverError(error, context) : error,
      );
      return;
    }
    if (!Array.isArray(result)) {
      const failure = new ProtocolError("the reply to transact is not an array");
      this.#lost(calls, failure);
      throw failure;
    }
    const failed = result.findIndex(isWireError);
    if (failed < 0) this.#committed(calls, result);
    else this.#refused(calls, failed, (context, operation) => serverError(result[failed], context, operation));
  }

  #committed(calls: readonly Call[], results: readonly unknown[]): void {
    let first = 0;
    for (const call of calls) {
      const own = results.slice(first, (first += call.operations.length));
      if (!call.answered) this.#succeed(call, own);
      call.over?.resolve();
    }
  }

  #succeed(call: Call, wire: readonly unknown[]): void {
    let results: readonly OperationResult[];
    try {
      results = decodeResults(call.operations, wire);
    } catch (error) {
      this.#unknown(call, "was answered, and the answer can't be read", error);
      return;
    }
    this.#counts.committed += 1;
    call.resolve(results);
  }

  /**
   * Nothing of the transaction was written. `failed` is the index of the failing operation in the whole of it; one past
   * the last operation when it failed at commit, undefined when it was not executed at all. The call to blame, when it
   * is known, is sent again alone and so gets the error that is its own (its operation may have failed only because of
   * the company it was in); the others are joined again. When it is not known, each goes alone.
   */
  #refused(
    calls: readonly Call[],
    failed: number | undefined,
    errorFor: (context: string, operation?: number) => Error,
  ): void {
    const culprit = failed === undefined ? undefined : callAt(calls, failed);
    const [only] = calls;
    if (calls.length === 1 && only !== undefined) {
      if (!only.answered) this.#counts.failed += 1;
      only.reject(
        errorFor(`${this.#options.name}: ${describe(only.operations, culprit?.operation)}`, culprit?.operation),
      );
      only.over?.resolve();
      return;
    }
    const again: Call[] = [];
    for (const call of calls) {
      // Its caller has gone, and this was the last that could have become of it.
      if (call.answered) {
        call.over?.resolve();
        continue;
      }
      this.#counts.retried += 1;
      call.refusals += 1;
      if (culprit === undefined || call === culprit.call || call.refusals >= maxRefusals) this.#alone.push(call);
      else again.push(call);
    }
    this.#queue.unshift(...again);
  }
}
