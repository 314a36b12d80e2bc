// Conversions: int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration().
import { make, visit, walking } from "../../expr/budget.ts";
import { fromUtf8, utf8 } from "../../expr/bytes.ts";
import { EvaluationError } from "../../expr/errors.ts";
import { generalFloat } from "../../expr/format.ts";
import { decimalFloat, decimalInt, parseBool } from "../../expr/number_text.ts";
import { parseDuration } from "../../expr/time/duration.ts";
import { durationText } from "./durations.ts";
import { parseTimestamp, timestampText } from "./timestamps.ts";
import {
  checkInt,
  checkTimestamp,
  checkUint,
  Duration,
  KeyedMap,
  noOverload,
  SECOND,
  Timestamp,
  TypeValue,
  Uint,
} from "./values.ts";

export function int(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return checkInt(value.value);
  if (typeof value === "number") {
    // the smallest integer is refused too: many doubles round to it
    if (!(value > -(2 ** 63) && value < 2 ** 63)) {
      throw new EvaluationError("integer overflow: the double is too large");
    }
    return BigInt(Math.trunc(value));
  }
  if (typeof value === "string") return parsed(decimalInt(value), "int");
  if (value instanceof Timestamp) return floorSeconds(value.nanoseconds);
  if (value instanceof Duration) return value.nanoseconds;
  throw noOverload("int", value);
}

function floorSeconds(nanoseconds: bigint): bigint {
  return (nanoseconds - ((nanoseconds % SECOND) + SECOND) % SECOND) / SECOND;
}

export function uint(value: unknown): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === "bigint") return checkUint(value);
  if (typeof value === "number") {
    if (!(value >= 0 && value < 2 ** 64)) {
      throw new EvaluationError("unsigned integer overflow: the double is out of range");
    }
    return new Uint(BigInt(Math.trunc(value)));
  }
  if (typeof value !== "string") throw noOverload("uint", value);
  const digits = /^0*([0-9]{1,20})$/.exec(value);
  return checkUint(parsed(digits && BigInt(digits[1]), "uint"));
}

export function double(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === "string") return parsed(decimalFloat(withoutUnderscores(value)), "double");
  throw noOverload("double", value);
}

/** Underscores may stand between digits. */
function withoutUnderscores(text: string): string {
  return text.includes("_") ? text.replaceAll(/(?<=[0-9])_(?=[0-9])/g, "") : text;
}

export function string(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return generalFloat(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof Uint8Array) {
    make(value.length);
    try {
      return strictDecoder.decode(value);
    } catch (cause) {
      throw new EvaluationError("invalid UTF-8 in bytes: they cannot be converted to a string", { cause });
    }
  }
  throw noOverload("string", value);
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") {
    make(value.length);
    return utf8(value);
  }
  throw noOverload("bytes", value);
}

export function toBool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return parsed(parseBool(value), "bool");
  throw noOverload("bool", value);
}

/** Reading an instant or a duration takes as long as visiting so many elements. */
const TIME_STEPS = 20;

export function timestamp(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === "bigint") return checkTimestamp(value * SECOND, 0);
  if (typeof value === "string") {
    visit(TIME_STEPS);
    return parsed(parseTimestamp(value), "timestamp");
  }
  throw noOverload("timestamp", value);
}

export function duration(value: unknown): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === "string") {
    visit(TIME_STEPS);
    return parseDuration(value);
  }
  throw noOverload("duration", value);
}

function parsed<T>(result: T | null, type: string): T {
  if (result === null) throw new EvaluationError(`type conversion error: the string is no ${type}`);
  return result;
}

/**
 * A result as the values that output conversion and JSON know: integers as bigint, bytes as text (base64 where they are
 * no UTF-8), instants and durations as text, maps as objects with text keys.
 */
export function output(value: unknown): unknown {
  return walking(() => plain(value));
}

/** What stands in several places of a value is copied, and counted, at each of them. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value ?? null;
  if (value instanceof Uint) return value.value;
  if (value instanceof Timestamp || value instanceof Duration) return string(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return textOrBase64(value);
  if (Array.isArray(value)) {
    visit(STEPS * (1 + value.length));
    return value.map(plain);
  }
  const result: Record<string, unknown> = Object.create(null);
  const entries = outputEntries(value);
  visit(STEPS * (1 + entries.length));
  for (const [key, inner] of entries) result[key] = plain(inner);
  return result;
}

/** What copying an element costs, in steps. */
const STEPS = 4;

function outputEntries(map: object): [string, unknown][] {
  if (!(map instanceof KeyedMap)) return Object.entries(map);
  return [...map.entries.values()].map(({ key, value }) => [string(key), value]);
}

function textOrBase64(value: Uint8Array): string {
  const text = fromUtf8(value);
  if (!text.includes("\ufffd")) return text;
  let binary = "";
  for (const byte of value) binary += String.fromCharCode(byte);
  return btoa(binary);
}
