// Built-in functions on numbers: conversion, rounding, extremes, averages, bits.
import { walking } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { flattened } from "./collections.ts";
import { less } from "./compare.ts";
import { generalText } from "./format.ts";
import { decimalFloat, decimalInt, MIN_INT } from "./number_text.ts";
import { Duration } from "./time/duration.ts";
import { Named } from "./time/instant.ts";
import { number, typeOf } from "./values.ts";

/** Floats lose their fraction, strings must be base-10 integers. */
export function int(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return truncate(value);
  if (value instanceof Duration) return value.nanoseconds;
  if (value instanceof Named) return BigInt(value.value);
  if (typeof value !== "string") throw new EvaluationError(`invalid operation: int(${typeOf(value)})`);
  const result = decimalInt(value);
  if (result === null) throw new EvaluationError(`invalid operation: int(${JSON.stringify(value)})`);
  return result;
}

/** Toward zero; what does not fit 64 bits becomes the smallest integer. */
export function truncate(value: number): bigint {
  if (Number.isNaN(value) || value >= 2 ** 63 || value < -(2 ** 63)) return MIN_INT;
  return BigInt(Math.trunc(value));
}

export function float(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") throw new EvaluationError(`invalid operation: float(${typeOf(value)})`);
  const result = decimalFloat(value);
  if (result === null) throw new EvaluationError(`invalid operation: float(${JSON.stringify(value)})`);
  return result;
}

export function string(value: unknown): string {
  return walking(() => generalText(value));
}

export function abs(value: unknown): unknown {
  if (typeof value === "bigint") return BigInt.asIntN(64, value < 0n ? -value : value);
  return Math.abs(number(value, "abs()"));
}

export function ceil(value: unknown): number {
  return Math.ceil(number(value, "ceil()"));
}

export function floor(value: unknown): number {
  return Math.floor(number(value, "floor()"));
}

/** Half away from zero. */
export function round(value: unknown): number {
  const x = number(value, "round()");
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

export function max(...values: unknown[]): unknown {
  return extreme(values, "max()", (a, b) => less(b, a));
}

export function min(...values: unknown[]): unknown {
  return extreme(values, "min()", less);
}

/** Of numbers, also inside arrays of any depth, or of lengths of time. A lone argument of another kind is itself. */
function extreme(values: readonly unknown[], name: string, better: (a: unknown, b: unknown) => boolean): unknown {
  if (values.length === 1 && !Array.isArray(values[0])) return values[0];
  let best: unknown = null;
  for (const value of values) {
    const candidate = Array.isArray(value) ? innerExtreme(value, name, better) : value;
    if (candidate === null && Array.isArray(value)) continue;
    if (typeof candidate !== "number" && typeof candidate !== "bigint" && !(candidate instanceof Duration)) {
      throw new EvaluationError(`invalid argument for ${name} (type ${typeOf(candidate)})`);
    }
    if (best === null || better(candidate, best)) best = candidate;
  }
  return best;
}

function innerExtreme(values: readonly unknown[], name: string, better: (a: unknown, b: unknown) => boolean): unknown {
  const all = flatNumbers(values, name);
  return all.length === 0 ? null : all.reduce((best, value) => better(value, best) ? value : best);
}

export function mean(...values: unknown[]): number {
  const all = flatNumbers(values, "mean()").map(Number);
  return all.length === 0 ? 0 : all.reduce((total, value) => total + value, 0) / all.length;
}

export function median(...values: unknown[]): number {
  const all = flatNumbers(values, "median()").map(Number).sort((a, b) => a - b);
  if (all.length === 0) return 0;
  const middle = all.length >> 1;
  return all.length % 2 === 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

/** Numbers, and numbers inside arrays of any depth. */
function flatNumbers(values: readonly unknown[], name: string): unknown[] {
  const found = walking(() => flattened(values));
  for (const value of found) number(value, name);
  return found;
}

function bits(value: unknown, name: string): bigint {
  if (typeof value === "bigint") return value;
  throw new EvaluationError(`${name} needs an integer, not ${typeOf(value)}`);
}

export function bitand(a: unknown, b: unknown): bigint {
  return bits(a, "bitand()") & bits(b, "bitand()");
}

export function bitor(a: unknown, b: unknown): bigint {
  return bits(a, "bitor()") | bits(b, "bitor()");
}

export function bitxor(a: unknown, b: unknown): bigint {
  return bits(a, "bitxor()") ^ bits(b, "bitxor()");
}

/** Bits of `a` that are not in `b`. */
export function bitnand(a: unknown, b: unknown): bigint {
  return bits(a, "bitnand()") & ~bits(b, "bitnand()");
}

export function bitnot(a: unknown): bigint {
  return ~bits(a, "bitnot()");
}

export function bitshl(a: unknown, b: unknown): bigint {
  const distance = shift(b, "bitshl()");
  return distance > 63n ? 0n : BigInt.asIntN(64, bits(a, "bitshl()") << distance);
}

export function bitshr(a: unknown, b: unknown): bigint {
  const distance = shift(b, "bitshr()");
  return bits(a, "bitshr()") >> (distance > 63n ? 63n : distance);
}

/** Shifts in zeros. */
export function bitushr(a: unknown, b: unknown): bigint {
  const distance = shift(b, "bitushr()");
  return distance > 63n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, bits(a, "bitushr()")) >> distance);
}

function shift(value: unknown, name: string): bigint {
  const distance = bits(value, name);
  if (distance < 0n) throw new EvaluationError(`${name}: negative shift count`);
  return distance;
}
