// What CEL values are at run time.
//
// int is a bigint, uint a Uint, double a number, string, bool and null are JavaScript's, bytes a Uint8Array, a list an
// array. A map whose keys are all strings is a plain object (as in events), any other one a KeyedMap.
import { EvaluationError } from "../../expr/errors.ts";
import { Duration, SECOND } from "../../expr/time/duration.ts";

export const MIN_INT = -(2n ** 63n);
export const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

export { Duration, SECOND };

export class Uint {
  constructor(readonly value: bigint) {}
}

/** An instant of the years 1 to 9999. `offset`: minutes east of UTC, as written; string() shows it. */
export class Timestamp {
  constructor(readonly nanoseconds: bigint, readonly offset: number) {}
}

/** What type() gives and what names such as `int` mean. */
export class TypeValue {
  constructor(readonly name: string) {}
}

export type ObjectMap = Record<string, unknown>;
export type Key = string | bigint | boolean;

/** Keys that are equal numbers are one key, whatever their type. */
export class KeyedMap {
  readonly entries = new Map<Key, { readonly key: unknown; readonly value: unknown }>();
}

/** Null for a value that equals no possible key. */
export function keyOf(value: unknown): Key | null {
  if (typeof value === "string" || typeof value === "bigint" || typeof value === "boolean") return value;
  if (value instanceof Uint) return value.value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : null;
}

function isObjectMap(value: unknown): value is ObjectMap {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function isMap(value: unknown): value is ObjectMap | KeyedMap {
  return value instanceof KeyedMap || isObjectMap(value);
}

/** The name of a value's type, as the language spells it. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    case "boolean":
      return "bool";
  }
  if (value === null || value === undefined) return "null_type";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "list";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  return value instanceof TypeValue ? "type" : "map";
}

/** The error for operands that no overload takes. */
export function noOverload(name: string, ...values: unknown[]): EvaluationError {
  return new EvaluationError(`no such overload: ${name}(${values.map(typeName).join(", ")})`);
}

export function checkInt(value: bigint): bigint {
  if (value >= MIN_INT && value <= MAX_INT) return value;
  throw new EvaluationError("integer overflow: the result does not fit 64 bits");
}

export function checkUint(value: bigint): Uint {
  if (value >= 0n && value <= MAX_UINT) return new Uint(value);
  throw new EvaluationError("unsigned integer overflow: the result does not fit 64 bits");
}

const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

export function checkTimestamp(nanoseconds: bigint, offset: number): Timestamp {
  if (nanoseconds >= FIRST_SECOND * SECOND && nanoseconds < (LAST_SECOND + 1n) * SECOND) {
    return new Timestamp(nanoseconds, offset);
  }
  throw new EvaluationError("timestamp overflow: the year must be between 1 and 9999");
}

export function checkDuration(nanoseconds: bigint): Duration {
  if (nanoseconds >= MIN_INT && nanoseconds <= MAX_INT) return new Duration(nanoseconds);
  throw new EvaluationError("duration overflow: the result is longer than 292 years");
}

// constructors for generated code, whose literals are only texts and numbers

export function uintOf(value: bigint): Uint {
  return new Uint(value);
}

/** A field's value, which may be null. @throws EvaluationError for one that is no uint */
export function uintField(value: bigint | null): Uint | null {
  return value === null ? null : checkUint(value);
}

/** An integer that was read as a double, as a bigint or as text; null for anything else. */
export function whole(value: unknown): bigint | null {
  if (typeof value === "bigint") return value;
  if (typeof value === "string" && /^-?[0-9]+$/.test(value)) return BigInt(value);
  const number = Number(value);
  return value === null || !Number.isFinite(number) ? null : BigInt(Math.trunc(number));
}

/** A field of a sample without declared types: a whole number is an int, an absent field null. */
export function sampled(value: unknown): unknown {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value ?? null;
}

/** One character per byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function timestampOf(nanoseconds: bigint, offset: number): Timestamp {
  return new Timestamp(nanoseconds, offset);
}

export function durationOf(nanoseconds: bigint): Duration {
  return new Duration(nanoseconds);
}

export function typeNamed(name: string): TypeValue {
  return new TypeValue(name);
}

/** A name that is a type's and may be a field's too. */
export function fieldOrType(field: unknown, type: TypeValue): unknown {
  return field ?? type;
}

export function typeOf(value: unknown): TypeValue {
  return new TypeValue(typeName(value));
}
