/**
 * A strict JSON reader on bytes: tokens are found, not built. Names, strings and numbers are ranges of the arena; only
 * strings with escapes are rewritten, at the arena's top. The text must be known to be valid UTF-8.
 */
import type { Arena } from "./arena.ts";
import { MalformedPayload } from "./errors.ts";
import type { FieldNames } from "./field_names.ts";
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

export class JsonReader {
  at = 0;
  end = 0;
  /** The last string (without quotes, escapes resolved) or number. */
  start = 0;
  stop = 0;
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
    return this.at < this.end ? this.arena.bytes[this.at] : 0;
  }

  space(): void {
    const { bytes } = this.arena;
    let at = this.at;
    for (; at < this.end; at++) {
      const byte = bytes[at];
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    }
    this.at = at;
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
    const top = this.arena.top;
    this.string();
    const index = names.find(this.arena.bytes, this.start, this.stop);
    this.arena.top = top;
    this.space();
    this.expect(0x3a);
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
    if (this.byte !== QUOTE) this.fail("expected a string");
    const { bytes, view } = this.arena;
    const { end } = this;
    const start = this.at + 1;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at);
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      // A byte's top bit is set where it is a quote, a backslash or a control character (bytes ≥ 0x80 are none of these).
      const found = (((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) |
        ((word - 0x20202020) & ~word)) & 0x80808080;
      if (found !== 0) break;
    }
    for (;; at++) {
      if (at >= end) this.fail("string without an end", start - 1);
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return this.#escaped(start, at);
      if (byte < 0x20) this.fail("control character in a string", at);
    }
    this.start = start;
    this.stop = at;
    this.at = at + 1;
  }

  /** A string whose first escape is at `at`: finds its end, resolves the escapes at the arena's top. */
  #escaped(start: number, at: number): void {
    const { arena, end } = this;
    const { bytes } = arena;
    for (; bytes[at] !== QUOTE; at++) {
      if (at >= end) this.fail("string without an end", start - 1);
      if (bytes[at] < 0x20) this.fail("control character in a string", at);
      if (bytes[at] === BACKSLASH) at++;
    }
    if (at >= end) this.fail("string without an end", start - 1);
    let text: unknown;
    try {
      text = JSON.parse(decoder.decode(bytes.subarray(start - 1, at + 1)));
    } catch {
      this.fail("invalid escape in a string", start - 1);
    }
    this.start = arena.top;
    arena.text(String(text));
    this.stop = arena.top;
    this.at = at + 1;
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
    const top = this.arena.top;
    this.string();
    this.arena.top = top;
    this.space();
    this.expect(0x3a);
  }

  #skipScalar(byte: number): void {
    switch (byte) {
      case QUOTE: {
        const top = this.arena.top;
        this.string();
        this.arena.top = top;
        return;
      }
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

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
