/** UTF-8 as the Unicode standard defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */

/** Length of the well-formed multi-byte sequence at `p`, or 0. */
export function utf8Length(buf: Uint8Array, p: number, end: number): number {
  const first = buf[p];
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return p + 1 < end && (buf[p + 1] & 0xc0) === 0x80 ? 2 : 0;
  if (first < 0xf0) {
    if (p + 2 >= end) return 0;
    const second = buf[p + 1];
    if ((second & 0xc0) !== 0x80 || (buf[p + 2] & 0xc0) !== 0x80) return 0;
    if (first === 0xe0 && second < 0xa0) return 0;
    return first === 0xed && second > 0x9f ? 0 : 3;
  }
  if (p + 3 >= end) return 0;
  const second = buf[p + 1];
  if ((second & 0xc0) !== 0x80 || (buf[p + 2] & 0xc0) !== 0x80 || (buf[p + 3] & 0xc0) !== 0x80) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : 4;
}
