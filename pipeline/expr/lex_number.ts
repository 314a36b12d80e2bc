// Number literals: 42, 1_000, 0x2A, 0o52, 0b10, .5, 1e3. Integers become bigint and must fit 64 bits.
import { ExpressionError } from "./errors.ts";

const PREFIXED = /0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)/y;
const DECIMAL = /[0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]+)?/y;
const WORD = /[\p{L}\p{Nd}_$]/u;
const MAX_INT = 2n ** 63n - 1n;

export function readNumber(text: string, at: number): { value: bigint | number; end: number } {
  const raw = match(PREFIXED, text, at) ?? match(DECIMAL, text, at)!;
  const end = at + raw.length;
  const next = text.codePointAt(end);
  if (next !== undefined && WORD.test(String.fromCodePoint(next))) {
    throw new ExpressionError(`bad number syntax: "${raw}${String.fromCodePoint(next)}"`, at);
  }
  const digits = raw.replaceAll("_", "");
  if (/^0[xob]/i.test(digits)) return { value: integer(digits.toLowerCase(), at), end };
  if (!/[.eE]/.test(digits)) {
    // a leading zero alone does not change the base
    return { value: integer(digits.replace(/^0+(?=\d)/, ""), at), end };
  }
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new ExpressionError(`number out of range: "${raw}"`, at);
  return { value, end };
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function integer(digits: string, at: number): bigint {
  // BigInt() is quadratic on long digit strings: no 64-bit integer needs more than 66 characters
  const value = digits.length > 66 || digits.length === 2 && digits[1] > "9" ? null : BigInt(digits);
  if (value === null || value > MAX_INT) throw new ExpressionError("integer literal is too large", at);
  return value;
}
