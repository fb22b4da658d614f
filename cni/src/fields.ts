import { invalidConfig } from "./errors.js";

/** A JSON object as it came from the runtime. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface Parsed<T> {
  readonly text: string;
  readonly value: T;
}

/**
 * Reads the keys of a JSON object. A key that is absent, null or an empty text gives undefined, as in the specification's
 * own library; one of the wrong type throws an error (code 7) that names it by its whole path and says what to write.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(object: JsonObject, path = "") {
    this.#object = object;
    this.#path = path;
  }

  /** How the user knows the key: "ipam.routes[0].dst". */
  path(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }

  raw(key: string): unknown {
    return this.#object[key] ?? undefined;
  }

  /** Every key with its value, except `omitted` and what is null. */
  all(omitted = ""): JsonObject {
    return Object.fromEntries(Object.entries(this.#object).filter(([key, value]) => key !== omitted && value !== null));
  }

  /** `remedy` ends the sentence "KEY is VALUE: …". */
  text(key: string, remedy: string, isValid: (text: string) => boolean = isPlainText): string | undefined {
    const value = this.raw(key);
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string" || !isValid(value)) throw invalidConfig(this.path(key), value, remedy);
    return value;
  }

  /** A text that `parse` understands; both, because the agent gets it as it was written. */
  parsed<T>(key: string, remedy: string, parse: (text: string) => T | undefined): Parsed<T> | undefined {
    const text = this.text(key, remedy, () => true);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) throw invalidConfig(this.path(key), text, remedy);
    return { text, value };
  }

  integer(key: string, remedy: string, isValid: (value: number) => boolean): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || !isValid(value)) {
      throw invalidConfig(this.path(key), value, remedy);
    }
    return value;
  }

  object(key: string): Fields | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw invalidConfig(this.path(key), value, "write an object");
    return new Fields(value, this.path(key));
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw invalidConfig(this.path(key), value, "write a list");
    return value;
  }

  objects(key: string): Fields[] {
    return this.list(key).map((value, i) => {
      const path = `${this.path(key)}[${i}]`;
      if (!isObject(value)) throw invalidConfig(path, value, "write an object");
      return new Fields(value, path);
    });
  }

  texts(key: string, remedy: string, isValid: (text: string) => boolean = isPlainText): string[] {
    return this.list(key).map((value, i) => {
      if (typeof value !== "string" || !isValid(value)) throw invalidConfig(`${this.path(key)}[${i}]`, value, remedy);
      return value;
    });
  }
}

/** What spoils a log line or a path: control characters, and what stands for bytes that were no UTF-8. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

export function hasUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text);
}

/** Not empty, not endless, nothing unprintable, no half of a surrogate pair. */
export function isPlainText(value: unknown): value is string {
  return (
    typeof value === "string" && value !== "" && value.length <= 4096 && !hasUnprintable(value) && value.isWellFormed()
  );
}

/** CNI specification 1.1.0, section 2: begins with a letter or digit, then also "_", "." and "-". */
export function isCniName(text: string, longest: number): boolean {
  return text.length <= longest && /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text);
}

/** RFC 1123, as Kubernetes' object names. */
export function isObjectName(text: string, longest: number): boolean {
  return text.length <= longest && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);
}
