import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from "yaml";

export interface ConfigFile {
  /** The document as plain values; keys without a value count as absent. */
  readonly values: Record<string, unknown>;
  /** Line of a key, 1 for the first; undefined when the file does not have it. */
  line(path: readonly PropertyKey[]): number | undefined;
  /** Syntax errors, each with its line. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Reads YAML, of which JSON is a part. */
export function parseConfigFile(text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: error.message,
  }));
  let values: unknown = {};
  if (problems.length === 0) {
    try {
      values = withoutNulls(document.toJS({ maxAliasCount: 100 }));
    } catch (error) {
      // Aliases that grow without end, or that lead nowhere.
      problems.push({ line: 1, message: error instanceof Error ? error.message : String(error) });
    }
  }
  if (!isRecord(values)) {
    problems.push({ line: 1, message: 'expected keys with values, such as "nodeName: worker-1"' });
  }
  return {
    values: isRecord(values) ? values : {},
    problems,
    line: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isSeq(parent)) {
    const item: unknown = parent.items[Number(last)];
    return isScalar(item) ? item.range?.[0] : undefined;
  }
  if (!isMap(parent)) return undefined;
  const key: unknown = parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === last)?.key;
  return isScalar(key) ? key.range?.[0] : undefined;
}

/** An empty section ("metrics:" with all its lines commented out) means the same as no section. */
function withoutNulls(value: unknown): unknown {
  if (value === null) return {};
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === null ? [] : [[key, isRecord(item) ? withoutNulls(item) : item]],
    ),
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
