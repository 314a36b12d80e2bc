/**
 * Text of a string that has escapes, as UTF-8 in a buffer of its own: no JavaScript string is made.
 *
 * The string has been judged before; here it is only read. A lone surrogate becomes U+FFFD, as `TextEncoder` does it.
 */
import type { TextTarget } from "./fields.ts";

const HEX = new Uint8Array(128);
for (let i = 0; i < 16; i++) HEX["0123456789abcdef".charCodeAt(i)] = HEX["0123456789ABCDEF".charCodeAt(i)] = i;

const SHORT = new Uint8Array(128);
for (const [name, value] of [["b", 8], ["f", 12], ["n", 10], ["r", 13], ["t", 9]] as const) {
  SHORT[name.charCodeAt(0)] = value;
}
for (const name of `"\\/`) SHORT[name.charCodeAt(0)] = name.charCodeAt(0);

/** Room behind the text, because runs are copied four bytes at a time. */
const SLACK = 4;

let scratch = new Uint8Array(4096);
let scratchView = new DataView(scratch.buffer);

/** UTF-8 of the string between `start` and `end` (quotes excluded), in `scratch`; returns its length. */
function unescape(buf: Uint8Array, view: DataView, start: number, end: number): number {
  if (scratch.length < end - start + SLACK) {
    scratch = new Uint8Array(2 * (end - start) + SLACK);
    scratchView = new DataView(scratch.buffer);
  }
  const out = scratch;
  const outView = scratchView;
  const last = end - 4;
  let at = 0;
  let p = start;
  while (p < end) {
    while (p <= last) { // up to the next backslash
      const word = view.getInt32(p, true);
      outView.setInt32(at, word, true);
      const x = word ^ 0x5c5c5c5c;
      const found = (x - 0x01010101) & ~x & 0x80808080;
      if (found !== 0) {
        const before = (31 - Math.clz32(found & -found)) >> 3;
        p += before;
        at += before;
        break;
      }
      p += 4;
      at += 4;
    }
    if (p >= end) break;
    const c = buf[p];
    if (c !== 0x5c) { // within the last three bytes
      out[at++] = c;
      p++;
      continue;
    }
    if (buf[p + 1] !== 0x75) {
      out[at++] = SHORT[buf[p + 1]];
      p += 2;
      continue;
    }
    let code = hex4(buf, p + 2);
    p += 6;
    if (code < 0x80) {
      out[at++] = code;
      continue;
    }
    if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
      out[at++] = 0x80 | (code & 0x3f);
      continue;
    }
    if ((code & 0xf800) === 0xd800) {
      const low = code < 0xdc00 && p + 6 <= end && buf[p] === 0x5c && buf[p + 1] === 0x75 ? hex4(buf, p + 2) : 0;
      if ((low & 0xfc00) === 0xdc00) {
        p += 6;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        out[at++] = 0xf0 | (code >> 18);
        out[at++] = 0x80 | ((code >> 12) & 0x3f);
        out[at++] = 0x80 | ((code >> 6) & 0x3f);
        out[at++] = 0x80 | (code & 0x3f);
        continue;
      }
      code = 0xfffd;
    }
    out[at++] = 0xe0 | (code >> 12);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

/** Writes a string with escapes; `start` and `end` include its quotes. */
export function putEscaped(target: TextTarget, buf: Uint8Array, view: DataView, start: number, end: number): void {
  const length = unescape(buf, view, start + 1, end - 1);
  target.putSlice(scratch, 0, length);
}

function hex4(buf: Uint8Array, p: number): number {
  return (HEX[buf[p]] << 12) | (HEX[buf[p + 1]] << 8) | (HEX[buf[p + 2]] << 4) | HEX[buf[p + 3]];
}
