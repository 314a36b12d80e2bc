/** UTF-8 validity of a byte range, as protobuf demands of strings: no surrogates, no overlong forms, at most U+10FFFF. */

/** `view` spans the same memory as `bytes`. */
export function isUtf8(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    if (((view.getInt32(at) | view.getInt32(at + 4)) & 0x80808080) !== 0) return isMultiByte(bytes, at, end);
  }
  let seen = 0;
  for (let i = at; i < end; i++) seen |= bytes[i];
  return seen < 0x80 || isMultiByte(bytes, at, end);
}

function isMultiByte(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++];
    if (lead < 0x80) continue;
    if (lead < 0xc2) return false;
    if (lead < 0xe0) {
      if (at >= end || (bytes[at] & 0xc0) !== 0x80) return false;
      at++;
    } else if (lead < 0xf0) {
      if (at + 1 >= end || (bytes[at] & 0xc0) !== 0x80 || (bytes[at + 1] & 0xc0) !== 0x80) return false;
      const second = bytes[at];
      if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return false;
      at += 2;
    } else {
      if (lead > 0xf4 || at + 2 >= end) return false;
      const second = bytes[at];
      if ((second & 0xc0) !== 0x80 || (bytes[at + 1] & 0xc0) !== 0x80 || (bytes[at + 2] & 0xc0) !== 0x80) return false;
      if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return false;
      at += 3;
    }
  }
  return true;
}
