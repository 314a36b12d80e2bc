/**
 * What a scanner must give for a record, by other means: a fatal `TextDecoder`, `JSON.parse`, and for integers the
 * source text of the number in BigInt arithmetic.
 */
import type { ScanField } from "./fields.ts";

/** A number's source text, in place of its value. */
class Source {
  constructor(readonly text: string) {}
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ABSENT = Symbol("absent");

/**
 * `JSON.parse` itself misread the record: V8 may take an escaped key such as "\\u0073" for another one when it follows the
 * shape of an object before, and then says no source of its value. Nothing can be learnt from such a record.
 */
export class MisreadByEngine extends Error {}

/** One value per field (bigint for integers, text for arrays and maps as parsed JSON), or null for "refused". */
export function expected(fields: readonly ScanField[], bytes: Uint8Array): unknown[] | null {
  let record: unknown;
  try {
    record = JSON.parse(decoder.decode(bytes), withSources as (key: string, value: unknown) => unknown);
  } catch (error) {
    if (error instanceof MisreadByEngine) throw error;
    return null;
  }
  if (!isObject(record)) return null;
  const values: unknown[] = [];
  for (const field of fields) {
    const value = convert(field, lookUp(record, field.name));
    if (value === undefined) return null;
    values.push(value);
  }
  return values;
}

function withSources(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  if (context.source === undefined) throw new MisreadByEngine();
  return new Source(context.source);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Source);
}

function lookUp(record: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  let value: unknown = record;
  for (const segment of name.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, segment)) return ABSENT;
    value = value[segment];
  }
  return value;
}

/** undefined: refused. */
function convert(field: ScanField, value: unknown): unknown {
  if (value === ABSENT || value === null) return field.nullable ? null : undefined;
  switch (field.type) {
    case "string":
      return typeof value === "string" ? value.toWellFormed() : undefined;
    case "bool":
      return typeof value === "boolean" ? Number(value) : undefined;
    case "float":
      if (!(value instanceof Source)) return undefined;
      if (field.exact) return value.text;
      return Number.isFinite(JSON.parse(value.text)) ? JSON.parse(value.text) : undefined;
    case "array":
      return Array.isArray(value) ? plain(value) : undefined;
    case "map":
      return isObject(value) ? plain(value) : undefined;
    default:
      if (!(value instanceof Source)) return undefined;
      return field.exact ? exactInteger(value.text, field.type) : integer(value.text, field.type);
  }
}

/** Parsed JSON with the doubles back in place. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, v) => v instanceof Source ? { [NUMBER]: v.text } : v),
    (_key, v) => typeof v === "object" && v !== null && Object.hasOwn(v, NUMBER) ? Number(v[NUMBER]) : v,
  );
}
const NUMBER = "\u0000number";

/** The text itself, if a 64-bit integer could be it but for its size. */
function exactInteger(text: string, type: "int" | "uint"): string | undefined {
  if (type === "uint" && text.startsWith("-") && /[1-9]/.test(text.replace(/e.*/i, ""))) return undefined;
  const [, whole, fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = whole + fraction;
  const zeros = digits.length - digits.replace(/0+$/, "").length;
  return /^0*$/.test(digits) || zeros + Number(exponent) >= fraction.length ? text : undefined;
}

function integer(text: string, type: "int" | "uint"): bigint | undefined {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  let digits = BigInt(whole + fraction);
  if (digits === 0n) return 0n;
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > 5000) return undefined;
  if (shift >= 0) {
    digits *= 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n) return undefined;
    digits /= divisor;
  }
  const value = sign === "-" ? -digits : digits;
  const fits = type === "int" ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  return fits ? value : undefined;
}
