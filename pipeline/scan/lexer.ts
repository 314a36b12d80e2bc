/**
 * Steps over one JSON token or value at a time and judges it exactly as `JSON.parse` would, on bytes, without recursion
 * and without allocating.
 *
 * Every function takes the place where a token starts and returns the place behind it; 0 means "refused, see `fault`".
 * A string with escapes returns the negative place, so that its reader knows that the bytes are not the text.
 */
import { fail, Fault, MAX_DEPTH } from "./fault.ts";
import { utf8Length } from "./utf8.ts";

/** Whether the container at each depth is an object; scanning is synchronous, so all scanners share it. */
const isObject = new Uint8Array(MAX_DEPTH + 1);

export function skipSpace(buf: Uint8Array, p: number, end: number): number {
  while (p < end) {
    const c = buf[p];
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
    p++;
  }
  return p;
}

/**
 * A string; `p` is at its opening quote. Four bytes at a time: a byte's high bit comes out set in `special` when the
 * byte is a quote or a control character (xor 2 puts the quote at 0x20, below every other text byte), a backslash, or
 * not ASCII. Borrows only reach bytes above a special one, so the lowest set bit is exact.
 */
export function skipString(buf: Uint8Array, view: DataView, p: number, end: number): number {
  p++;
  const last = end - 4;
  while (p <= last) {
    const word = view.getInt32(p, true);
    const special = (word | ((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & 0x80808080;
    if (special === 0) {
      p += 4;
      continue;
    }
    p += (31 - Math.clz32(special & -special)) >> 3;
    return buf[p] === 0x22 ? p + 1 : finishString(buf, view, p, end);
  }
  return finishString(buf, view, p, end);
}

/** The rest of a string from a byte that needs a closer look. */
function finishString(buf: Uint8Array, view: DataView, p: number, end: number): number {
  const last = end - 4;
  let escaped = false;
  while (p < end) {
    const c = buf[p];
    if (c === 0x22) return escaped ? -(p + 1) : p + 1;
    if (c === 0x5c) {
      const length = escapeLength(buf, p, end);
      if (length === 0) return fail(p + 1 >= end ? Fault.UnexpectedEnd : Fault.BadEscape, p);
      escaped = true;
      p += length;
    } else if (c >= 0x80) {
      const length = utf8Length(buf, p, end);
      if (length === 0) return fail(Fault.InvalidUtf8, p);
      p += length;
      continue;
    } else if (c < 0x20) {
      return fail(Fault.ControlCharacter, p);
    } else {
      p++;
    }
    while (p <= last) {
      const word = view.getInt32(p, true);
      const special = (word | ((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & 0x80808080;
      if (special !== 0) {
        p += (31 - Math.clz32(special & -special)) >> 3;
        break;
      }
      p += 4;
    }
  }
  return fail(Fault.UnexpectedEnd, end);
}

function escapeLength(buf: Uint8Array, p: number, end: number): number {
  if (p + 1 >= end) return 0;
  switch (buf[p + 1]) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 2;
    case 0x75: // u
      if (p + 5 >= end) return 0;
      return isHex(buf[p + 2]) && isHex(buf[p + 3]) && isHex(buf[p + 4]) && isHex(buf[p + 5]) ? 6 : 0;
    default:
      return 0;
  }
}

function isHex(c: number): boolean {
  return (c - 0x30) >>> 0 < 10 || ((c | 0x20) - 0x61) >>> 0 < 6;
}

/** A number; `p` is at its sign or first digit. */
export function skipNumber(buf: Uint8Array, p: number, end: number): number {
  let c = buf[p];
  if (c === 0x2d) {
    if (++p >= end) return fail(Fault.UnexpectedEnd, p);
    c = buf[p];
  }
  if (c === 0x30) {
    c = ++p < end ? buf[p] : 0;
    if ((c - 0x30) >>> 0 < 10) return fail(Fault.BadNumber, p);
  } else {
    if ((c - 0x30) >>> 0 > 9) return fail(Fault.BadNumber, p);
    do c = ++p < end ? buf[p] : 0; while ((c - 0x30) >>> 0 < 10);
  }
  if (c === 0x2e) {
    c = ++p < end ? buf[p] : 0;
    if ((c - 0x30) >>> 0 > 9) return fail(p >= end ? Fault.UnexpectedEnd : Fault.BadNumber, p);
    do c = ++p < end ? buf[p] : 0; while ((c - 0x30) >>> 0 < 10);
  }
  if ((c | 0x20) === 0x65) {
    c = ++p < end ? buf[p] : 0;
    if (c === 0x2b || c === 0x2d) c = ++p < end ? buf[p] : 0;
    if ((c - 0x30) >>> 0 > 9) return fail(p >= end ? Fault.UnexpectedEnd : Fault.BadNumber, p);
    do c = ++p < end ? buf[p] : 0; while ((c - 0x30) >>> 0 < 10);
  }
  return p;
}

function skipLiteral(buf: Uint8Array, p: number, end: number): number {
  const c = buf[p];
  if (c === 0x74) {
    if (p + 4 <= end && buf[p + 1] === 0x72 && buf[p + 2] === 0x75 && buf[p + 3] === 0x65) return p + 4;
  } else if (c === 0x66) {
    if (
      p + 5 <= end && buf[p + 1] === 0x61 && buf[p + 2] === 0x6c && buf[p + 3] === 0x73 && buf[p + 4] === 0x65
    ) return p + 5;
  } else if (c === 0x6e) {
    if (p + 4 <= end && buf[p + 1] === 0x75 && buf[p + 2] === 0x6c && buf[p + 3] === 0x6c) return p + 4;
  } else {
    return fail(Fault.ExpectedValue, p);
  }
  return fail(Fault.BadLiteral, p);
}

/** Any value; `p` is at its first byte. `depth` is the number of containers around it. */
export function skipValue(buf: Uint8Array, view: DataView, p: number, end: number, depth: number): number {
  if (p >= end) return fail(Fault.UnexpectedEnd, p);
  const c = buf[p];
  if (c === 0x22) return skipString(buf, view, p, end);
  if (c === 0x2d || (c - 0x30) >>> 0 < 10) return skipNumber(buf, p, end);
  if (c === 0x7b || c === 0x5b) return skipContainer(buf, view, p, end, depth);
  return skipLiteral(buf, p, end);
}

/** An object or array; `p` is at its opening bracket. */
function skipContainer(buf: Uint8Array, view: DataView, p: number, end: number, outer: number): number {
  let depth = outer + 1;
  if (depth > MAX_DEPTH) return fail(Fault.TooDeep, p);
  let object = buf[p] === 0x7b;
  isObject[depth] = object ? 1 : 0;
  let member = true; // a member may start here, otherwise a comma or the end must follow
  let first = true; // nothing was read in this container yet, so it may close at once
  p++;
  for (;;) {
    p = skipSpace(buf, p, end);
    if (p >= end) return fail(Fault.UnexpectedEnd, p);
    let c = buf[p];
    if (c === (object ? 0x7d : 0x5d) && (first || !member)) {
      p++;
      if (--depth === outer) return p;
      object = isObject[depth] === 1;
      member = first = false;
      continue;
    }
    if (!member) {
      if (c !== 0x2c) return fail(object ? Fault.ExpectedCommaOrBrace : Fault.ExpectedCommaOrBracket, p);
      p++;
      member = true;
      first = false;
      continue;
    }
    if (object) {
      if (c !== 0x22) return fail(Fault.ExpectedKey, p);
      p = skipString(buf, view, p, end);
      if (p === 0) return 0;
      p = skipColon(buf, p < 0 ? -p : p, end);
      if (p === 0) return 0;
      if (p >= end) return fail(Fault.UnexpectedEnd, p);
      c = buf[p];
    }
    if (c === 0x22) {
      p = skipString(buf, view, p, end);
      if (p < 0) p = -p;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return fail(Fault.TooDeep, p);
      object = c === 0x7b;
      isObject[depth] = object ? 1 : 0;
      first = true;
      p++;
      continue;
    } else if (c === 0x2d || (c - 0x30) >>> 0 < 10) {
      p = skipNumber(buf, p, end);
    } else {
      p = skipLiteral(buf, p, end);
    }
    if (p === 0) return 0;
    member = first = false;
  }
}

/** The colon behind a key and the white space around it. */
export function skipColon(buf: Uint8Array, p: number, end: number): number {
  if (p < end && buf[p] <= 0x20) p = skipSpace(buf, p, end);
  if (p >= end) return fail(Fault.UnexpectedEnd, p);
  if (buf[p] !== 0x3a) return fail(Fault.ExpectedColon, p);
  p++;
  return p < end && buf[p] <= 0x20 ? skipSpace(buf, p, end) : p;
}
