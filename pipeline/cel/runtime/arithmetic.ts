// Arithmetic. Integers are 64 bits wide and overflow is an error; kinds of numbers do not mix.
import { make, spend } from "../../expr/budget.ts";
import { EvaluationError } from "../../expr/errors.ts";
import {
  checkDuration,
  checkInt,
  checkTimestamp,
  checkUint,
  Duration,
  MAX_INT,
  MIN_INT,
  noOverload,
  Timestamp,
  Uint,
} from "./values.ts";

export function add(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") {
    make(a.length + b.length);
    return a + b;
  }
  if (a instanceof Uint && b instanceof Uint) return checkUint(a.value + b.value);
  if (Array.isArray(a) && Array.isArray(b)) {
    spend(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    make(a.length + b.length);
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  }
  if (a instanceof Duration && b instanceof Duration) return checkDuration(a.nanoseconds + b.nanoseconds);
  if (a instanceof Timestamp && b instanceof Duration) return checkTimestamp(a.nanoseconds + b.nanoseconds, a.offset);
  if (a instanceof Duration && b instanceof Timestamp) return checkTimestamp(a.nanoseconds + b.nanoseconds, b.offset);
  throw noOverload("+", a, b);
}

export function subtract(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(a - b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a instanceof Uint && b instanceof Uint) return checkUint(a.value - b.value);
  if (a instanceof Duration && b instanceof Duration) return checkDuration(a.nanoseconds - b.nanoseconds);
  if (a instanceof Timestamp && b instanceof Timestamp) return checkDuration(a.nanoseconds - b.nanoseconds);
  if (a instanceof Timestamp && b instanceof Duration) {
    return checkTimestamp(a.nanoseconds - checkDuration(b.nanoseconds).nanoseconds, a.offset);
  }
  throw noOverload("-", a, b);
}

export function multiply(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(a * b);
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a instanceof Uint && b instanceof Uint) return checkUint(a.value * b.value);
  throw noOverload("*", a, b);
}

export function divide(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(a / divisor(b));
  if (typeof a === "number" && typeof b === "number") return a / b;
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value / divisor(b.value));
  throw noOverload("/", a, b);
}

/** The sign is that of the left side. */
export function modulo(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (a === MIN_INT && b === -1n) checkInt(MAX_INT + 1n);
    return a % divisor(b);
  }
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value % divisor(b.value));
  throw noOverload("%", a, b);
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new EvaluationError("division by zero");
  return value;
}

export function negate(value: unknown): unknown {
  if (typeof value === "bigint") return checkInt(-value);
  if (typeof value === "number") return -value;
  throw noOverload("-", value);
}

/** Of whole numbers that doubles hold exactly. */
export function quotient(a: number, b: number): number {
  return Math.trunc(a / b);
}

export function remainder(a: number, b: number): number {
  return a % b;
}
