/** The tables of JSON's escapes, and code points as UTF-8. */

/** What a character after a backslash stands for; 0 if it must not stand there. */
export const ESCAPES = new Uint8Array(256);
for (const [character, meaning] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[character.charCodeAt(0)] = meaning.charCodeAt(0);
}

/** Values of hex digits; −1 for other bytes. */
export const HEX_VALUES = new Int8Array(256).fill(-1);
[..."0123456789abcdef"].forEach((digit, value) => {
  HEX_VALUES[digit.charCodeAt(0)] = HEX_VALUES[digit.toUpperCase().charCodeAt(0)] = value;
});

/** Writes UTF-8, U+FFFD for half a surrogate pair; returns the offset behind it. */
export function putCodePoint(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) bytes[at++] = code;
  else if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
    bytes[at++] = 0xe0 | (code >> 12);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else {
    bytes[at++] = 0xf0 | (code >> 18);
    bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
