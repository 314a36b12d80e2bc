/** Checks a value against a JSON Schema with the keywords this product uses; an unknown keyword is an error. */
import type { JsonSchema } from "../../pipeline/config/mod.ts";

const ANNOTATIONS = [
  "$schema",
  "title",
  "description",
  "default",
  "examples",
  "format",
  "writeOnly",
  "deprecated",
  "then",
  "else",
];

/** Where the value breaks the schema; empty when it does not. */
export function violations(schema: JsonSchema, value: unknown, at = ""): string[] {
  return Object.entries(schema).flatMap(([keyword, given]) => {
    if (ANNOTATIONS.includes(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new RangeError(`no check for keyword ${keyword}`);
    return check(given as never, value, at, schema);
  });
}

type Check = (given: never, value: unknown, at: string, schema: JsonSchema) => string[];

const fails = (holds: boolean, at: string, keyword: string) => holds ? [] : [`${at}: ${keyword}`];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fits = (schema: JsonSchema, value: unknown) => violations(schema, value).length === 0;

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: (given: string | string[], value, at) =>
    fails([given].flat().some((type) => hasType(type, value)), at, `type ${given}`),
  enum: (given: unknown[], value, at) => fails(given.includes(value), at, "enum"),
  const: (given: unknown, value, at) => fails(given === value, at, "const"),
  pattern: (given: string, value, at) =>
    fails(typeof value !== "string" || new RegExp(given, "u").test(value), at, `pattern ${given}`),
  minLength: (given: number, value, at) => fails(typeof value !== "string" || value.length >= given, at, "minLength"),
  maxLength: (given: number, value, at) => fails(typeof value !== "string" || value.length <= given, at, "maxLength"),
  minimum: (given: number, value, at) => fails(typeof value !== "number" || value >= given, at, "minimum"),
  maximum: (given: number, value, at) => fails(typeof value !== "number" || value <= given, at, "maximum"),
  minItems: (given: number, value, at) => fails(!Array.isArray(value) || value.length >= given, at, "minItems"),
  maxItems: (given: number, value, at) => fails(!Array.isArray(value) || value.length <= given, at, "maxItems"),
  items: (given: JsonSchema, value, at) =>
    Array.isArray(value) ? value.flatMap((each, i) => violations(given, each, `${at}[${i}]`)) : [],
  properties: (given: Record<string, JsonSchema>, value, at) =>
    isObject(value)
      ? Object.entries(given).flatMap(([name, schema]) =>
        Object.hasOwn(value, name) ? violations(schema, value[name], `${at}.${name}`) : []
      )
      : [],
  required: (given: string[], value, at) =>
    isObject(value) ? given.flatMap((name) => fails(Object.hasOwn(value, name), `${at}.${name}`, "required")) : [],
  additionalProperties: (given: unknown, value, at, { properties = {} }) => {
    if (!isObject(value)) return [];
    const others = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
    if (given === false) return others.map((name) => `${at}.${name}: additional`);
    return others.flatMap((name) => violations(given as JsonSchema, value[name], `${at}.${name}`));
  },
  propertyNames: (given: JsonSchema, value, at) =>
    isObject(value) ? Object.keys(value).flatMap((name) => violations(given, name, `${at}.${name}`)) : [],
  anyOf: (given: JsonSchema[], value, at) => fails(given.some((each) => fits(each, value)), at, "anyOf"),
  allOf: (given: JsonSchema[], value, at) => given.flatMap((each) => violations(each, value, at)),
  if: (given: JsonSchema, value, at, schema) => {
    const branch = (fits(given, value) ? schema.then : schema.else) as JsonSchema | undefined;
    return branch ? violations(branch, value, at) : [];
  },
};

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      throw new RangeError(`no check for type ${type}`);
  }
}
