/** What the generated text of a scanner calls; it is handed over at binding time, so the text imports nothing. */
import { fail, failField, Fault, fault, faultText } from "./fault.ts";
import { skipColon, skipSpace, skipString, skipValue } from "./lexer.ts";
import { readFloat, readInt, wide } from "./numbers.ts";
import { putEscaped } from "./unescape.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of a key with escapes, from its opening quote to behind the closing one. */
function keyText(buf: Uint8Array, start: number, end: number): string {
  return JSON.parse(decoder.decode(buf.subarray(start, end)));
}

/** Refuses a record that does not start with `{`. */
function notAnObject(buf: Uint8Array, p: number, end: number): number {
  if (p >= end) return failField(Fault.Empty, p, 0, 0);
  const c = buf[p];
  if (c === 0xef && p + 2 < end && buf[p + 1] === 0xbb && buf[p + 2] === 0xbf) {
    return failField(Fault.ByteOrderMark, p, 0, c);
  }
  const starts = c === 0x22 || c === 0x5b || c === 0x74 || c === 0x66 || c === 0x6e || c === 0x2d ||
    (c >= 0x30 && c <= 0x39);
  return failField(starts ? Fault.NotAnObject : Fault.ExpectedValue, p, 0, c);
}

export const core = {
  Fault,
  fail,
  failField,
  fault,
  faultText,
  keyText,
  notAnObject,
  putEscaped,
  readFloat,
  readInt,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  wide,
};

export type Core = typeof core;
