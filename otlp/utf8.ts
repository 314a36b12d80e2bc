/** UTF-8 validity of a byte range, as protobuf demands of strings: no surrogates, no overlong forms, at most U+10FFFF. */

/** `view` spans the same memory as `bytes`. */
export function isUtf8(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    if (((view.getInt32(at) | view.getInt32(at + 4)) & 0x80808080) !== 0) return utf8Fault(bytes, at, end) < 0;
  }
  let seen = 0;
  for (let i = at; i < end; i++) seen |= bytes[i];
  return seen < 0x80 || utf8Fault(bytes, at, end) < 0;
}

/** Where the first sequence begins that is not valid; −1 if all are. */
export function utf8Fault(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const from = at;
    const lead = bytes[at++];
    if (lead < 0x80) continue;
    if (lead < 0xc2) return from;
    if (lead < 0xe0) {
      if (at >= end || (bytes[at] & 0xc0) !== 0x80) return from;
      at++;
    } else if (lead < 0xf0) {
      if (at + 1 >= end || (bytes[at] & 0xc0) !== 0x80 || (bytes[at + 1] & 0xc0) !== 0x80) return from;
      const second = bytes[at];
      if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return from;
      at += 2;
    } else {
      if (lead > 0xf4 || at + 2 >= end) return from;
      const second = bytes[at];
      if ((second & 0xc0) !== 0x80 || (bytes[at + 1] & 0xc0) !== 0x80 || (bytes[at + 2] & 0xc0) !== 0x80) return from;
      if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return from;
      at += 3;
    }
  }
  return -1;
}
