/**
 * Checks a request body against a wire schema and words the findings as the API does.
 * Property names match case-insensitively (an exact match wins) and by alias; everything a schema does not name is
 * refused. Findings carry a location and never a value.
 */
import { z } from "zod";
import { ConfigError, type ConfigIssue } from "./config_error.ts";
import { cureAt, cureOfName } from "./cure.ts";

/**
 * Returns the body with property names in their documented spelling. Rules are not looked at.
 * @throws {ConfigError} 422 with an empty code, findings in declaration order, depth first
 */
export function readShape<S extends z.ZodType>(schema: S, input: unknown, root = "body"): z.output<S> {
  return readBody(schema, input, root).value;
}

/**
 * As {@link readShape}, together with the values that break a {@link rule} of the schema.
 * @throws {ConfigError} 422 with an empty code
 */
export function readBody<S extends z.ZodType>(
  schema: S,
  input: unknown,
  root = "body",
): { value: z.output<S>; broken: ConfigIssue[] } {
  const body = spellNames(schema, input);
  const result = schema.safeParse(body);
  if (result.success) return { value: result.data, broken: [] };
  const { issues } = result.error;
  const told = (chosen: z.core.$ZodIssue[]) => chosen.flatMap((issue) => describe(issue, schema, body, root));
  const shape = issues.filter((issue) => !isRule(issue));
  if (shape.length > 0) throw ConfigError.shape(told(shape));
  // Schemas only check, so what breaks nothing but rules is of the schema's type as it stands.
  return { value: body as z.output<S>, broken: told(issues) };
}

function isRule(issue: z.core.$ZodIssue): boolean {
  return issue.code === "custom" && issue.params?.rule === true;
}

/** Renames properties to the spelling of the schema, as deep as the schema goes. */
function spellNames(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return spellNames(schema.unwrap(), value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((element) => spellNames(schema.element, element));
  }
  if (!(schema instanceof z.ZodObject) || typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  const shape = schema.shape as Record<string, z.ZodType>;
  const spelling = spellings(shape);
  const given = Object.entries(value);
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of given) if (Object.hasOwn(shape, key)) out[key] = spellNames(shape[key], inner);
  for (const [key, inner] of given) {
    if (Object.hasOwn(shape, key)) continue;
    const name = spelling.get(key.toLowerCase());
    if (name === undefined || name in out) out[key] = inner;
    else out[name] = spellNames(shape[name], inner);
  }
  return out;
}

const KNOWN_SPELLINGS = new WeakMap<object, Map<string, string>>();

function spellings(shape: Record<string, z.ZodType>): Map<string, string> {
  const known = KNOWN_SPELLINGS.get(shape);
  if (known !== undefined) return known;
  const names = new Map<string, string>();
  for (const [name, field] of Object.entries(shape)) {
    names.set(name.toLowerCase(), name);
    const aliases = field.meta()?.aliases;
    if (Array.isArray(aliases)) { for (const alias of aliases) names.set(String(alias).toLowerCase(), name); }
  }
  KNOWN_SPELLINGS.set(shape, names);
  return names;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, body: unknown, root: string): ConfigIssue[] {
  const path = issue.path;
  const about = (message: string, at = path): ConfigIssue[] => [{
    path: location(root, at),
    message,
    ...cured(cureAt(schema, path)),
  }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: location(root, [...path, printable(key)]),
        message: "unexpected property",
        ...cured(cureOfName(schema, path, key)),
      }));
    case "invalid_type":
      if (path.length > 0 && valueAt(body, path) === undefined) {
        const name = path[path.length - 1];
        return about(`expected required property ${String(name)} to be present`, path.slice(0, -1));
      }
      return about(`expected ${wireType(issue.expected)}`);
    case "invalid_value":
      return about(`expected value to be one of ${issue.values.join(", ")}`);
    case "too_big":
    case "too_small":
      return about(bound(issue));
    case "custom":
      return about(issue.message ?? "unexpected value");
    default:
      return about("unexpected value");
  }
}

const cured = (cure: string | undefined) => cure === undefined ? {} : { cure };

function wireType(expected: string): string {
  return expected === "int" || expected === "number" ? "integer" : expected;
}

function bound(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const subject = issue.origin === "string" || issue.origin === "array" ? "length" : "number";
  return issue.code === "too_big"
    ? `expected ${subject} <= ${issue.maximum}`
    : `expected ${subject} >= ${issue.minimum}`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** `body.sink.mapping[0].name` */
export function location(root: string, path: readonly PropertyKey[]): string {
  let text = root;
  for (const key of path) text += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  return text;
}

/** Names of unknown properties are shown only when they look like names: a misplaced value could be a secret. */
function printable(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/.test(key) ? key : "(unnamed)";
}
