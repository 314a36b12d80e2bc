/**
 * Cases of expressions: an expression, the event it sees, and what must come out. Files hold an array of cases.
 *
 * Numbers are equal when their values are, whether integer or float; `type` says which it must be where it is given.
 * Instants are compared as RFC 3339 text, lengths of time as nanoseconds, maps with any keys as objects.
 */
import {
  type CheckedExpression,
  compileExpression,
  EvaluationError,
  ExpressionError,
  type ExpressionMode,
  generate,
} from "../../../pipeline/expr/mod.ts";
import * as rt from "../../../pipeline/expr/runtime.ts";
import { Special } from "../../../pipeline/expr/values.ts";
import { readExact } from "../suite.ts";

export interface ExpressionCase {
  readonly expression: string;
  /** `value` where it is not said. */
  readonly mode?: ExpressionMode;
  readonly language?: "expr" | "cel";
  readonly env?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  /** Any error is meant; a text is the original's, for people to read. */
  readonly error?: true | string;
  /** What the language's type() says of the result. */
  readonly type?: string;
  /** Why the result is another than the original's. */
  readonly differs?: string;
}

export function readCases(file: string): readonly ExpressionCase[] {
  const cases = readExact(file);
  if (!Array.isArray(cases)) throw new TypeError(`${file}: expected an array of cases`);
  return cases.map((each: ExpressionCase, i) => {
    if (typeof each?.expression !== "string" || !(fails(each) || "result" in each)) {
      throw new TypeError(`${file}: case ${i} needs "expression" and "result" or "error"`);
    }
    return { ...each, env: asEvent(each.env ?? {}) as Record<string, unknown> };
  });
}

/** An error of null or false is none. */
function fails({ error }: { readonly error?: unknown }): boolean {
  return error !== undefined && error !== null && error !== false;
}

/** What is wrong with the case, or null. */
export function failureOf(each: ExpressionCase): string | null {
  let value: unknown;
  try {
    value = evaluate(each);
  } catch (error) {
    if (!(error instanceof ExpressionError) && !(error instanceof EvaluationError)) {
      return `crashed: ${error instanceof Error ? error.stack : error}`;
    }
    return fails(each) ? null : `expected ${show(each.result)}, failed: ${error.message}`;
  }
  if (fails(each)) return `expected an error (${each.error}), got ${show(value)}`;
  if (!sameValue(each.result, value)) return `expected ${show(each.result)}, got ${show(value)}`;
  if (each.type !== undefined && each.type !== rt.type(value)) {
    return `expected the type ${each.type} of ${show(value)}, got ${rt.type(value)}`;
  }
  return null;
}

/** @throws {ExpressionError} | {EvaluationError} */
export function evaluate({ expression, mode = "value", env = {} }: ExpressionCase): unknown {
  return evaluateChecked(compileExpression(expression, null, mode), env);
}

export function evaluateChecked(checked: CheckedExpression, env: Readonly<Record<string, unknown>>): unknown {
  const code = generate(checked, {
    value: (field) => `own(${JSON.stringify(field)})`,
    environment: () => "event",
    now: () => "now",
  });
  const own = (field: string) => Object.hasOwn(env, field) ? env[field] ?? null : null;
  // The text comes from the checked tree only.
  return new Function("rt", "event", "own", "now", `"use strict"; return ${code};`)(rt, env, own, Date.now());
}

/** An event's numbers are floats. */
function asEvent(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asEvent);
  if (typeof value !== "object" || value === null) return value;
  const event: Record<string, unknown> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) event[name] = asEvent(inner);
  return event;
}

export function sameValue(expected: unknown, actual: unknown): boolean {
  if (actual instanceof Special) return sameValue(expected, actual.toJson(rt.string));
  if (actual === null || actual === undefined) return expected === null;
  if (typeof actual === "number" && typeof expected === "string") return expected === rt.string(actual);
  if (typeof actual === "number" || typeof actual === "bigint") {
    return (typeof expected === "number" || typeof expected === "bigint") && sameNumber(expected, actual);
  }
  if (typeof actual !== "object") return expected === actual;
  if (Array.isArray(actual)) {
    return Array.isArray(expected) && expected.length === actual.length &&
      actual.every((element, i) => sameValue(expected[i], element));
  }
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return false;
  const [wanted, got] = [expected as Record<string, unknown>, actual as Record<string, unknown>];
  const names = Object.keys(got);
  return names.length === Object.keys(wanted).length &&
    names.every((name) => Object.hasOwn(wanted, name) && sameValue(wanted[name], got[name]));
}

/** JavaScript compares integers and floats by their values. A float's text may be that of a whole number. */
function sameNumber(expected: number | bigint, actual: number | bigint): boolean {
  return typeof actual === "bigint" ? expected == actual : Number(expected) === actual;
}

function show(value: unknown): string {
  if (value instanceof Special) return `${value.toText(rt.string)} (${value.typeName})`;
  if (typeof value === "bigint") return `${value} (int)`;
  if (typeof value === "number") return `${value} (float)`;
  return JSON.stringify(value, (_key, inner) => typeof inner === "bigint" ? Number(inner) : inner) ?? "nil";
}

export function envText({ env = {} }: ExpressionCase): string {
  return Object.keys(env).length === 0 ? "" : `on ${show(env).slice(0, 300)}`;
}
