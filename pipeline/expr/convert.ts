// Output conversion of stateless transformations: an expression's result to the declared output type.
import { beginText, make, visit, walking } from "./budget.ts";
import { ConversionError } from "./errors.ts";
import { jsonText } from "./encodings.ts";
import { generalFloat, generalText, lenientText, plainFloat } from "./format.ts";
import { basedInt, decimalFloat, MAX_INT, MIN_INT, parseBool } from "./number_text.ts";
import { int } from "./numbers.ts";
import { Duration } from "./time/duration.ts";
import { Instant, Named } from "./time/instant.ts";
import { Special, typeOf } from "./values.ts";

/**
 * Converts a result to `string`, `int`/`int64`, `float64` or `bool`; any other type name passes the value through.
 * Integers come out as a number when it is exact (up to 2^53) and as a bigint beyond, also inside passed-through
 * arrays and maps.
 *
 * @throws ConversionError when the value cannot be what was declared
 */
export function convertOutput(value: unknown, type: string): unknown {
  switch (type) {
    case "string":
      return toText(value);
    case "int":
    case "int64":
      return exact(toInteger(value));
    case "float64":
      return toFloat(value);
    case "bool":
      return toBool(value);
    default:
      beginText();
      return walking(() => plain(value));
  }
}

/** JSON text of a converted output: a float64 has no exponent and always a decimal point. */
export function outputJson(converted: unknown, type: string): string {
  if (type !== "float64" || typeof converted !== "number" || !Number.isFinite(converted)) {
    beginText();
    return walking(() => jsonText(converted));
  }
  const text = plainFloat(converted);
  return text.includes(".") ? text : `${text}.0`;
}

/** Instants are RFC 3339 text, also as text of other types; months and weekdays are their names. */
function toText(value: unknown): string {
  if (value instanceof Instant) return String(value.toJson());
  if (value instanceof Duration || value instanceof Named) return value.toText();
  if (typeof value === "object" && value !== null) throw unable(value, "string");
  return typeof value === "number" && !Number.isFinite(value) ? generalFloat(value) : lenientText(value);
}

function toInteger(value: unknown): bigint {
  if (value === null || value === undefined) return 0n;
  if (typeof value === "bigint") return value;
  if (value instanceof Duration || value instanceof Named) return int(value);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number") {
    if (Number.isNaN(value) || value >= 2 ** 63 || value < -(2 ** 63)) throw unable(value, "int64");
    return BigInt(Math.trunc(value));
  }
  if (typeof value !== "string") throw unable(value, "int64");
  const whole = value.replace(/^([+-]?)(\d*)\.\d*$/, "$1$2");
  if (whole === "" || (whole !== value && /^[+-]?$/.test(whole))) return 0n;
  const result = basedInt(whole);
  if (result === null || result < MIN_INT || result > MAX_INT) throw unable(value, "int64");
  return result;
}

function toFloat(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Duration || value instanceof Named) return Number(int(value));
  if (typeof value === "boolean") return value ? 1 : 0;
  const result = typeof value === "string" ? decimalFloat(value) : null;
  if (result === null) throw unable(value, "float64");
  return result;
}

function toBool(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "bigint") return value !== 0n;
  const result = typeof value === "string" ? parseBool(value) : null;
  if (result === null) throw unable(value, "bool");
  return result;
}

function unable(value: unknown, type: string): ConversionError {
  return new ConversionError(`unable to convert a value of type ${typeOf(value)} to ${type}`);
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** What copying an element costs, in steps: so few may be copied that they fit into a worker's memory. */
const STEPS = 4;

/** The same value with exact integers as numbers. What stands in several places is copied, and counted, at each of them. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return exact(value);
  if (Array.isArray(value)) {
    visit(STEPS * (1 + value.length));
    return value.map(plainInside);
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Special) return plain(value.toJson(generalText));
  const result: Record<string, unknown> = Object.create(null);
  const entries = Object.entries(value);
  visit(STEPS * (1 + entries.length));
  for (const [key, inner] of entries) result[key] = plainInside(inner);
  return result;
}

/** Texts inside become part of a larger one. */
function plainInside(value: unknown): unknown {
  if (typeof value === "string") make(value.length);
  return plain(value);
}
