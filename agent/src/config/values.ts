import { isIP, isIPv4 } from "node:net";
import { z } from "zod";

/**
 * The kinds of value that a configuration key can hold. Each schema is registered with the form that an operator should
 * write, which is what an error message quotes.
 */
export interface KeyInfo {
  /** What the key does, one sentence. */
  readonly doc: string;
  /** What to write, for example "tcp:HOST:PORT". */
  readonly form: string;
  /** How a flag's text becomes a value. A list's flag may be repeated, or hold commas. */
  readonly flag: "text" | "number" | "boolean" | "list";
  /** Says what the default is where it depends on the machine. */
  readonly fallbackText?: string | undefined;
}

export const keys = z.registry<KeyInfo>();

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of "500ms", "30s", "2m" or "1h"; undefined for anything else, and for zero. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  const milliseconds = Math.round(Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN));
  return milliseconds > 0 ? milliseconds : undefined;
}

/** An OVSDB remote in the form of ovsdb(7), "Active" connection methods. */
export function isRemote(text: string): boolean {
  if (text.startsWith("unix:")) return text.startsWith("unix:/");
  const match = /^(?:tcp|ssl):(.+)$/.exec(text);
  return match !== null && isHostPort(match[1] ?? "");
}

/** "host:port", "192.0.2.1:port" or "[2001:db8::1]:port". */
export function isHostPort(text: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^\s:/]+)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535 || Number(match[3]) === 0) return false;
  return match[1] === undefined || isIP(match[1]) === 6;
}

export interface Cidr {
  readonly family: 4 | 6;
  /** The network's address as a number. */
  readonly network: bigint;
  readonly prefix: number;
}

/** Undefined when the text is no network in CIDR notation; host bits must be zero. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", prefixText = ""] = text.split("/");
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const bits = family === 4 ? 32 : 128;
  const prefix = Number(prefixText);
  if (prefix > bits || text !== `${address}/${prefixText}`) return undefined;
  const network = addressNumber(address);
  return (network & ((1n << BigInt(bits - prefix)) - 1n)) === 0n ? { family, network, prefix } : undefined;
}

/** True when one of the two networks contains the other. */
export function overlap(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const shift = BigInt((a.family === 4 ? 32 : 128) - Math.min(a.prefix, b.prefix));
  return a.network >> shift === b.network >> shift;
}

function addressNumber(address: string): bigint {
  if (isIPv4(address)) return address.split(".").reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  // A trailing dotted quad stands for the last two groups.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (quad) => {
    const value = Number(addressNumber(quad));
    return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

export function text(doc: string, form: string, accepts: (value: string) => boolean, fallbackText?: string) {
  return z.string().refine(accepts).register(keys, { doc, form, flag: "text", fallbackText });
}

export function path(doc: string) {
  return text(doc, "an absolute path", (value) => value.startsWith("/") && !value.includes("\0"));
}

export function toggle(doc: string) {
  return z.boolean().register(keys, { doc, form: "true or false", flag: "boolean" });
}

export function choice<const T extends readonly [string, ...string[]]>(doc: string, values: T) {
  return z.enum(values).register(keys, { doc, form: `one of ${values.join(", ")}`, flag: "text" });
}

export function integer(doc: string, form: string, accepts: (value: number) => boolean) {
  return z.int().refine(accepts).register(keys, { doc, form, flag: "number" });
}

/** A list of texts; one text alone, or several joined with commas as OVN's own tools write them, counts as a list. */
export function list(doc: string, form: string, accepts: (value: string) => boolean) {
  const split = (value: unknown): unknown =>
    typeof value === "string" ? value.split(",").flatMap((item) => item.trim() || []) : value;
  return z.preprocess(split, z.array(z.string().refine(accepts))).register(keys, { doc, form, flag: "list" });
}

/** Written as "30s"; the parsed value is milliseconds. */
export function duration(doc: string) {
  return z
    .string()
    .transform((value, context) => {
      const milliseconds = parseDuration(value);
      if (milliseconds !== undefined) return milliseconds;
      context.issues.push({ code: "custom", input: value });
      return z.NEVER;
    })
    .register(keys, { doc, form: 'a duration such as "500ms", "30s" or "2m"', flag: "text" });
}
