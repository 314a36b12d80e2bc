/**
 * Building blocks of the wire schemas: how the API's JSON spells optional values, lists, durations and secrets.
 * Schemas built from these only check; they never change a value, so JSON Schema can be generated from them.
 */
import { z } from "zod";
import { Duration, InvalidDuration } from "./duration.ts";

/** What a schema tells documentation and forms beyond its type. */
export interface FieldMeta {
  /** Other spellings accepted on input. */
  aliases?: readonly string[];
  /** The value must not be logged or shown. */
  secret?: boolean;
  /** Value used when the property is absent. */
  default?: unknown;
  examples?: unknown[];
}

/** A property that must be there. */
export function required<S extends z.ZodType>(schema: S, description: string, meta: FieldMeta = {}): S {
  return schema.meta({ ...meta, description });
}

/** A property that may be absent or null. */
export function optional<S extends z.ZodType>(
  schema: S,
  description: string,
  meta: FieldMeta = {},
): z.ZodOptional<z.ZodNullable<S>> {
  return schema.nullish().meta({ ...meta, description });
}

/** An array that must be there; null stands for an empty one. */
export function list<S extends z.ZodType>(element: S, description: string): z.ZodNullable<z.ZodArray<S>> {
  return z.array(element).nullable().meta({ description });
}

/** A duration in Go's syntax plus days; see duration.ts. */
export const durationText = z.string().superRefine((text, context) => {
  try {
    Duration.parse(text);
  } catch (error) {
    if (!(error instanceof InvalidDuration)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});

/** No store and no server of the pipeline's takes a NUL character in a name or an address. */
export const text = z.string().refine((text) => !text.includes("\0"), "expected text without NUL characters");
export const flag = z.boolean();
export const integer = z.int();
