/**
 * A transform's result as the type its output declares. Of results of another kind some are read: numbers and truth values
 * in texts, booleans as 0 and 1, numbers as truth values. All others are errors: no value becomes another one unseen.
 */
import { convertOutput } from "../../expr/mod.ts";
import { parseScaledText } from "../../native/mod.ts";
import { RowError } from "./errors.ts";
import { ExactNumber } from "./exact_number.ts";

const WHOLE = /^[+-]?\d{1,40}$/;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUTH = /^(?:(1|t|true)|0|f|false)$/i;

/** Arrays and maps as JSON. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof ExactNumber) return String(convertOutput(Number(value.text), "string"));
  if (typeof value === "object" && value !== null) return jsonText(value);
  return String(convertOutput(value, "string"));
}

function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw notFinite(value);
  return typeof value === "bigint" ? String(value) : JSON.stringify(value ?? null);
}

/** An integer; exact beyond 2^53 as a bigint. */
export function asInteger(value: unknown): number | bigint {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw notFinite(value);
      return Math.trunc(value);
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "string":
      if (!WHOLE.test(value)) throw new RowError(`unable to parse integer from '${value.slice(0, 200)}'`);
      return BigInt(value.replace(/^\+/, ""));
    default:
      if (!(value instanceof ExactNumber)) throw unexpected("a number", value);
      return parseScaledText(value.text, 0)!;
  }
}

export function asFloat(value: unknown): number {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw notFinite(value);
      return value;
    case "bigint":
      return Number(value);
    case "boolean":
      return value ? 1 : 0;
    case "string":
      if (!REAL.test(value)) throw new RowError(`unable to parse number from '${value.slice(0, 200)}'`);
      return asFloat(Number(value));
    default:
      if (!(value instanceof ExactNumber)) throw unexpected("a number", value);
      return Number(value.text);
  }
}

export function asBool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    const match = TRUTH.exec(value);
    if (match === null) throw new RowError(`unable to parse bool from '${value.slice(0, 200)}'`);
    return match[1] !== undefined;
  }
  if (typeof value === "object" && !(value instanceof ExactNumber)) throw unexpected("a bool", value);
  return asFloat(value) !== 0;
}

/** How a value's kind is called in messages. */
export function kindName(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof ExactNumber) return "number";
  return typeof value === "object"
    ? "map"
    : typeof value === "boolean"
    ? "bool"
    : typeof value === "string"
    ? "string"
    : "number";
}

function unexpected(what: string, value: unknown): RowError {
  return new RowError(`expected ${what}, got ${kindName(value)}`);
}

function notFinite(value: number): RowError {
  return new RowError(`unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`);
}
