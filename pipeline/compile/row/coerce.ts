/**
 * A transform's result as the type its output declares, with the original's rules for results of another kind: numbers in
 * texts are read, booleans count as 0 and 1, what makes no sense is the zero value.
 */
import { convertOutput } from "../../expr/mod.ts";
import { parseScaledText } from "../../native/mod.ts";
import { RowError } from "./errors.ts";
import { ExactNumber } from "./exact_number.ts";

const WHOLE = /^[+-]?\d{1,40}$/;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

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
      return WHOLE.test(value) ? BigInt(value.replace(/^\+/, "")) : 0;
    default:
      return value instanceof ExactNumber ? parseScaledText(value.text, 0) ?? 0 : 0;
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
      return REAL.test(value) ? Number(value) : 0;
    default:
      return value instanceof ExactNumber ? Number(value.text) : 0;
  }
}

export function asBool(value: unknown): boolean {
  if (typeof value === "string") return /^(?:1|t|true)$/i.test(value);
  return value === true || (typeof value === "number" && value !== 0) || (typeof value === "bigint" && value !== 0n) ||
    (value instanceof ExactNumber && Number(value.text) !== 0);
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

function notFinite(value: number): RowError {
  return new RowError(`unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`);
}
