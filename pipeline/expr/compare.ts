// Equality and order. Numbers compare across int and float; order is defined for two numbers, two strings, two
// instants or two lengths of time.
import { read, visit, walking } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { Duration } from "./time/duration.ts";
import { Instant } from "./time/instant.ts";
import { isMap, Special, typeOf, type ValueMap } from "./values.ts";

export function equal(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string") {
    if (a.length === b.length) read(a);
    return a === b;
  }
  if (a === b) return true;
  if (typeof a === "number") return typeof b === "bigint" && a === Number(b);
  if (typeof a === "bigint") return typeof b === "number" && Number(a) === b;
  if (a === null || a === undefined) return b === null || b === undefined;
  if (typeof a !== "object" || typeof b !== "object" || b === null) return false;
  return walking(() => sameContainers(a, b));
}

function sameContainers(a: object, b: object): boolean {
  if (a instanceof Special) return a.equals(b, identical);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    visit(1 + a.length);
    return a.every((element, i) => equal(element, b[i]));
  }
  return isMap(a) && isMap(b) && sameEntries(a, b);
}

/** Inside maps an integer is not a float. */
function identical(a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b && a !== undefined && b !== undefined) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    visit(1 + a.length);
    return a.length === b.length && a.every((element, i) => identical(element, b[i]));
  }
  return isMap(a) && isMap(b) ? sameEntries(a, b) : equal(a, b);
}

function sameEntries(a: ValueMap, b: ValueMap): boolean {
  const keys = Object.keys(a);
  visit(1 + keys.length);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && identical(a[key], b[key]));
}

export function less(a: unknown, b: unknown): boolean {
  return typeof a === "number" && typeof b === "number" ? a < b : order(a, b, "<") < 0;
}

export function lessOrEqual(a: unknown, b: unknown): boolean {
  return typeof a === "number" && typeof b === "number" ? a <= b : order(a, b, "<=") <= 0;
}

export function more(a: unknown, b: unknown): boolean {
  return typeof a === "number" && typeof b === "number" ? a > b : order(a, b, ">") > 0;
}

export function moreOrEqual(a: unknown, b: unknown): boolean {
  return typeof a === "number" && typeof b === "number" ? a >= b : order(a, b, ">=") >= 0;
}

/** Negative, 0 or positive; NaN when a float is not a number (then no comparison holds). */
export function order(a: unknown, b: unknown, operator: string): number {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") {
    read(a);
    return orderText(a, b);
  }
  const x = typeof a === "bigint" ? Number(a) : a;
  const y = typeof b === "bigint" ? Number(b) : b;
  if (typeof x === "number" && typeof y === "number") return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN;
  if ((a instanceof Instant && b instanceof Instant) || (a instanceof Duration && b instanceof Duration)) {
    return a.nanoseconds < b.nanoseconds ? -1 : a.nanoseconds > b.nanoseconds ? 1 : 0;
  }
  throw new EvaluationError(`invalid operation: ${typeOf(a)} ${operator} ${typeOf(b)}`);
}

/** Order of the UTF-8 bytes, which is the order of the code points. */
export function orderText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // surrogates stand for code points above every other 16-bit unit
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh !== yHigh ? (xHigh ? 1 : -1) : x - y;
  }
  return a.length - b.length;
}
