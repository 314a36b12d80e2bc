/**
 * Numbers as text, in the arena: exact 64-bit integers, and doubles either in plain decimals (attribute values) or in
 * JSON's notation (inside arrays and objects).
 */
import type { Arena } from "./arena.ts";

const TWO_32 = 4294967296;

/** A signed 64-bit integer given as two's complement halves. */
export function putInt64(arena: Arena, lo: number, hi: number): void {
  if (hi === lo >> 31) {
    putInt32(arena, lo);
    return;
  }
  const value = hi * TWO_32 + (lo >>> 0);
  if (Number.isSafeInteger(value)) arena.ascii(String(value));
  else arena.ascii(((BigInt(hi) << 32n) | BigInt(lo >>> 0)).toString());
}

function putInt32(arena: Arena, value: number): void {
  arena.reserve(11);
  const bytes = arena.bytes;
  let at = arena.top;
  let rest = value;
  if (rest < 0) {
    bytes[at++] = 0x2d;
    rest = -rest; // 2^31 is a double here, and still exact
  }
  let digits = 1;
  for (let bound = 10; rest >= bound; bound *= 10) digits++;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = rest < 0x40000000 ? (rest / 10) | 0 : Math.floor(rest / 10);
    bytes[i] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  arena.top = at + digits;
}

/** Shortest digits that read back as the same double, never with an exponent: `0.00000025`, `NaN`, `+Inf`, `-0`. */
export function putPlainDouble(arena: Arena, value: number): void {
  if (value === (value | 0) && (value !== 0 || 1 / value > 0)) putInt32(arena, value);
  else arena.ascii(plainDouble(value));
}

export function plainDouble(value: number): string {
  if (value !== value) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (value === 0) return 1 / value < 0 ? "-0" : "0";
  const text = String(value);
  const e = text.indexOf("e");
  if (e < 0) return text;
  const sign = value < 0 ? "-" : "";
  const mantissa = text.slice(sign.length, e);
  const exponent = Number(text.slice(e + 1));
  const digits = mantissa.replace(".", "");
  // The mantissa has one digit before its point.
  return exponent < 0
    ? `${sign}0.${"0".repeat(-exponent - 1)}${digits}`
    : `${sign}${digits}${"0".repeat(exponent + 1 - digits.length)}`;
}

/** A double inside JSON text; what JSON cannot express becomes a string. */
export function putJsonDouble(arena: Arena, value: number): void {
  if (value === 0) arena.ascii(1 / value < 0 ? "-0" : "0");
  else if (Number.isFinite(value)) arena.ascii(String(value));
  else arena.ascii(value !== value ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"');
}
