/**
 * String columns. Wire form: every value is a LEB128 length followed by its bytes, values back to back.
 *
 * One growing buffer holds exactly that. Capacity is checked once per put and always leaves `SLACK` bytes, so short
 * values are copied in 8-byte steps that may run past their end. Measured (ns per value, one core): 8-byte steps
 * 5 at 16 bytes, 18 at 128; `set(subarray)` 27-30 whatever the length; they meet near 220 bytes. Texts: a
 * `charCodeAt` loop 28 at 16 chars, `encodeInto` 80-100 at any length; they meet near 48.
 */
import type { ChType } from "./types.ts";
import { ColumnWriter, grownCapacity } from "./writer.ts";

const SLACK = 16;
const WIDE_COPY_MAX = 192;
const BYTE_COPY_MAX = 48;
const CHAR_LOOP_MAX = 44;
const NO_BYTES = new ArrayBuffer(0);
const encoder = new TextEncoder();

export class StringWriter extends ColumnWriter {
  override readonly type: ChType = { kind: "String" };
  /** Wire bytes of all rows; valid up to `length`. */
  bytes: Uint8Array;
  length = 0;
  private view: DataView;
  private limit: number;
  private sourceBuffer: ArrayBufferLike = NO_BYTES;
  private candidate: ArrayBufferLike = NO_BYTES;
  private sourceView: DataView = new DataView(NO_BYTES);
  /** A row boundary left by the last `truncate`. */
  private knownRows = 0;
  private knownLength = 0;

  constructor(capacity = 1024) {
    super();
    this.bytes = new Uint8Array(capacity + SLACK);
    this.view = new DataView(this.bytes.buffer);
    this.limit = capacity;
  }

  /** Appends `src[start, end)` as one value. */
  putSlice(src: Uint8Array, start: number, end: number): void {
    const n = end - start;
    let at = this.length;
    if (at + n + 5 > this.limit) this.grow(at + n + 5);
    const bytes = this.bytes;
    if (n < 0x80) bytes[at++] = n;
    else at = writeVarint(bytes, at, n);
    this.length = at + n;
    this.rows++;
    this.copy(src, start, n, at);
  }

  /** Appends `src[start, end)`, which already is a LEB128 length and that many bytes (a protobuf string is). */
  putEncoded(src: Uint8Array, start: number, end: number): void {
    const n = end - start;
    const at = this.length;
    if (at + n > this.limit) this.grow(at + n);
    this.length = at + n;
    this.rows++;
    this.copy(src, start, n, at);
  }

  /** Appends the wire bytes of `rows` values at once. */
  putWire(src: Uint8Array, start: number, end: number, rows: number): void {
    const n = end - start;
    if (this.length + n > this.limit) this.grow(this.length + n);
    this.bytes.set(src.subarray(start, end), this.length);
    this.length += n;
    this.rows += rows;
  }

  /** Appends a text as UTF-8; lone surrogates become U+FFFD. */
  putText(s: string): void {
    const n = s.length;
    let at = this.length;
    if (at + n * 3 + 5 > this.limit) this.grow(at + n * 3 + 5);
    const bytes = this.bytes;
    if (n <= CHAR_LOOP_MAX) {
      let i = 0;
      for (; i < n; i++) {
        const c = s.charCodeAt(i);
        if (c > 0x7f) break;
        bytes[at + 1 + i] = c;
      }
      if (i === n) {
        bytes[at] = n;
        this.length = at + 1 + n;
        this.rows++;
        return;
      }
    }
    // Guess the prefix for ASCII; move the text if its UTF-8 form needs a longer one.
    const guess = varintLength(n);
    const written = encoder.encodeInto(s, bytes.subarray(at + guess)).written;
    const prefix = varintLength(written);
    if (prefix !== guess) bytes.copyWithin(at + prefix, at + guess, at + guess + written);
    at = writeVarint(bytes, at, written);
    this.length = at + written;
    this.rows++;
  }

  /** Space for one value of `n` bytes that the caller writes into `bytes` at the returned offset. */
  beginRaw(n: number): number {
    if (this.length + n + 5 > this.limit) this.grow(this.length + n + 5);
    const at = writeVarint(this.bytes, this.length, n);
    this.length = at + n;
    this.rows++;
    return at;
  }

  override putDefault(): void {
    if (this.length + 1 > this.limit) this.grow(this.length + 1);
    this.bytes[this.length++] = 0;
    this.rows++;
  }

  /** Walks the kept rows' lengths, from where the last call ended if it can: linear over a whole block. */
  override truncate(rows: number): void {
    if (rows === this.rows) return;
    if (rows < this.knownRows) this.knownRows = this.knownLength = 0;
    const bytes = this.bytes;
    let at = this.knownLength;
    for (let row = this.knownRows; row < rows; row++) {
      let n = bytes[at++];
      // Each further length byte also takes back the continuation bit of the one before.
      for (let shift = 7; n >= 1 << shift; shift += 7) n += (bytes[at++] - 1) << shift;
      at += n;
    }
    this.rows = this.knownRows = rows;
    this.length = this.knownLength = at;
  }

  override byteLength(): number {
    return this.length;
  }

  override writeTo(out: Uint8Array, at: number): number {
    out.set(this.bytes.subarray(0, this.length), at);
    return at + this.length;
  }

  override reset(): void {
    this.rows = this.length = 0;
    this.knownRows = this.knownLength = 0;
    this.sourceBuffer = this.candidate = NO_BYTES; // let the last source be collected
    this.sourceView = new DataView(NO_BYTES);
  }

  private copy(src: Uint8Array, start: number, n: number, at: number): void {
    if (n > WIDE_COPY_MAX) {
      this.bytes.set(src.subarray(start, start + n), at);
      return;
    }
    if (src.buffer !== this.sourceBuffer && !this.changeSource(src.buffer, n)) return this.copyBytes(src, start, n, at);
    const from = src.byteOffset + start;
    const source = this.sourceView;
    if (from + n + 7 > source.byteLength) return this.copyBytes(src, start, n, at);
    const view = this.view;
    for (let i = 0; i < n; i += 8) view.setBigInt64(at + i, source.getBigInt64(from + i, true), true);
  }

  /**
   * Takes the buffer as the new source if it is worth a view: for a longer value, or when it is the second in a row.
   * Short values from ever changing buffers (constants) are copied byte by byte instead.
   */
  private changeSource(buffer: ArrayBufferLike, n: number): boolean {
    if (n <= BYTE_COPY_MAX && buffer !== this.candidate) {
      this.candidate = buffer;
      return false;
    }
    this.sourceBuffer = buffer;
    this.sourceView = new DataView(buffer);
    return true;
  }

  private copyBytes(src: Uint8Array, start: number, n: number, at: number): void {
    const bytes = this.bytes;
    for (let i = 0; i < n; i++) bytes[at + i] = src[start + i];
  }

  private grow(needed: number): void {
    const capacity = grownCapacity(this.limit, needed);
    const bytes = new Uint8Array(capacity + SLACK);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.limit = capacity;
  }
}

/** Writes an unsigned LEB128 number below 2^35; returns the offset behind it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    out[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  out[at++] = value;
  return at;
}

export function varintLength(value: number): number {
  let n = 1;
  for (; value >= 0x80; n++) value = Math.floor(value / 0x80);
  return n;
}
