import { ByteWriter } from "./bytes.js";

/**
 * Protocol Buffers for the messages of pod_network.proto, driven by tables: the generated code is 66 KB, which the engine
 * would load at every start. Only the kinds of fields that those messages have; the unit test compares every message with
 * the generated code, byte for byte.
 */

export interface ScalarField<Kind extends string> {
  readonly number: number;
  readonly kind: Kind;
}

export interface MessageField<Kind extends string, T> extends ScalarField<Kind> {
  readonly schema: Schema<T>;
}

/** One entry per field of the generated interface: a field that is missing here or of another type does not compile. */
export type Schema<T> = { readonly [Key in keyof T]-?: FieldOf<T[Key]> };

type FieldOf<Value> = Value extends string
  ? ScalarField<"text">
  : Value extends number
    ? ScalarField<"uint32">
    : Value extends readonly string[]
      ? ScalarField<"texts">
      : Value extends readonly (infer Item)[]
        ? MessageField<"messages", Item>
        : MessageField<"message", NonNullable<Value>>;

export const text = (number: number): ScalarField<"text"> => ({ number, kind: "text" });
export const texts = (number: number): ScalarField<"texts"> => ({ number, kind: "texts" });
export const uint32 = (number: number): ScalarField<"uint32"> => ({ number, kind: "uint32" });
export const message = <T>(number: number, schema: Schema<T>): MessageField<"message", T> => ({
  number,
  kind: "message",
  schema,
});
export const messages = <T>(number: number, schema: Schema<T>): MessageField<"messages", T> => ({
  number,
  kind: "messages",
  schema,
});

type AnyField =
  | ScalarField<"text">
  | ScalarField<"texts">
  | ScalarField<"uint32">
  | MessageField<"message", object>
  | MessageField<"messages", object>;
type AnyMessage = Record<string, unknown>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Fields in the order of the table, which is that of the numbers; default values are left out, as proto3 does. */
export function encode<T extends object>(schema: Schema<T>, value: T): Uint8Array {
  const out = new ByteWriter();
  for (const [name, field] of fieldsOf(schema)) writeField(out, field, (value as AnyMessage)[name]);
  return out.written();
}

/** Throws an Error when the bytes are not a message. Unknown fields are skipped. */
export function decode<T extends object>(schema: Schema<T>, bytes: Uint8Array): T {
  const input = new Input(bytes);
  const fields = fieldsOf(schema);
  const result: AnyMessage = {};
  for (const [name, { kind }] of fields) result[name] = defaultOf(kind);
  while (!input.atEnd()) {
    const tag = input.varint();
    // The tables have a field for each number from 1 up.
    const known = fields[(tag >>> 3) - 1];
    if (known === undefined) input.skip(tag & 7);
    else readField(input, known, tag & 7, result);
  }
  return result as T;
}

function fieldsOf<T>(schema: Schema<T>): [string, AnyField][] {
  return Object.entries(schema);
}

function writeField(out: ByteWriter, field: AnyField, value: unknown): void {
  const { number, kind } = field;
  if (kind === "uint32") {
    if (value !== 0) out.append([(number << 3) | VARINT, ...varint(value as number)]);
  } else if (kind === "text") {
    if (value !== "") writeDelimited(out, number, encoder.encode(value as string));
  } else if (kind === "texts") {
    for (const item of value as readonly string[]) writeDelimited(out, number, encoder.encode(item));
  } else if (kind === "messages") {
    for (const item of value as readonly object[]) writeDelimited(out, number, encode(field.schema, item));
  } else if (value !== undefined) {
    writeDelimited(out, number, encode(field.schema, value as object));
  }
}

/** Field numbers are below 16: a tag is one byte. */
function writeDelimited(out: ByteWriter, number: number, bytes: Uint8Array): void {
  const tag = (number << 3) | LENGTH_DELIMITED;
  out.append(bytes.length < 0x80 ? [tag, bytes.length] : [tag, ...varint(bytes.length)]).append(bytes);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

function defaultOf(kind: AnyField["kind"]): unknown {
  if (kind === "text") return "";
  if (kind === "uint32") return 0;
  return kind === "message" ? undefined : [];
}

function readField(input: Input, [name, field]: [string, AnyField], wireType: number, result: AnyMessage): void {
  const { kind } = field;
  if (wireType !== (kind === "uint32" ? VARINT : LENGTH_DELIMITED)) {
    throw new Error(`protobuf: field ${name} has wire type ${wireType}`);
  }
  if (kind === "uint32") result[name] = input.varint();
  else if (kind === "text") result[name] = decoder.decode(input.delimited());
  else if (kind === "texts") (result[name] as string[]).push(decoder.decode(input.delimited()));
  else if (kind === "message") result[name] = decode(field.schema, input.delimited());
  else (result[name] as object[]).push(decode(field.schema, input.delimited()));
}

class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The low 32 bits; up to ten bytes are read, as a 64-bit value has. */
  varint(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return first;
    }
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("protobuf: the message ends within a number");
      if (i < 5) value |= (byte & 0x7f) << (i * 7);
      if (byte < 0x80) return value >>> 0;
    }
    throw new Error("protobuf: a number of more than ten bytes");
  }

  delimited(): Uint8Array {
    return this.#take(this.varint());
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === LENGTH_DELIMITED) this.delimited();
    else if (wireType === FIXED32) this.#take(4);
    else throw new Error(`protobuf: unknown wire type ${wireType}`);
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new Error("protobuf: a field reaches beyond the message");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}
