/**
 * JSON numbers to 64-bit integers and doubles, exact. The grammar has been judged before.
 *
 * Integers may be written as `1.0` or `1e3` as long as they are whole. Doubles are what `JSON.parse` gives: also
 * Infinity for a number beyond the largest double, and -0 for `-0`.
 */
import { Fault } from "./fault.ts";

/** Halves of the integer that `readInt` read last. */
export const wide = { lo: 0, hi: 0 };

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const TWO_32 = 4294967296;

/** Reads an integer into `wide`; 0, or the code of the fault. */
export function readInt(buf: Uint8Array, start: number, end: number, signed: boolean): number {
  const negative = buf[start] === 0x2d;
  const first = negative ? start + 1 : start;
  const length = end - first;
  if (length > 18) return readDecimal(buf, first, end, negative, signed);
  const split = length > 9 ? end - 9 : first; // nine digits fit into 31 bits
  let high = 0;
  let low = 0;
  let p = first;
  for (; p < split; p++) {
    const digit = buf[p] - 0x30;
    if (digit >>> 0 > 9) return readDecimal(buf, first, end, negative, signed);
    high = (high * 10 + digit) | 0;
  }
  for (; p < end; p++) {
    const digit = buf[p] - 0x30;
    if (digit >>> 0 > 9) return readDecimal(buf, first, end, negative, signed);
    low = (low * 10 + digit) | 0;
  }
  if (high !== 0) return compose(high, low, negative, signed);
  if (negative) {
    if (!signed && low !== 0) return Fault.OutOfRange;
    low = -low | 0;
  }
  wide.lo = low;
  wide.hi = low >> 31;
  return 0;
}

/** Any form: collects up to 20 significant digits and the power of ten behind them. */
function readDecimal(buf: Uint8Array, p: number, end: number, negative: boolean, signed: boolean): number {
  let high = 0; // digits above the last nine
  let low = 0; // the last nine digits
  let digits = 0;
  let zeros = 0; // trailing zeros that are not in the value yet
  let scale = 0;
  let fraction = false;
  for (; p < end; p++) {
    const c = buf[p];
    if (c === 0x2e) {
      fraction = true;
      continue;
    }
    const digit = c - 0x30;
    if (digit >>> 0 > 9) break;
    if (fraction) scale--;
    if (digit === 0) {
      if (digits > 0) zeros++;
      continue;
    }
    // The zeros that were held back, then the digit. More than 20 digits cannot be a 64-bit integer in any case:
    // either they reach below the point, or they are too many above it.
    digits += zeros + 1;
    if (digits <= 20) {
      for (; zeros >= 0; zeros--) {
        const next = zeros === 0 ? digit : 0;
        high = high * 10 + Math.floor(low / 1e8);
        low = (low % 1e8) * 10 + next;
      }
    }
    zeros = 0;
  }
  if (digits === 0) {
    wide.lo = wide.hi = 0;
    return 0;
  }
  let exponent = 0;
  if (p < end) {
    p++; // e
    const down = buf[p] === 0x2d;
    if (down || buf[p] === 0x2b) p++;
    for (; p < end; p++) if (exponent < 1e9) exponent = exponent * 10 + buf[p] - 0x30;
    if (down) exponent = -exponent;
  }
  exponent += zeros + scale;
  if (exponent < 0) return Fault.NotWhole;
  if (digits + exponent > 20) return Fault.OutOfRange;
  for (; exponent > 0; exponent--) {
    high = high * 10 + Math.floor(low / 1e8);
    low = (low % 1e8) * 10;
  }
  return compose(high, low, negative, signed);
}

/** high × 10^9 + low into `wide`; high < 10^11, so every step below stays under 2^53. */
function compose(high: number, low: number, negative: boolean, signed: boolean): number {
  const upper = Math.floor(high / 1048576);
  const product = upper * 1e9; // × 2^20
  const productUpper = Math.floor(product / 4096); // × 2^32
  const rest = (product - productUpper * 4096) * 1048576 + (high - upper * 1048576) * 1e9 + low;
  const carry = Math.floor(rest / TWO_32);
  let hi = productUpper + carry;
  let lo = rest - carry * TWO_32;
  if (negative) {
    if (!signed || hi > 0x80000000 || (hi === 0x80000000 && lo !== 0)) return Fault.OutOfRange;
    lo = TWO_32 - lo;
    hi = -hi - 1;
    if (lo === TWO_32) {
      lo = 0;
      hi++;
    }
  } else if (hi >= (signed ? 0x80000000 : TWO_32)) {
    return Fault.OutOfRange;
  }
  wide.lo = lo | 0;
  wide.hi = hi | 0;
  return 0;
}

/**
 * The double nearest to the number. A mantissa below 2^53 and a power of ten up to 10^22 are both exact doubles, so one
 * division or multiplication rounds once and correctly; all else is left to the engine's own conversion.
 */
export function readFloat(buf: Uint8Array, start: number, end: number): number {
  const negative = buf[start] === 0x2d;
  let p = negative ? start + 1 : start;
  let mantissa = 0;
  let scale = 0;
  let digit = 0;
  for (; p < end; p++) {
    digit = buf[p] - 0x30;
    if (digit >>> 0 > 9) break;
    mantissa = mantissa * 10 + digit;
  }
  if (p < end && buf[p] === 0x2e) {
    const point = ++p;
    for (; p < end; p++) {
      digit = buf[p] - 0x30;
      if (digit >>> 0 > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    scale = point - p;
  }
  if (p < end) {
    p++; // e
    const down = buf[p] === 0x2d;
    if (down || buf[p] === 0x2b) p++;
    let exponent = 0;
    for (; p < end; p++) if (exponent < 1e9) exponent = exponent * 10 + buf[p] - 0x30;
    scale += down ? -exponent : exponent;
  }
  if (mantissa < 9007199254740992 && scale >= -22 && scale <= 22) {
    const value = scale < 0 ? mantissa / POWERS[-scale] : mantissa * POWERS[scale];
    return negative ? -value : value;
  }
  return Number(ascii(buf, start, end));
}

const latin1 = new TextDecoder("latin1");

function ascii(buf: Uint8Array, start: number, end: number): string {
  if (end - start > 64) return latin1.decode(buf.subarray(start, end));
  let text = "";
  for (let p = start; p < end; p++) text += String.fromCharCode(buf[p]);
  return text;
}
