// Equality and order. Numbers compare by value whatever their kind, NaN with nothing; other values of different kinds are
// never equal, and ordering them is an error.
import { orderText } from "../../expr/compare.ts";
import { read, visit, walking } from "../../expr/budget.ts";
import { entriesOf, entryOf, sizeOf } from "./containers.ts";
import { Duration, isMap, noOverload, Timestamp, TypeValue, Uint } from "./values.ts";

export function equals(a: unknown, b: unknown): boolean {
  if (typeof a === "string") read(a);
  if (a === b) return a !== undefined;
  if (isNumber(a)) return isNumber(b) && orderNumbers(a, b) === 0;
  if (a === null || typeof a !== "object" || b === null || typeof b !== "object") return false;
  return walking(() => sameObjects(a, b));
}

function sameObjects(a: object, b: object): boolean {
  if (Array.isArray(a)) {
    visit(1 + a.length);
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => equals(element, b[i]));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && orderBytes(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanoseconds === b.nanoseconds;
  if (a instanceof Duration) return b instanceof Duration && a.nanoseconds === b.nanoseconds;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (!isMap(a) || !isMap(b) || sizeOf(a) !== sizeOf(b)) return false;
  visit(1 + sizeOf(a));
  return entriesOf(a).every(([key, value]) => {
    const other = entryOf(b, key);
    return other !== undefined && equals(value, other.value);
  });
}

export function less(a: unknown, b: unknown): boolean {
  return order(a, b, "<") < 0;
}

export function lessOrEqual(a: unknown, b: unknown): boolean {
  return order(a, b, "<=") <= 0;
}

export function more(a: unknown, b: unknown): boolean {
  return order(a, b, ">") > 0;
}

export function moreOrEqual(a: unknown, b: unknown): boolean {
  return order(a, b, ">=") >= 0;
}

/** NaN where the two are not comparable numbers. */
function order(a: unknown, b: unknown, operator: string): number {
  if (isNumber(a) && isNumber(b)) return orderNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") {
    read(a);
    return orderText(a, b);
  }
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return Number(a.nanoseconds - b.nanoseconds);
  if (a instanceof Duration && b instanceof Duration) return Number(a.nanoseconds - b.nanoseconds);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return orderBytes(a, b);
  throw noOverload(operator, a, b);
}

type AnyNumber = number | bigint | Uint;

function isNumber(value: unknown): value is AnyNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Uint;
}

/** An integer that meets a double is rounded to one, unless the double is beyond every integer. NaN: not comparable. */
function orderNumbers(a: AnyNumber, b: AnyNumber): number {
  const x = a instanceof Uint ? a.value : a;
  const y = b instanceof Uint ? b.value : b;
  if (typeof x === typeof y) return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN;
  const left = Number(x);
  const right = Number(y);
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : NaN;
}

function orderBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
