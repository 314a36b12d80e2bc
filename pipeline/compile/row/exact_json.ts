/** JSON texts on their way into columns: as `JSON.parse` gives them, except that numbers keep all their digits. */
import { decodeText } from "../../native/mod.ts";
import { RowError } from "./errors.ts";
import { ExactNumber } from "./exact_number.ts";

/** Without so many digits in a row every number is what its double prints. */
const LONG_NUMBER = /\d[\d.]{15}/;

/** The value of a JSON text; whole numbers beyond 2^53 are bigints, fractions of many digits are {@link ExactNumber}s. */
export function exactJson(bytes: Uint8Array, start: number, end: number): unknown {
  return parseExact(decodeText(bytes, start, end), "the field's JSON text is broken");
}

/** @throws {RowError} with this message if the text is no JSON. */
export function parseExact(text: string, message: string): unknown {
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (cause) {
    throw new RowError(message, { cause });
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source ?? "";
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return LONG_NUMBER.test(source) ? new ExactNumber(source) : value;
}
