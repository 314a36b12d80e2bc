/**
 * Number texts to whole units of 10^-scale and back, digit by digit: no double ever stands in between.
 *
 * Accepted: an optional sign, digits with an optional point, an optional exponent (`12`, `-0.5`, `.5`, `1e-3`), ASCII
 * only. Digits finer than the scale are cut, as the engine cuts them.
 */

/** Digits that always fit a double exactly. */
const SAFE_DIGITS = 15;
/** Longer than every integer the engine has; what is longer still is given as this, so that no text costs more. */
const MAX_DIGITS = 80;
const TOO_LARGE = 10n ** BigInt(MAX_DIGITS);
const POWERS = Float64Array.from({ length: SAFE_DIGITS + 1 }, (_, i) => Number(`1e${i}`));
const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** As {@link parseScaled}, of a text. */
export function parseScaledText(text: string, scale: number): number | bigint | null {
  const bytes = encoder.encode(text);
  return parseScaled(bytes, 0, bytes.length, scale);
}

/**
 * The number that `bytes[start, end)` names, times 10^scale, without what is behind the point then; null if it is no
 * number. At least 10^80 in size if it has more digits than that.
 */
export function parseScaled(bytes: Uint8Array, start: number, end: number, scale: number): number | bigint | null {
  const sign = bytes[start];
  const negative = sign === 0x2d;
  let p = negative || sign === 0x2b ? start + 1 : start;
  const first = p;
  let point = -1;
  let value = 0; // exact while `digits` is small enough
  let digits = 0; // without leading zeros
  let seen = false;
  for (; p < end; p++) {
    const digit = bytes[p] - 0x30;
    if (digit >>> 0 <= 9) {
      seen = true;
      if (digit !== 0 || digits > 0) {
        digits++;
        value = value * 10 + digit;
      }
    } else if (bytes[p] === 0x2e && point < 0) point = p;
    else break;
  }
  if (!seen) return null;
  const last = p;
  let exponent = point < 0 ? 0 : point + 1 - last;
  if (p < end) {
    const written = parseExponent(bytes, p, end);
    if (written === null) return null;
    exponent += written;
  }
  if (digits === 0) return 0;
  const shift = exponent + scale;
  const length = digits + shift;
  if (length <= 0) return 0;
  if (length > MAX_DIGITS) return negative ? -TOO_LARGE : TOO_LARGE;
  if (digits <= SAFE_DIGITS && length <= SAFE_DIGITS) {
    const units = shift >= 0 ? value * POWERS[shift] : Math.trunc(value / POWERS[-shift]);
    return negative ? 0 - units : units;
  }
  const text = latin1.decode(bytes.subarray(first, last)).replace(".", "").slice(-digits);
  const units = BigInt(shift >= 0 ? text + "0".repeat(shift) : text.slice(0, length));
  return negative ? -units : units;
}

/** The exponent from its `e` on, held within ±10^9; null if it is none. */
function parseExponent(bytes: Uint8Array, p: number, end: number): number | null {
  if ((bytes[p] | 0x20) !== 0x65) return null;
  p++;
  const down = bytes[p] === 0x2d;
  if (down || bytes[p] === 0x2b) p++;
  if (p >= end) return null;
  let exponent = 0;
  for (; p < end; p++) {
    const digit = bytes[p] - 0x30;
    if (digit >>> 0 > 9) return null;
    if (exponent < 1e8) exponent = exponent * 10 + digit;
  }
  return down ? -exponent : exponent;
}

/** `units` × 10^-scale as the engine prints it: no exponent, no zeros at the end of the fraction. */
export function formatScaled(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const text = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const fraction = text.slice(-scale).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${text.slice(0, -scale)}${fraction === "" ? "" : "."}${fraction}`;
}
