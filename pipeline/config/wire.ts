/**
 * Building blocks of the wire schemas: how the API's JSON spells optional values, lists, durations, choices and secrets.
 * Schemas built from these only check; they never change a value. Everything else that is made from a configuration's
 * schema (JSON Schema, OpenAPI, the reference page, the cure in an error) is made from what is declared here.
 *
 * A wrong type is a finding about the shape of a body. A {@link rule} is about a value of the right type: the API tells
 * the two apart by code.
 */
import { z } from "zod";
import { Duration, DURATION_PATTERN, InvalidDuration } from "./duration.ts";

/** Keywords of JSON Schema that say as much of a rule as JSON Schema can; they never refuse what the rule accepts. */
export type JsonKeywords = Readonly<Record<string, unknown>>;

/** What a schema tells documentation, editors and forms beyond its type. */
export interface FieldMeta {
  /** Other spellings accepted on input. */
  aliases?: readonly string[];
  /** The value must not be logged or shown. */
  secret?: boolean;
  /** Value used when the property is absent. */
  default?: unknown;
  examples?: unknown[];
  json?: JsonKeywords;
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

/** Marks findings that are not about the shape. */
export const RULE = { rule: true } as const;

/** Adds a rule. The message is what follows the subject: `source "orders": ` or `sink `. */
export function rule<S extends z.ZodType>(
  schema: S,
  holds: (value: z.output<S>) => boolean,
  message: string | ((value: z.output<S>) => string),
  json: JsonKeywords = {},
): S {
  const before = schema.meta()?.json as JsonKeywords | undefined;
  return schema.superRefine((value, context) => {
    if (holds(value)) return;
    context.addIssue({
      code: "custom",
      message: typeof message === "string" ? message : message(value),
      params: RULE,
    });
  }).meta({ json: { ...before, ...json } });
}

/** No store and no server of the pipeline's takes a NUL character or half of a surrogate pair in a name or an address. */
export const text = z.string()
  .refine((text) => !text.includes("\0"), "expected text without NUL characters")
  .refine((text) => text.isWellFormed(), "expected well-formed Unicode, without halves of surrogate pairs");
export const flag = z.boolean();
export const integer = z.int();

/** A text that is not blank. */
export function filled<S extends z.ZodType<string>>(schema: S, message: string): S {
  return rule(schema, (value) => value.trim() !== "", message, { pattern: "\\S" });
}

/** A duration in Go's syntax plus days; see duration.ts. */
export const durationText = z.string().superRefine((text, context) => {
  try {
    Duration.parse(text);
  } catch (error) {
    if (!(error instanceof InvalidDuration)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}).meta({ json: { pattern: DURATION_PATTERN } });

export interface ChoiceOptions {
  /** Spelt exactly like this; otherwise case and surrounding blanks do not matter. */
  exact?: boolean;
  /** Whether a blank text stands for the default. */
  blank?: boolean;
  /** Further spellings, accepted but not offered. */
  also?: readonly string[];
}

/** One of several words. */
export function choice(
  values: readonly string[],
  message: string | ((value: string) => string),
  { exact = false, blank = false, also = [] }: ChoiceOptions = {},
): z.ZodString {
  const all = [...values, ...also];
  const pattern = `^\\s*(?:${all.map(anyCase).join("|")})${blank ? "?" : ""}\\s*$`;
  return rule(
    text,
    (value) => exact ? all.includes(value) : chosen(all, value) !== undefined || (blank && value.trim() === ""),
    message,
    exact ? { enum: [...values] } : { anyOf: [{ enum: [...values] }, { pattern }] },
  );
}

/** The word meant by a text, in its documented spelling. */
export function chosen<T extends string>(values: readonly T[], given: string): T | undefined {
  const word = given.trim().toLowerCase();
  return values.find((value) => value.toLowerCase() === word);
}

/** A pattern for JSON Schema, which has no flag to ignore case. */
function anyCase(word: string): string {
  return [...word].map((c) =>
    c.toLowerCase() !== c.toUpperCase() ? `[${c.toUpperCase()}${c.toLowerCase()}]` : c.replace(/[.[\]\\]/, "\\$&")
  ).join("");
}
