import type {
  ClientOptions,
  ClientStatus,
  Commit,
  Lock,
  MonitoredRow,
  MonitorSpec,
  ReplicaTable,
  ServerSchema,
  TransactOptions,
  Unsubscribe,
  WaitOptions,
} from "./client-types.js";
import type { Operation, Results } from "./operations.js";
import type { Condition, Tables } from "./schema/types.js";

export declare class OvsdbClient<T extends Tables, const M extends MonitorSpec<T>> {
  constructor(options: ClientOptions<T, M>);
  start(signal?: AbortSignal): Promise<void>;
  get connected(): boolean;
  get schema(): ServerSchema;
  status(): ClientStatus;
  table<N extends keyof M & keyof T & string>(name: N): ReplicaTable<MonitoredRow<T, M, N>>;
  onCommit(listener: (commit: Commit) => void): Unsubscribe;
  onConnection(listener: (connected: boolean) => void): Unsubscribe;
  waitFor<V>(predicate: (db: this) => V | undefined | false, options: WaitOptions): Promise<V>;
  synced(options: WaitOptions): Promise<void>;
  transact<const O extends readonly Operation[]>(operations: O, options?: TransactOptions): Promise<Results<O>>;
  setConditions<N extends keyof M & keyof T & string>(
    table: N,
    anyOf: readonly Condition<T[N]>[] | undefined,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  lock(id: string): Lock;
  close(): Promise<void>;
}
