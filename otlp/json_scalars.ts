/**
 * Scalars of the proto3 JSON mapping: integers and doubles as numbers or text, bytes in base64. Each function reads one
 * value and fails with its position.
 */
import type { FieldNames } from "./field_names.ts";
import type { JsonReader } from "./json_reader.ts";

/** If an integer comes next that needs no rewriting, reads it into the reader's range; else reads nothing. */
export function isPlainInteger(reader: JsonReader): boolean {
  const { bytes } = reader.arena;
  const quoted = bytes[reader.at] === 0x22;
  const start = quoted ? reader.at + 1 : reader.at;
  const first = bytes[start] === 0x2d ? start + 1 : start;
  let at = first;
  while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  const digits = at - first;
  if (digits === 0 || digits > 18 || (bytes[first] === 0x30 && (digits > 1 || first > start))) return false;
  const after = bytes[at];
  if (quoted ? after !== 0x22 : continuesNumber(after)) return false;
  reader.start = start;
  reader.stop = at;
  reader.at = quoted ? at + 1 : at;
  return true;
}

const MAX_EXACT_DIGITS = 15;

/**
 * If a number comes next that is written just as {@link plainDouble} writes it, reads it into the reader's range; else
 * reads nothing. Up to 15 digits of a decimal survive a double, so no shorter ones can mean the same double.
 */
export function isPlainDecimal(reader: JsonReader): boolean {
  const { bytes } = reader.arena;
  const start = reader.at;
  const first = bytes[start] === 0x2d ? start + 1 : start;
  let at = first;
  while (isDigit(bytes[at])) at++;
  if (at === first || (bytes[first] === 0x30 && at > first + 1)) return false;
  if (bytes[at] === 0x2e) {
    const point = at++;
    while (isDigit(bytes[at])) at++;
    if (at === point + 1 || bytes[at - 1] === 0x30) return false;
  } else if (bytes[first] === 0x30 && first > start) return false; // −0
  if (at - first > MAX_EXACT_DIGITS || continuesNumber(bytes[at])) return false;
  reader.start = start;
  reader.stop = reader.at = at;
  return true;
}

/** An integer as number or string; forms such as 1.0 and 1e3 count if their value is whole. */
export function readBigInt(reader: JsonReader): bigint {
  const at = reader.at;
  const text = numberText(reader);
  if (/^-?\d{1,40}$/.test(text)) return BigInt(text);
  const value = Number(text);
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) || !Number.isInteger(value)) reader.fail("expected an integer", at);
  return BigInt(value);
}

/** An integer of up to nine digits, written plainly; −1 if something else comes, and then nothing is read. */
function readSmallUint(reader: JsonReader): number {
  const { bytes } = reader.arena;
  const start = reader.at;
  let at = start;
  let value = 0;
  for (; at < start + 9 && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) value = value * 10 + (bytes[at] - 0x30);
  if (at === start || (bytes[start] === 0x30 && at > start + 1)) return -1;
  if (continuesNumber(bytes[at])) return -1;
  reader.at = at;
  return value;
}

/** Whether a number goes on with this byte. */
function continuesNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || (byte | 0x20) === 0x65;
}

export function readDouble(reader: JsonReader): number {
  const at = reader.at;
  const quoted = reader.byte === 0x22;
  const text = numberText(reader);
  switch (text) {
    case "NaN":
      return NaN;
    case "Infinity":
      return Infinity;
    case "-Infinity":
      return -Infinity;
  }
  const value = Number(text);
  if (quoted && !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) reader.fail("expected a number", at);
  if (!Number.isFinite(value)) reader.fail("number out of range for a double", at);
  return value;
}

/** No double needs more: 767 digits decide any of them. */
const MAX_NUMBER_LENGTH = 1024;

/** The text of a number, quoted or not. */
function numberText(reader: JsonReader): string {
  const { arena } = reader;
  const top = arena.top;
  if (reader.byte === 0x22) reader.string();
  else reader.number();
  const { bytes } = arena;
  if (reader.stop - reader.start > MAX_NUMBER_LENGTH) reader.fail("number with too many digits");
  let text = "";
  for (let i = reader.start; i < reader.stop; i++) text += String.fromCharCode(bytes[i]);
  arena.top = top;
  return text;
}

/** An unsigned 32-bit integer. */
export function readUint32(reader: JsonReader): number {
  const small = readSmallUint(reader);
  if (small >= 0) return small;
  const at = reader.at;
  const value = readBigInt(reader);
  if (value < 0n || value > 0xffffffffn) reader.fail("integer out of range for uint32", at);
  return Number(value);
}

/** An unsigned 64-bit integer, into the reader's `lo` and `hi`. */
export function readUint64(reader: JsonReader): void {
  const { bytes } = reader.arena;
  const quoted = bytes[reader.at] === 0x22;
  const start = quoted ? reader.at + 1 : reader.at;
  const first = bytes[start];
  // The usual nineteen digits are below 2^64: ten of them and nine of them are exact as numbers.
  const tail = bytes[start + 19];
  if (first !== 0x30 && (quoted ? tail === 0x22 : !continuesNumber(tail))) {
    const { view } = reader.arena;
    const a = fourDigits(view.getInt32(start, true));
    const b = fourDigits(view.getInt32(start + 4, true));
    const c = fourDigits(view.getInt32(start + 8, true));
    const d = fourDigits(view.getInt32(start + 12, true));
    const e = fourDigits(view.getInt32(start + 15, true));
    if ((a | b | c | d | e) >= 0) {
      reader.at = quoted ? start + 20 : start + 19;
      const hundreds = (c / 100) | 0;
      combine(reader, (a * 10_000 + b) * 100 + hundreds, (c - hundreds * 100) * 1e7 + d * 1_000 + e % 1_000);
      return;
    }
  }
  const from = reader.at;
  const value = readBigInt(reader);
  if (BigInt.asUintN(64, value) !== value) reader.fail("integer out of range for uint64", from);
  reader.lo = Number(BigInt.asIntN(32, value));
  reader.hi = Number(BigInt.asIntN(32, value >> 32n));
}

/** Four bytes of text, the first one lowest, as a number; −1 if they are not all digits. */
function fourDigits(word: number): number {
  const digits = word ^ 0x30303030;
  // Adding 0x76 carries whatever is above 9 into the byte's top bit.
  if (((digits + 0x76767676) | digits) & 0x80808080) return -1;
  const pairs = ((digits & 0x000f000f) * 10 + ((digits >>> 8) & 0x000f000f)) | 0;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

/** high × 10^9 + low, for high < 10^10 and low < 10^9, as two's complement halves. */
function combine(reader: JsonReader, high: number, low: number): void {
  const upper = Math.floor(high / 65_536) * 1e9;
  const lower = (upper % 65_536) * 65_536 + (high % 65_536) * 1e9 + low;
  reader.lo = lower | 0;
  reader.hi = (Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296)) | 0;
}

/** A 32-bit enum value; `names` are tolerated for the values 0, 1, 2 and so on. */
export function readEnum(reader: JsonReader, names: FieldNames): number {
  const small = readSmallUint(reader);
  if (small >= 0) return small;
  const at = reader.at;
  if (reader.byte === 0x22) {
    reader.string();
    const index = names.find(reader.arena.bytes, reader.start, reader.stop);
    if (index >= 0) return index;
    reader.at = at;
  }
  const value = readBigInt(reader);
  if (BigInt.asIntN(32, value) !== value) reader.fail("integer out of range for an enum", at);
  return Number(value);
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Decodes a base64 string to the arena's top, as raw bytes; returns where they start. */
export function readBase64(reader: JsonReader): number {
  const { arena } = reader;
  const at = reader.at;
  reader.string();
  const start = reader.start;
  let stop = reader.stop;
  for (let padding = 0; padding < 2 && stop > start && arena.bytes[stop - 1] === 0x3d; padding++) stop--;
  if ((stop - start) % 4 === 1) reader.fail("invalid base64", at);
  arena.reserve(stop - start);
  const { bytes } = arena;
  const from = arena.top;
  let top = from;
  let bits = 0;
  let held = 0;
  for (let i = start; i < stop; i++) {
    const value = BASE64_VALUES[bytes[i]];
    if (value < 0) reader.fail("invalid base64", at);
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[top++] = bits >> held;
    }
  }
  arena.top = top;
  return from;
}

/** Values of both base64 alphabets; −1 for other bytes. */
const BASE64_VALUES = new Int8Array(256).fill(-1);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"].forEach((character, value) => {
  BASE64_VALUES[character.charCodeAt(0)] = value;
});
for (const [character, value] of [["+", 62], ["-", 62], ["/", 63], ["_", 63]] as const) {
  BASE64_VALUES[character.charCodeAt(0)] = value;
}
