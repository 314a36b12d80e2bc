/** Runs cases of the CEL suite: an expression with an environment, and what cel-go makes of it. */
import { checkCel } from "../../../pipeline/cel/compile.ts";
import { typeName } from "../../../pipeline/cel/runtime/values.ts";
import type { CelField } from "../../../pipeline/cel/types.ts";
import { EvaluationError, ExpressionError, generate } from "../../../pipeline/expr/mod.ts";
import * as rt from "../../../pipeline/expr/runtime.ts";
import { readExact } from "../suite.ts";
import { celValue, isResult } from "./values.ts";

/** `result` and `env` as readExact gives them. */
export interface CelCase {
  readonly expression: string;
  readonly language?: "expr" | "cel";
  readonly env?: Readonly<Record<string, unknown>>;
  /** declared field types; `?` behind one: null is possible. Without it variables are of unknown type. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly result?: unknown;
  /** type of the result */
  readonly type?: string;
  readonly error?: unknown;
  /** why the result is not cel-go's */
  readonly differs?: string;
}

export function readCelCases(file: string): readonly CelCase[] {
  const cases = readExact(file);
  if (Array.isArray(cases)) return cases as CelCase[];
  throw new TypeError(`${file}: expected an array of cases`);
}

/** The case with the whole numbers of its environment as doubles. */
export function withDoubles(test: CelCase): CelCase {
  return { ...test, env: asDoubles(test.env ?? {}) as Record<string, unknown> };
}

function asDoubles(json: unknown): unknown {
  if (typeof json === "bigint") return Number(json);
  if (Array.isArray(json)) return json.map(asDoubles);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, asDoubles(value)]));
}

/** What is wrong with a case's outcome, or null. A crash is wrong too. */
export function judge(test: CelCase): string | null {
  let actual: unknown;
  try {
    actual = run(test);
  } catch (error) {
    if (!(error instanceof ExpressionError) && !(error instanceof EvaluationError)) {
      return `crashed: ${error instanceof Error ? error.stack : error}`;
    }
    return Object.hasOwn(test, "error")
      ? null
      : `error ${JSON.stringify(error.message)}, expected ${text(test.result)}`;
  }
  if (fails(test)) return `gives ${text(actual)}, expected error ${text(test.error)}`;
  if (test.type !== undefined && typeName(actual) !== test.type) {
    return `gives a ${typeName(actual)}, not a ${test.type}`;
  }
  return isResult(actual, test.result) ? null : `gives ${text(actual)}, expected ${text(test.result)}`;
}

function fails({ error }: CelCase): boolean {
  return error !== undefined && error !== null && error !== "" && error !== false;
}

function run({ expression, env = {}, fields }: CelCase): unknown {
  const event = celValue(env) as Record<string, unknown>;
  const declared = Object.keys(env).map((name): CelField => {
    const type = fields?.[name] ?? "dyn";
    return { name, type: type.replace("?", "") as CelField["type"], nullable: type.endsWith("?") };
  });
  const { term, read } = checkCel(expression, declared);
  const tree = {
    tree: term.node,
    type: term.node.type,
    fields: read,
    readsEnvironment: false,
    mode: "stateless",
  } as const;
  const value = (field: string) => `value(${JSON.stringify(field)})`;
  const js = generate(tree, { value, integer: (field) => `integer(${JSON.stringify(field)})` });
  const integers = new Set(declared.filter(({ type }) => type === "int" || type === "uint").map(({ name }) => name));
  return new Function("rt", "value", "integer", `"use strict"; return ${js};`)(
    rt,
    (field: string) => integers.has(field) ? asDouble(event[field]) : event[field],
    (field: string) => exact(event[field]),
  );
}

function exact(value: unknown): bigint | null {
  return typeof value === "object" && value !== null ? (value as { value: bigint }).value : value as bigint | null;
}

function asDouble(value: unknown): number | null {
  const integer = exact(value);
  return integer === null ? null : Number(integer);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => typeof inner === "bigint" ? `${inner}` : inner) ?? String(value);
}
