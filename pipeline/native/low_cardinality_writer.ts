/**
 * LowCardinality columns: a dictionary of distinct values and one small index per row.
 *
 * Wire form, behind an 8-byte state prefix (version 1): UInt64 flags (bits 0-7 the index width as 0, 1, 2, 3 for
 * UInt8 to UInt64; bit 9 the dictionary follows; bit 10 it replaces the former one), UInt64 number of keys, the keys
 * as a column of the inner type, UInt64 rows, the indexes. Key 0 is the type's default value; for a nullable inner
 * type key 0 stands for NULL, key 1 is the default, and no null map is written.
 *
 * Keys are found by a hash of their bytes in an open-addressing table, so no JavaScript string is made per value; a
 * value equal to the one before it is recognised by comparing bytes. Truncation leaves new keys in the dictionary.
 */
import { FixedWriter } from "./fixed_writer.ts";
import { StringWriter, writeVarint } from "./string_writer.ts";
import { fixedWidth, type LowCardinalityType } from "./types.ts";
import { ColumnWriter, grownCapacity } from "./writer.ts";

/** One value at a time in wire form; what the put methods are forwarded to. */
interface KeyWriter extends ColumnWriter {
  putText?(s: string): void;
  putSlice?(src: Uint8Array, start: number, end: number): void;
}

export class LowCardinalityWriter extends ColumnWriter {
  private indexes = new Uint32Array(64);
  private readonly nullable: boolean;
  /** Bytes of a key if all have the same, 0 for strings. */
  private readonly keyWidth: number;
  /** All keys' bytes in wire form. */
  private keys = new Uint8Array(256);
  private keysLength = 0;
  /** Where each key's content starts (behind its length) and ends in `keys`. */
  private starts = new Int32Array(64);
  private ends = new Int32Array(64);
  private count = 0;
  /** Key number + 1, or 0; a power of two, at most half full. */
  private slots = new Int32Array(128);
  private last = 0;

  /** `scratch` is a writer of the non-nullable inner type; it converts values to their wire bytes. */
  constructor(override readonly type: LowCardinalityType, private readonly scratch: KeyWriter) {
    super();
    this.nullable = type.inner.kind === "Nullable";
    this.keyWidth = type.inner.kind === "Nullable" ? fixedWidth(type.inner.inner) : fixedWidth(type.inner);
    this.addReservedKeys();
  }

  /** Strings and FixedStrings by bytes, other types by their text. */
  putSlice(src: Uint8Array, start: number, end: number): void {
    if (this.keyWidth === 0) return this.putIndex(this.keyOf(src, start, end));
    this.scratch.reset();
    if (this.scratch.putSlice === undefined) throw new TypeError("this LowCardinality column takes numbers");
    this.scratch.putSlice(src, start, end);
    this.putScratch();
  }
  putText(s: string): void {
    this.scratch.reset();
    if (this.scratch.putText === undefined) throw new TypeError("this LowCardinality column takes numbers");
    this.scratch.putText(s);
    this.putScratch();
  }
  putNumber(v: number): void {
    this.fixedScratch().putNumber(v);
    this.putScratch();
  }
  putBigInt(v: bigint): void {
    this.fixedScratch().putBigInt(v);
    this.putScratch();
  }
  putI64(lo: number, hi: number): void {
    this.fixedScratch().putI64(lo, hi);
    this.putScratch();
  }
  /** Appends the value whose content bytes (a string's without its length) are `src[start, end)`. */
  putWire(src: Uint8Array, start: number, end: number): void {
    this.putIndex(this.keyOf(src, start, end));
  }
  putNull(): void {
    if (!this.nullable) throw new TypeError("NULL in a LowCardinality column that is not nullable");
    this.putIndex(0);
  }
  /** The zero value; NULL for a nullable inner type. */
  override putDefault(): void {
    this.putIndex(0);
  }

  /** Adds a value to the dictionary without a row and returns its index; indexes stay valid until `reset`. */
  keyOf(src: Uint8Array, start: number, end: number): number {
    const n = end - start;
    if (this.equals(this.last, src, start, n)) return this.last;
    const mask = this.slots.length - 1;
    let slot = hashBytes(src, start, end) & mask;
    for (;; slot = (slot + 1) & mask) {
      const key = this.slots[slot] - 1;
      if (key < 0) break;
      if (this.equals(key, src, start, n)) return this.last = key;
    }
    return this.last = this.addKey(src, start, end, slot);
  }
  /** Appends a row by its dictionary index, as returned by `keyOf` (0 for NULL of a nullable column). */
  putIndex(index: number): void {
    if (this.rows === this.indexes.length) {
      const indexes = new Uint32Array(this.rows * 2);
      indexes.set(this.indexes);
      this.indexes = indexes;
    }
    this.indexes[this.rows++] = index;
  }

  override truncate(rows: number): void {
    this.rows = rows;
  }
  override get prefixes(): number {
    return 1;
  }
  override byteLength(): number {
    return 8 + 8 + this.keysLength + 8 + this.rows * this.indexWidth();
  }
  override writeTo(out: Uint8Array, at: number): number {
    const width = this.indexWidth();
    out.fill(0, at, at + 8);
    out[at] = width >> 1; // 1, 2, 4 -> 0, 1, 2
    out[at + 1] = 0x06;
    at = writeUInt64(out, at + 8, this.count);
    out.set(this.keys.subarray(0, this.keysLength), at);
    at = writeUInt64(out, at + this.keysLength, this.rows);
    const indexes = this.indexes.subarray(0, this.rows);
    const narrow = width === 1 ? Uint8Array.from(indexes) : width === 2 ? Uint16Array.from(indexes) : indexes;
    out.set(new Uint8Array(narrow.buffer, narrow.byteOffset, this.rows * width), at);
    return at + this.rows * width;
  }
  override reset(): void {
    this.rows = this.count = 0;
    this.keysLength = this.last = 0;
    if (this.slots.length > 4096) this.slots = new Int32Array(128);
    else this.slots.fill(0);
    this.scratch.reset();
    this.addReservedKeys();
  }

  private fixedScratch(): FixedWriter {
    if (!(this.scratch instanceof FixedWriter)) throw new TypeError("this LowCardinality column takes texts");
    this.scratch.reset();
    return this.scratch;
  }
  /** Appends the value that `scratch` holds. */
  private putScratch(): void {
    if (this.scratch instanceof StringWriter) {
      const n = this.scratch.length;
      this.putIndex(this.keyOf(this.scratch.bytes, lengthPrefix(this.scratch.bytes), n));
    } else {
      this.scratch.writeTo(value(this.keyWidth), 0);
      this.putIndex(this.keyOf(value(this.keyWidth), 0, this.keyWidth));
    }
  }
  private addReservedKeys(): void {
    this.scratch.reset();
    this.scratch.putDefault();
    const n = this.scratch.byteLength();
    const bytes = new Uint8Array(n);
    this.scratch.writeTo(bytes, 0);
    const start = this.keyWidth === 0 ? 1 : 0;
    // The placeholder of NULL must never be found as a value: it gets no slot, and is never `last`.
    if (this.nullable) this.addKey(bytes, start, n, -1);
    this.last = this.addKey(bytes, start, n, hashBytes(bytes, start, n) & (this.slots.length - 1));
    this.scratch.reset();
  }
  private equals(key: number, src: Uint8Array, start: number, n: number): boolean {
    const at = this.starts[key];
    if (this.ends[key] - at !== n) return false;
    const keys = this.keys;
    for (let i = 0; i < n; i++) if (keys[at + i] !== src[start + i]) return false;
    return true;
  }
  private addKey(src: Uint8Array, start: number, end: number, slot: number): number {
    const n = end - start;
    const key = this.count++;
    if (key === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    let at = this.keysLength;
    if (at + n + 5 > this.keys.length) {
      const keys = new Uint8Array(grownCapacity(this.keys.length, at + n + 5));
      keys.set(this.keys.subarray(0, at));
      this.keys = keys;
    }
    if (this.keyWidth === 0) at = writeVarint(this.keys, at, n);
    this.keys.set(src.subarray(start, end), at);
    this.starts[key] = at;
    this.ends[key] = this.keysLength = at + n;
    if (slot >= 0) this.slots[slot] = key + 1;
    if (this.count * 2 > this.slots.length) this.rehash();
    return key;
  }
  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 4);
    const mask = slots.length - 1;
    for (let key = this.nullable ? 1 : 0; key < this.count; key++) {
      let slot = hashBytes(this.keys, this.starts[key], this.ends[key]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = key + 1;
    }
    this.slots = slots;
  }
  private indexWidth(): 1 | 2 | 4 {
    return this.count <= 0x100 ? 1 : this.count <= 0x10000 ? 2 : 4;
  }
}

let valueBytes = new Uint8Array(16);
function value(width: number): Uint8Array {
  if (valueBytes.length < width) valueBytes = new Uint8Array(width);
  return valueBytes;
}

/** FNV-1a with a final mix; keys are short and few. */
function hashBytes(src: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ src[i], 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

function lengthPrefix(bytes: Uint8Array): number {
  let n = 1;
  while (bytes[n - 1] >= 0x80) n++;
  return n;
}

export function writeUInt64(out: Uint8Array, at: number, v: number): number {
  for (let i = 0; i < 8; i++, v = Math.floor(v / 256)) out[at++] = v % 256;
  return at;
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const next = new Int32Array(values.length * 2);
  next.set(values);
  return next;
}
