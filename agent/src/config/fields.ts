import { z } from "zod";
import { type KeyInfo, keys } from "./values.js";

/** One key of the configuration that holds a value. */
export interface Field extends KeyInfo {
  readonly path: readonly string[];
  /** "northbound.leaderOnly", as errors and the reference write it. */
  readonly name: string;
  /** "northbound.leader-only", the flag without its dashes. */
  readonly flagName: string;
  /** As an operator would write it; undefined when there is none. A function when it depends on the machine. */
  readonly fallback: unknown;
  readonly required: boolean;
}

/** Every field of an object schema, in the schema's order. */
export function fieldsOf(schema: z.core.$ZodType, path: readonly string[] = []): Field[] {
  const { inner, fallback, required } = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) => fieldsOf(value as z.core.$ZodType, [...path, key]));
  }
  const info = keys.get(inner as z.ZodType);
  if (info === undefined) throw new Error(`configuration key ${path.join(".")} has no description`);
  const name = path.join(".");
  return [{ ...info, path, name, flagName: kebab(name), fallback, required }];
}

function unwrap(schema: z.core.$ZodType): { inner: z.core.$ZodType; fallback: unknown; required: boolean } {
  if (schema instanceof z.ZodPrefault) {
    return { inner: unwrap(schema.unwrap()).inner, fallback: schema.def.defaultValue, required: false };
  }
  if (schema instanceof z.ZodOptional)
    return { inner: unwrap(schema.unwrap()).inner, fallback: undefined, required: false };
  return { inner: schema, fallback: undefined, required: true };
}

function kebab(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z]+)/g,
    (_, before: string, capitals: string) => `${before}-${capitals.toLowerCase()}`,
  );
}
