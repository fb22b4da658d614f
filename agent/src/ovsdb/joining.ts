import type { Operation } from "./operations.js";

/** The rules of group commit: which transactions may share one of the wire, how many, and whose error is whose. */

export interface Joined {
  readonly operations: readonly Operation[];
  /** The operations as JSON text. */
  readonly text: string;
}

/** Limits of a joined transaction: the server executes it in one go, while all others wait. */
const maxJoined = 100;
const maxJoinedBytes = 256 * 1024;

/** How many calls from the head of the queue fit one transaction; at least one of them. */
export function joinable(queue: readonly Joined[]): number {
  let bytes = 0;
  let count = 0;
  for (const { text } of queue) {
    bytes += text.length;
    if (count > 0 && (count === maxJoined || bytes > maxJoinedBytes)) break;
    count += 1;
  }
  return count;
}

/** The call that the operation at `index` of a joined transaction belongs to, and its index there. */
export function callAt<C extends Joined>(
  calls: readonly C[],
  index: number,
): { readonly call: C; readonly operation: number } | undefined {
  let first = 0;
  for (const call of calls) {
    if (index < first + call.operations.length) return { call, operation: index - first };
    first += call.operations.length;
  }
  return undefined;
}

/** `abort` and a `wait` that really waits would abort or hold up the transactions of others. */
export function isJoinable(op: Operation): boolean {
  return op.op === "wait" ? op.timeout === 0 : op.op !== "abort";
}

export function isWireError(result: unknown): boolean {
  return typeof result === "object" && result !== null && "error" in result && result.error !== null;
}

export function describe(operations: readonly Operation[], index: number | undefined): string {
  const op = index === undefined ? undefined : operations[index];
  if (op === undefined) return "transaction refused";
  return `transaction refused at operation ${index}, ${op.op}${"table" in op ? ` ${op.table.name}` : ""}`;
}
