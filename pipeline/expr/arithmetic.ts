// Arithmetic. Two integers give a 64-bit wrapping integer (except / and **, which always give a float);
// with a float on either side the result is a float. Instants and lengths of time have sums and differences.
import { make } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { addTimes, multiplyTimes, subtractTimes } from "./time/arithmetic.ts";
import { pow } from "./power.ts";
import { typeOf } from "./values.ts";

export function add(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") {
    make(a.length + b.length);
    return a + b;
  }
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt.asIntN(64, a + b);
  return addTimes(a, b) ?? float(a, b, "+") + float(b, a, "+", true);
}

export function subtract(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt.asIntN(64, a - b);
  return subtractTimes(a, b) ?? float(a, b, "-") - float(b, a, "-", true);
}

export function multiply(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt.asIntN(64, a * b);
  return multiplyTimes(a, b) ?? float(a, b, "*") * float(b, a, "*", true);
}

export function divide(a: unknown, b: unknown): number {
  return float(a, b, "/") / float(b, a, "/", true);
}

export function power(a: unknown, b: unknown): number {
  const x = float(a, b, "**");
  const y = float(b, a, "**", true);
  return pow(x, y);
}

/** Integers only; the sign is that of the left side. `whole` lets a declared integer field take part. */
export function modulo(a: unknown, b: unknown): bigint {
  if (typeof a !== "bigint" || typeof b !== "bigint") {
    throw new EvaluationError(`invalid operation: ${typeOf(a)} % ${typeOf(b)}`);
  }
  if (b === 0n) throw new EvaluationError("integer divide by zero");
  return BigInt.asIntN(64, a % b);
}

/** The value of a field declared as an integer, as an integer; anything else is left for the operator to reject. */
export function whole(value: unknown): unknown {
  return typeof value === "number" && Number.isInteger(value) ? BigInt.asIntN(64, BigInt(value)) : value;
}

export function negate(value: unknown): unknown {
  if (typeof value === "number") return -value;
  if (typeof value === "bigint") return BigInt.asIntN(64, -value);
  throw new EvaluationError(`invalid operation: - ${typeOf(value)}`);
}

export function plus(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "bigint") return value;
  throw new EvaluationError(`invalid operation: + ${typeOf(value)}`);
}

function float(value: unknown, other: unknown, operator: string, swapped = false): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  const [left, right] = swapped ? [other, value] : [value, other];
  throw new EvaluationError(`invalid operation: ${typeOf(left)} ${operator} ${typeOf(right)}`);
}
