/** A place in a record that is read, and what both binary formats read there. Nothing is read behind the record's end. */
import { utf8Length } from "../scan/utf8.ts";
import { Undecodable } from "./undecodable.ts";

/** Records in records of one record's data. */
const MAX_DEPTH = 512;

export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  p = 0;
  end = 0;
  /** Halves of the number read last. */
  lo = 0;
  hi = 0;
  /** Items that may still be read: a count takes few bytes, however much it claims. */
  items = 0;
  #start = 0;
  #depth = 0;

  begin(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes = bytes;
    this.p = this.#start = start;
    this.end = end;
    this.items = end - start + 65_536;
    this.#depth = 0;
  }

  /** Offset in the payload, as told to users. */
  get place(): number {
    return this.p - this.#start;
  }

  fail(what: string): never {
    throw new Undecodable(`undecodable at byte ${this.place} of the payload: ${what}`);
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} nested values`);
  }

  leave(): void {
    this.#depth--;
  }

  take(count: number): void {
    if (count > this.items) this.fail("it counts more items than it can have");
    this.items -= count;
  }

  /** Goes over `length` bytes and returns where they begin. */
  over(length: number): number {
    const start = this.p;
    if (length > this.end - start) this.fail("it ends too early");
    this.p = start + length;
    return start;
  }

  /** A varint into `lo` and `hi`. */
  varint(): void {
    const { bytes, end } = this;
    let p = this.p, lo = 0, hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (p >= end) this.fail("it ends too early");
      const b = bytes[p++];
      if (shift < 28) lo |= (b & 0x7f) << shift;
      else if (shift === 28) {
        lo |= (b & 0x7f) << 28;
        hi = (b & 0x7f) >>> 4;
      } else if (shift < 63) hi |= (b & 0x7f) << (shift - 32);
      else if (b > 1) this.fail("a number has more than 64 bits");
      else hi |= b << 31;
      if (b < 0x80) {
        this.p = p;
        this.lo = lo;
        this.hi = hi;
        return;
      }
    }
    this.fail("a number has more than 64 bits");
  }

  /** A zigzag varint into `lo` and `hi`. */
  zigzag(): void {
    this.varint();
    const sign = -(this.lo & 1);
    this.lo = ((this.lo >>> 1) | (this.hi << 31)) ^ sign;
    this.hi = (this.hi >>> 1) ^ sign;
  }

  /** Refuses text that is not UTF-8. */
  text(start: number, end: number): void {
    const { bytes } = this;
    for (let i = start; i < end;) {
      if (bytes[i] < 0x80) {
        i++;
        continue;
      }
      const length = utf8Length(bytes, i, end);
      if (length === 0) {
        this.p = i;
        this.fail("invalid UTF-8");
      }
      i += length;
    }
  }
}
