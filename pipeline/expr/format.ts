// Numbers and values as text, in the two forms the language knows: the general one (`1.234567e+06`, `[1 2]`,
// `map[a:1]`), which string() gives, and the plain decimal one (`1234567`), which conversions to string give.
import { make, visit } from "./budget.ts";
import { orderText } from "./compare.ts";
import { isMap, Special } from "./values.ts";

const FIRST_EXPONENT = 6;

/** A float in the shortest general form: with an exponent below 1e-4 and from 1e6 on. */
export function generalFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= FIRST_EXPONENT) return withExponent(digits, exponent);
  return plainFloat(value);
}

function withExponent(digits: string, exponent: number): string {
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
}

/** A float without an exponent, however long. */
export function plainFloat(value: number): string {
  const short = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(short);
  if (match === null) return Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : short) : generalFloat(value);
  const [, sign, head, tail = "", power] = match;
  const digits = head + tail;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, "0");
}

/** Any value in the general form. What stands in several places of a value is written, and counted, at each of them. */
export function generalText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return generalFloat(value);
  if (value instanceof Special) return value.toText(generalText);
  if (Array.isArray(value)) {
    visit(1 + value.length);
    return `[${joined(value.map(generalText))}]`;
  }
  if (isMap(value)) {
    const keys = Object.keys(value).sort(orderText);
    visit(1 + keys.length);
    return `map[${joined(keys.map((key) => `${key}:${generalText(value[key])}`))}]`;
  }
  return String(value);
}

function joined(parts: readonly string[]): string {
  make(parts.reduce((length, part) => length + part.length + 1, 0));
  return parts.join(" ");
}

/** Text for lenient conversions: nil, arrays and maps are empty, numbers are plain decimals. */
export function lenientText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return plainFloat(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  return "";
}
