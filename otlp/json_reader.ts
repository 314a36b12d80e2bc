/**
 * A strict JSON reader on bytes: tokens are found, not built. Names, strings and numbers are ranges of the arena; only
 * strings with escapes are rewritten, at the arena's top. The text must be known to be valid UTF-8, and to be followed by
 * zeros (the arena's slack): no token continues over a zero, so most steps need no look at the end.
 */
import type { Arena } from "./arena.ts";
import { MalformedPayload } from "./errors.ts";
import type { FieldNames } from "./field_names.ts";
import { ESCAPES, HEX_VALUES, putCodePoint } from "./json_escape.ts";
import { MAX_DEPTH } from "./wire.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Values that are skipped may be nested as deeply as the JSON form of the deepest AnyValue (four levels for one). */
const MAX_JSON_DEPTH = MAX_DEPTH * 5;

/** Names with escapes are looked at up to this length. */
const MAX_ESCAPED_NAME = 256;

export class JsonReader {
  at = 0;
  end = 0;
  /** The last string (without quotes, escapes resolved) or number. */
  start = 0;
  stop = 0;
  /** The last 64-bit integer: two's complement halves. */
  lo = 0;
  hi = 0;
  /** Bytes that may still be skipped: bounds the work of reading nested values twice. */
  #skippable = 0;
  readonly #nesting = new Uint8Array(MAX_JSON_DEPTH);

  constructor(readonly arena: Arena) {}

  open(end: number): void {
    this.at = 0;
    this.end = end;
    this.#skippable = end * 16 + (16 << 20);
    this.space();
  }

  fail(reason: string, at = this.at): never {
    throw new MalformedPayload(reason, Math.min(at, this.end));
  }

  /** The next byte; 0 at the end. */
  get byte(): number {
    return this.arena.bytes[this.at];
  }

  space(): void {
    if (this.arena.bytes[this.at] <= 0x20) this.at = skipSpace(this.arena.bytes, this.at);
  }

  /** Steps over one given byte and the space behind it. */
  expect(byte: number): void {
    if (this.byte !== byte) this.fail(`expected ${JSON.stringify(String.fromCharCode(byte))}`);
    this.at++;
    this.space();
  }

  /** Enters an object; false if it is empty and has been left again. */
  enterObject(): boolean {
    this.expect(OPEN_OBJECT);
    if (this.byte !== CLOSE_OBJECT) return true;
    this.at++;
    this.space();
    return false;
  }

  enterArray(): boolean {
    this.expect(OPEN_ARRAY);
    if (this.byte !== CLOSE_ARRAY) return true;
    this.at++;
    this.space();
    return false;
  }

  /** After a member: true before another one, false when the object has been left. */
  nextMember(): boolean {
    return this.#next(CLOSE_OBJECT);
  }

  nextElement(): boolean {
    return this.#next(CLOSE_ARRAY);
  }

  #next(close: number): boolean {
    this.space();
    const byte = this.byte;
    if (byte !== COMMA && byte !== close) this.fail(`expected "," or "${String.fromCharCode(close)}"`);
    this.at++;
    this.space();
    return byte === COMMA;
  }

  /** Reads a member's name and colon; its index among `names`, or −1. A null value is stepped over: also −1, see {@link wasNull}. */
  member(names: FieldNames): number {
    const expected = names.expected(this.arena.view, this.at);
    if (expected < 0) return this.#member(names);
    this.at += names.tokenLength(expected);
    this.space();
    return this.#unlessNull(expected);
  }

  /** The same for a name that is not the expected one, or not followed by its colon at once. */
  #member(names: FieldNames): number {
    const top = this.arena.top;
    const escaped = this.#findString();
    let index = -1;
    // No known name needs escapes, nor is any as long as this even with all its characters escaped.
    if (!escaped || this.stop - this.start < MAX_ESCAPED_NAME) {
      if (escaped) this.#unescape();
      index = names.find(this.arena.bytes, this.start, this.stop);
      this.arena.top = top;
    }
    this.space();
    this.expect(0x3a);
    return this.#unlessNull(index);
  }

  #unlessNull(index: number): number {
    this.wasNull = this.byte === 0x6e;
    if (!this.wasNull) return index;
    this.#literal("null");
    return -1;
  }

  /** The last {@link member} had the value null, and it has been read. */
  wasNull = false;

  /** For members that are not known: steps over the value, unless it was null. */
  ignore(): void {
    if (!this.wasNull) this.skip();
  }

  /** Steps over null if that is what comes. */
  isNull(): boolean {
    if (this.byte !== 0x6e) return false;
    this.#literal("null");
    return true;
  }

  boolean(): boolean {
    const value = this.byte === 0x74;
    this.#literal(value ? "true" : "false");
    return value;
  }

  /** Reads a string; {@link start} and {@link stop} then hold its text. */
  string(): void {
    if (this.#findString()) this.#unescape();
  }

  /** Finds and checks a string: {@link start} and {@link stop} then hold it as it is written. Returns whether it has escapes. */
  #findString(): boolean {
    const { bytes, view } = this.arena;
    if (bytes[this.at] !== QUOTE) this.fail("expected a string");
    const start = this.at + 1;
    let at = plainEnd(view, start);
    let escaped = false;
    for (; bytes[at] !== QUOTE; at = plainEnd(view, at)) {
      if (at >= this.end) this.fail("string without an end", start - 1);
      if (bytes[at] !== BACKSLASH) this.fail("control character in a string", at);
      escaped = true;
      at = this.#checkEscape(at + 1) + 1;
    }
    this.start = start;
    this.stop = at;
    this.at = at + 1;
    return escaped;
  }

  /** Checks what follows a backslash; returns its last byte's offset. */
  #checkEscape(at: number): number {
    const { bytes } = this.arena;
    if (bytes[at] !== 0x75) {
      if (at >= this.end || ESCAPES[bytes[at]] === 0) this.fail("invalid escape in a string", at);
      return at;
    }
    for (let i = 1; i <= 4; i++) {
      if (at + i >= this.end || HEX_VALUES[bytes[at + i]] < 0) this.fail("invalid escape in a string", at);
    }
    return at + 4;
  }

  /** Writes the found string without escapes at the arena's top, where it is never longer than before. */
  #unescape(): void {
    const { arena } = this;
    arena.reserve(this.stop - this.start);
    const { bytes, view } = arena;
    const from = arena.top;
    let top = from;
    for (let at = this.start; at < this.stop; at++) {
      const plain = plainEnd(view, at) - at;
      for (let i = 0; i < plain; i += 4) view.setInt32(top + i, view.getInt32(at + i));
      top += plain;
      at += plain;
      if (at === this.stop) break;
      const escape = bytes[++at];
      if (escape !== 0x75) {
        bytes[top++] = ESCAPES[escape];
        continue;
      }
      let code = this.#codeUnit(at);
      at += 4;
      if ((code & 0xfc00) === 0xd800 && bytes[at + 1] === BACKSLASH && bytes[at + 2] === 0x75 && at + 6 < this.stop) {
        const low = this.#codeUnit(at + 2);
        if ((low & 0xfc00) === 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        }
      }
      top = putCodePoint(bytes, top, code);
    }
    arena.top = top;
    this.start = from;
    this.stop = top;
  }

  /** The four hex digits after the `u` at `at`. */
  #codeUnit(at: number): number {
    const { bytes } = this.arena;
    return (HEX_VALUES[bytes[at + 1]] << 12) | (HEX_VALUES[bytes[at + 2]] << 8) | (HEX_VALUES[bytes[at + 3]] << 4) |
      HEX_VALUES[bytes[at + 4]];
  }

  /** Reads a number; {@link start} and {@link stop} then hold it. Returns whether it is written as an integer. */
  number(): boolean {
    const { bytes } = this.arena;
    let at = this.at;
    if (bytes[at] === 0x2d) at++;
    const first = bytes[at];
    at = this.#digits(at);
    if (first === 0x30 && at > this.at + 1 + (bytes[this.at] === 0x2d ? 1 : 0)) this.fail("number with a leading zero");
    let integer = true;
    if (bytes[at] === 0x2e) {
      integer = false;
      at = this.#digits(at + 1);
    }
    if ((bytes[at] | 0x20) === 0x65) {
      integer = false;
      at++;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
      at = this.#digits(at);
    }
    if (at > this.end) this.fail("number without an end");
    this.start = this.at;
    this.stop = at;
    this.at = at;
    return integer;
  }

  #digits(at: number): number {
    const { bytes } = this.arena;
    const start = at;
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
    if (at === start) this.fail("expected a value", this.at);
    return at;
  }

  #literal(text: string): void {
    const { bytes } = this.arena;
    for (let i = 0; i < text.length; i++) {
      if (this.at + i >= this.end || bytes[this.at + i] !== text.charCodeAt(i)) this.fail("expected a value");
    }
    this.at += text.length;
  }

  /** Steps over any one value. */
  skip(): void {
    const start = this.at;
    const nesting = this.#nesting;
    let depth = 0;
    for (;;) {
      const byte = this.byte;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === MAX_JSON_DEPTH) this.fail(`nested deeper than ${MAX_JSON_DEPTH} levels`);
        nesting[depth++] = byte;
        if (byte === OPEN_OBJECT ? this.enterObject() : this.enterArray()) {
          if (byte === OPEN_OBJECT) this.#skipName();
          continue;
        }
        depth--;
      } else this.#skipScalar(byte);
      for (;;) {
        if (depth === 0) {
          this.#skippable -= this.at - start;
          if (this.#skippable < 0) this.fail("too much nested data");
          return;
        }
        const inObject = nesting[depth - 1] === OPEN_OBJECT;
        if (inObject ? this.nextMember() : this.nextElement()) {
          if (inObject) this.#skipName();
          break;
        }
        depth--;
      }
    }
  }

  #skipName(): void {
    this.#findString();
    this.space();
    this.expect(0x3a);
  }

  #skipScalar(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#findString();
        return;
      case 0x74:
      case 0x66:
        this.boolean();
        return;
      case 0x6e:
        return this.#literal("null");
      default:
        this.number();
    }
  }
}

function skipSpace(bytes: Uint8Array, at: number): number {
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;) byte = bytes[++at];
  return at;
}

/**
 * Where the plain text from `at` on ends: at a quote, a backslash or a control character, at the latest at the zeros
 * behind the whole text. Eight bytes at a time: a byte's top bit is set in `special` if it is one of these (xor 2 moves
 * the quote to 0x20) and ASCII. Borrows only reach bytes above a special one, so the lowest bit is exact.
 */
export function plainEnd(view: DataView, at: number): number {
  for (;; at += 4) {
    let word = view.getInt32(at, true);
    let special = ((word ^ 0x02020202) - 0x21212121 | (word ^ 0x5c5c5c5c) - 0x01010101) & ~word & 0x80808080;
    if (special === 0) {
      word = view.getInt32(at += 4, true);
      special = ((word ^ 0x02020202) - 0x21212121 | (word ^ 0x5c5c5c5c) - 0x01010101) & ~word & 0x80808080;
      if (special === 0) continue;
    }
    return at + ((31 - Math.clz32(special & -special)) >> 3);
  }
}
