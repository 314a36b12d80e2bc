/** What a column type does with values, in words of the suite: independent of the product's code. */
import { Digits } from "../../json_digits.ts";

/** Types of sources, and `element`: a part of an array, map or tuple, which has no declared type. */
export type Source =
  | "string"
  | "bool"
  | "int"
  | "uint"
  | "float"
  | "array"
  | "map"
  | "key"
  | "timestamp"
  | "attributes"
  | "element";

export const SOURCES: readonly Exclude<Source, "element">[] = [
  ...["string", "bool", "int", "uint", "float", "array", "map", "key", "timestamp", "attributes"] as const,
];

export type Expected = { readonly result: unknown } | { readonly error: string };

export interface Rule {
  /** The type as the table has it. */
  readonly text: string;
  /** Sources that fit; all others are refused when the pipeline is created. */
  readonly sources: ReadonlySet<Source>;
  /** What the engine shows for a value that is absent. */
  readonly zero: unknown;
  /** Texts worth trying: numbers for numeric types, texts for the others. */
  readonly edges: readonly string[];
  convert(source: Source, value: unknown): Expected;
}

/** Of an element whose kind the column does not take. */
export function unfit(value: unknown, type: string): Expected {
  const kind = Array.isArray(value)
    ? "array"
    : value instanceof Digits
    ? "number"
    : typeof value === "boolean"
    ? "bool"
    : typeof value === "string"
    ? "string"
    : "map";
  return { error: `${kind === "array" ? "an" : "a"} ${kind} does not fit ${type}` };
}
