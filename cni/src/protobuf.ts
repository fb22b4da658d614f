import { ByteWriter } from "./bytes.js";

/**
 * Protocol Buffers for the messages of pod_network.proto, driven by tables: the generated code is 66 KB, which the engine
 * would load at every start. Only the kinds of fields that those messages have; the unit test compares every message with
 * the generated code, byte for byte.
 */

/** A field's number and kind in one number: sixteen times the number, plus the kind. */
export type Scalar<Kind extends number> = number & { readonly kind?: Kind };

/** A field that holds messages: its number and kind, and their table. */
export type Composite<Kind extends number, T> = readonly [Scalar<Kind>, Schema<T>];

/** One entry per field of the generated interface: a field that is missing here or of another type does not compile. */
export type Schema<T> = { readonly [Key in keyof T]-?: FieldOf<T[Key]> };

const TEXT = 0;
const TEXTS = 1;
const UINT32 = 2;
const MESSAGE = 3;
const MESSAGES = 4;

type FieldOf<Value> = Value extends string
  ? Scalar<typeof TEXT>
  : Value extends number
    ? Scalar<typeof UINT32>
    : Value extends readonly string[]
      ? Scalar<typeof TEXTS>
      : Value extends readonly (infer Item)[]
        ? Composite<typeof MESSAGES, Item>
        : Composite<typeof MESSAGE, NonNullable<Value>>;

export const text = (number: number): Scalar<typeof TEXT> => number * 16 + TEXT;
export const texts = (number: number): Scalar<typeof TEXTS> => number * 16 + TEXTS;
export const uint32 = (number: number): Scalar<typeof UINT32> => number * 16 + UINT32;
export const message = <T>(number: number, schema: Schema<T>): Composite<typeof MESSAGE, T> => [
  number * 16 + MESSAGE,
  schema,
];
export const messages = <T>(number: number, schema: Schema<T>): Composite<typeof MESSAGES, T> => [
  number * 16 + MESSAGES,
  schema,
];

type AnyField = Scalar<number> | Composite<number, object>;
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
  for (const [name, field] of fields) result[name] = defaultOf(kindOf(field));
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

/** The table of the messages in a field that holds messages. */
function schemaOf(field: AnyField): Schema<object> {
  return typeof field === "number" ? {} : field[1];
}

function codeOf(field: AnyField): number {
  return typeof field === "number" ? field : field[0];
}

function kindOf(field: AnyField): number {
  return codeOf(field) & 15;
}

function writeField(out: ByteWriter, field: AnyField, value: unknown): void {
  const number = codeOf(field) >> 4;
  switch (kindOf(field)) {
    case TEXT:
      if (value !== "") writeDelimited(out, number, encoder.encode(value as string));
      break;
    case TEXTS:
      for (const item of value as readonly string[]) writeDelimited(out, number, encoder.encode(item));
      break;
    case UINT32:
      if (value !== 0) out.varint((number << 3) | VARINT).varint(value as number);
      break;
    case MESSAGE:
      if (value !== undefined) writeDelimited(out, number, encode(schemaOf(field), value as object));
      break;
    default:
      for (const item of value as readonly object[]) writeDelimited(out, number, encode(schemaOf(field), item));
  }
}

function writeDelimited(out: ByteWriter, number: number, bytes: Uint8Array): void {
  out
    .varint((number << 3) | LENGTH_DELIMITED)
    .varint(bytes.length)
    .append(bytes);
}

function defaultOf(kind: number): unknown {
  if (kind === TEXT) return "";
  if (kind === UINT32) return 0;
  return kind === MESSAGE ? undefined : [];
}

function readField(input: Input, [name, field]: [string, AnyField], wireType: number, result: AnyMessage): void {
  const kind = kindOf(field);
  if (wireType !== (kind === UINT32 ? VARINT : LENGTH_DELIMITED)) {
    throw new Error(`protobuf: field ${name} has wire type ${wireType}`);
  }
  if (kind === UINT32) {
    result[name] = input.varint();
    return;
  }
  const bytes = input.delimited();
  if (kind === TEXT) result[name] = decoder.decode(bytes);
  else if (kind === TEXTS) (result[name] as string[]).push(decoder.decode(bytes));
  else if (kind === MESSAGE) result[name] = decode(schemaOf(field), bytes);
  else (result[name] as object[]).push(decode(schemaOf(field), bytes));
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
