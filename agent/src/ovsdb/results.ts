import { decodeValue } from "./decode.js";
import { ProtocolError } from "./errors.js";
import type { Operation, OperationResult } from "./operations.js";
import { wireObject } from "./row-layout.js";
import type { TableSchema, Uuid } from "./schema/types.js";
import type { ColumnValue } from "./schema/value.js";

/** The results of operations that succeeded, RFC 7047, section 5.2. Throws a ProtocolError. */
export function decodeResults(operations: readonly Operation[], wire: readonly unknown[]): readonly OperationResult[] {
  return operations.map((op, i) => decodeResult(op, wireObject(wire[i], `the result of ${op.op}`)));
}

function decodeResult(op: Operation, wire: Readonly<Record<string, unknown>>): OperationResult {
  switch (op.op) {
    case "insert": {
      const uuid: unknown = Array.isArray(wire["uuid"]) ? wire["uuid"][1] : undefined;
      if (typeof uuid !== "string") throw new ProtocolError("the result of an insert has no uuid");
      return { uuid: uuid as Uuid };
    }
    case "update":
    case "mutate":
    case "delete":
      if (typeof wire["count"] !== "number") throw new ProtocolError(`the result of ${op.op} has no count`);
      return { count: wire["count"] };
    case "select":
      if (!Array.isArray(wire["rows"])) throw new ProtocolError("the result of a select has no rows");
      return { rows: wire["rows"].map((row) => decodeRow(op.table, wireObject(row, "a selected row"))) };
    default:
      return {};
  }
}

function decodeRow(table: TableSchema, wire: Readonly<Record<string, unknown>>): object {
  const row: Record<string, ColumnValue> = {};
  for (const name in wire) {
    const column = table.columns[name];
    if (column !== undefined) row[name] = decodeValue(column, wire[name]);
  }
  return row;
}
