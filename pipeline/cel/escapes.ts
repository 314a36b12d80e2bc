// Escape sequences of string and byte literals.
import { utf8 } from "../expr/bytes.ts";
import { CelSyntaxError } from "./errors.ts";

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};
const ESCAPE =
  /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]?))/g;

/** `at`: where the body begins in the expression, for messages. */
export function unescapeText(body: string, at: number): string {
  return body.replace(ESCAPE, (sequence, simple, hex, octal, short, long, _wrong, offset: number) => {
    if (simple !== undefined) return SIMPLE[simple];
    const digits = hex ?? short ?? long;
    if (digits === undefined && octal === undefined) throw wrongEscape(sequence, at + offset);
    const code = octal === undefined ? parseInt(digits, 16) : parseInt(octal, 8);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw new CelSyntaxError(`${sequence} is no Unicode character`, at + offset);
    }
    return String.fromCodePoint(code);
  });
}

/** The bytes of a byte literal, one character each: \x and octal escapes are bytes, other characters their UTF-8. */
export function byteText(body: string, raw: boolean, at: number): string {
  if (raw) return latin(body);
  let result = "";
  let from = 0;
  for (const match of body.matchAll(ESCAPE)) {
    const [sequence, simple, hex, octal] = match;
    if (simple === undefined && hex === undefined && octal === undefined) throw wrongEscape(sequence, at + match.index);
    result += latin(body.slice(from, match.index));
    result += simple === undefined ? String.fromCharCode(parseInt(hex ?? octal, hex ? 16 : 8)) : SIMPLE[simple];
    from = match.index + sequence.length;
  }
  return result + latin(body.slice(from));
}

function latin(text: string): string {
  let result = "";
  for (const byte of utf8(text)) result += String.fromCharCode(byte);
  return result;
}

function wrongEscape(sequence: string, position: number): CelSyntaxError {
  return new CelSyntaxError(
    `${JSON.stringify(sequence).slice(1, -1)} is no escape sequence here; write \\\\ for a backslash, or a raw r"..."`,
    position,
  );
}
