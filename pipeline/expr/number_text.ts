// Reading numbers from text, with the rules of the conversions that use them.

export const MIN_INT = -(2n ** 63n);
export const MAX_INT = 2n ** 63n - 1n;

const DECIMAL = /^[+-]?[0-9]+$/;
const BASED = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/;
const FLOAT =
  /^[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** A base-10 integer of 64 bits, or null. */
export function decimalInt(text: string): bigint | null {
  return DECIMAL.test(text) ? inRange(text.startsWith("+") ? text.slice(1) : text, "") : null;
}

/** As decimalInt, but a prefix (0x, 0b, 0o, 0) chooses the base and underscores may separate digits. */
export function basedInt(text: string): bigint | null {
  const match = BASED.exec(text);
  if (match === null) return null;
  const digits = match[2].replaceAll("_", "").toLowerCase();
  return inRange(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits, match[1]);
}

function inRange(digits: string, sign: string): bigint | null {
  const significant = digits.replace(/^-?0+(?=[0-9])/, "");
  if (significant.length > 70) return null;
  const magnitude = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
  const value = sign === "-" ? -magnitude : magnitude;
  return value >= MIN_INT && value <= MAX_INT ? value : null;
}

/** A floating point number (also hexadecimal, inf and nan), or null. Out of range is null. */
export function decimalFloat(text: string): number | null {
  if (FLOAT.test(text)) {
    const value = Number(text.replaceAll("_", ""));
    return Number.isFinite(value) ? value : null;
  }
  const special = SPECIAL.exec(text);
  if (special !== null) {
    if (special[2] === undefined) return special[1] === "" ? NaN : null;
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const hex = HEX_FLOAT.exec(text);
  if (hex === null || hex[2] + hex[3] === "" || hex[2].length + hex[3].length > 16) return null;
  const magnitude = parseInt(hex[2] + hex[3], 16) * 2 ** (Number(hex[4]) - 4 * hex[3].length);
  return Number.isFinite(magnitude) ? (hex[1] === "-" ? -magnitude : magnitude) : null;
}

/** `1 t T true TRUE True` and `0 f F false FALSE False`, or null. */
export function parseBool(text: string): boolean | null {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  return null;
}
