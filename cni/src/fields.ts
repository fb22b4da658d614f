import { invalidConfig } from "./errors.js";

/** A JSON object as it came from the runtime. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
  text(key: string, remedy: string, isValid: (text: string) => boolean = () => true): string | undefined {
    const value = this.raw(key);
    if (value === undefined || value === "") return undefined;
    if (!isPlainText(value) || !isValid(value)) throw invalidConfig(this.path(key), value, remedy);
    return value;
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

  texts(key: string, remedy: string, isValid: (text: string) => boolean = () => true): string[] {
    return this.list(key).map((value, i) => {
      if (!isPlainText(value) || !isValid(value)) throw invalidConfig(`${this.path(key)}[${i}]`, value, remedy);
      return value;
    });
  }
}

/** Not empty, and nothing in it that spoils a log line or a path: no control characters, no half of a surrogate pair. */
export function isPlainText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= 4096 &&
    value.isWellFormed() &&
    !hasControlCharacter(value)
  );
}

export function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfffd) return true;
  }
  return false;
}

/** Every character is one of `allowed`. */
export function consistsOf(text: string, allowed: string): boolean {
  for (let i = 0; i < text.length; i++) if (!allowed.includes(text.charAt(i))) return false;
  return true;
}

const LOWER = "abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHANUMERIC = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

/** CNI specification 1.1.0, section 2: begins with a letter or digit, then also "_", "." and "-". */
export function isCniName(text: string, longest: number): boolean {
  return (
    text.length > 0 &&
    text.length <= longest &&
    ALPHANUMERIC.includes(text.charAt(0)) &&
    consistsOf(text, `${ALPHANUMERIC}_.-`)
  );
}

/** RFC 1123, as Kubernetes' object names: lower case letters, digits, "-" and, where there may be dots, ".". */
export function isObjectName(text: string, longest: number, inner = "-."): boolean {
  return (
    text.length > 0 &&
    text.length <= longest &&
    consistsOf(text, LOWER + inner) &&
    LOWER.includes(text.charAt(0)) &&
    LOWER.includes(text.charAt(text.length - 1))
  );
}
