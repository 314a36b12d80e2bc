// Powers as the original computes them: by repeated squaring of the mantissa, so that whole exponents give the same
// digits (the platform's own power rounds otherwise). With a fraction the last digits depend on the processor there.
import { MIN_INT } from "./number_text.ts";

export function pow(x: number, y: number): number {
  const special = specialPower(x, y);
  if (special !== null) return special;
  const size = Math.abs(y);
  let whole = Math.trunc(size);
  let fraction = size - whole;
  let result = 1;
  let exponent = 0;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--;
      whole++;
    }
    result = fractionalPower(x, fraction);
  }
  let [mantissa, shift] = split(x);
  for (let rest = BigInt(whole); rest !== 0n; rest >>= 1n) {
    // far beyond what a float holds: the rest of the product does not matter
    if (Math.abs(shift) > 4096) {
      exponent += shift;
      break;
    }
    if ((rest & 1n) === 1n) {
      result *= mantissa;
      exponent += shift;
    }
    mantissa *= mantissa;
    shift *= 2;
    if (mantissa < 0.5) {
      mantissa += mantissa;
      shift--;
    }
  }
  return y < 0 ? scale(1 / result, -exponent) : scale(result, exponent);
}

/** The fraction is between -0.5 and 0.5. Roots that come out even stay so. */
function fractionalPower(x: number, fraction: number): number {
  const root = Math.sqrt(x);
  if (fraction === 0.5 && Number.isInteger(root * 16)) return root;
  return Math.exp(fraction * Math.log(x));
}

/** Where IEEE says what comes out, or nothing has to be multiplied. */
function specialPower(x: number, y: number): number | null {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) {
    return x === -1 && !Number.isNaN(y) ? 1 : x ** y;
  }
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  if (x < 0 && !Number.isInteger(y)) return NaN;
  if (Math.abs(y) >= -Number(MIN_INT)) {
    if (x === -1) return 1;
    return (Math.abs(x) < 1) === (y > 0) ? 0 : Infinity;
  }
  return null;
}

/** A mantissa of 0.5 to 1 and the power of two it is multiplied with. */
function split(x: number): [mantissa: number, exponent: number] {
  let exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(x)))) + 1;
  let mantissa = scale(x, -exponent);
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2;
    exponent--;
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return [mantissa, exponent];
}

/** x × 2^exponent, rounded once. */
function scale(x: number, exponent: number): number {
  let value = x;
  let rest = Math.max(-2200, Math.min(2200, exponent));
  for (; rest > 1000; rest -= 1000) value *= 2 ** 1000;
  // the last step down is the one that may round
  for (; rest < -1000 && Math.abs(value) > 1; rest += 1000) value *= 2 ** -1000;
  return rest < -1022 ? value * 2 ** -1000 * 2 ** (rest + 1000) : value * 2 ** rest;
}
