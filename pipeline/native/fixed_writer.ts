/**
 * Columns of fixed-width values. Wire form: the values' little-endian bytes back to back.
 *
 * One small class per storage width keeps each store monomorphic. The host is assumed little-endian, as every
 * platform the runtime ships for is.
 *
 * Units per type: Date and Date32 days since 1970, DateTime and Time seconds, DateTime64(p) and Time64(p) ticks of
 * 10^-p s, Decimal(P, s) units of 10^-s, Bool 0 or 1, IPv4 the address as a number, enums their number.
 */
import type { ChType } from "./types.ts";
import { ColumnWriter, grownCapacity } from "./writer.ts";

const TWO_32 = 4294967296;

/** The typed arrays a column can be stored in. */
type Store = Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array;

export abstract class FixedWriter extends ColumnWriter {
  /** Bytes per value. */
  abstract readonly width: number;

  constructor(override readonly type: ChType, protected readonly zero = 0) {
    super();
  }

  /** Appends a number; fractions are cut for integer types. 64-bit: exact up to 2^53. */
  abstract putNumber(v: number): void;
  abstract putBigInt(v: bigint): void;
  /** Appends a 64-bit integer given as its low and high 32 bits (either sign); narrower types keep the low bits. */
  abstract putI64(lo: number, hi: number): void;
  protected abstract store(): Store;

  putBool(v: boolean): void {
    this.putNumber(v ? 1 : 0);
  }
  override putDefault(): void {
    this.putNumber(this.zero);
  }
  override truncate(rows: number): void {
    this.rows = rows;
  }
  override byteLength(): number {
    return this.rows * this.width;
  }
  override writeTo(out: Uint8Array, at: number): number {
    const n = this.rows * this.width;
    out.set(new Uint8Array(this.store().buffer, 0, n), at);
    return at + n;
  }
  override reset(): void {
    this.rows = 0;
  }
}

export class Fixed8Writer extends FixedWriter {
  override readonly width = 1;
  private values = new Uint8Array(64);

  override putNumber(v: number): void {
    if (this.rows === this.values.length) this.values = grown(this.values, Uint8Array);
    this.values[this.rows++] = v;
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(BigInt.asIntN(8, v)));
  }
  override putI64(lo: number, _hi: number): void {
    this.putNumber(lo);
  }
  protected override store(): Store {
    return this.values;
  }
}

export class Fixed16Writer extends FixedWriter {
  override readonly width = 2;
  private values = new Uint16Array(64);

  override putNumber(v: number): void {
    if (this.rows === this.values.length) this.values = grown(this.values, Uint16Array);
    this.values[this.rows++] = v;
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(BigInt.asIntN(16, v)));
  }
  override putI64(lo: number, _hi: number): void {
    this.putNumber(lo);
  }
  protected override store(): Store {
    return this.values;
  }
}

export class Fixed32Writer extends FixedWriter {
  override readonly width = 4;
  private values = new Int32Array(64);

  override putNumber(v: number): void {
    if (this.rows === this.values.length) this.values = grown(this.values, Int32Array);
    this.values[this.rows++] = v;
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(BigInt.asIntN(32, v)));
  }
  override putI64(lo: number, _hi: number): void {
    this.putNumber(lo);
  }
  protected override store(): Store {
    return this.values;
  }
}

export class Fixed64Writer extends FixedWriter {
  override readonly width = 8;
  /** Low word, high word, low word, ... */
  private words = new Int32Array(128);

  override putNumber(v: number): void {
    const whole = Math.trunc(v);
    this.putI64(whole | 0, Math.floor(whole / TWO_32));
  }
  override putBigInt(v: bigint): void {
    this.putI64(Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n)));
  }
  override putI64(lo: number, hi: number): void {
    const at = this.rows * 2;
    if (at === this.words.length) this.words = grown(this.words, Int32Array);
    this.words[at] = lo;
    this.words[at + 1] = hi;
    this.rows++;
  }
  protected override store(): Store {
    return this.words;
  }
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** BFloat16: the upper half of a Float32; the lower half is cut, as the engine cuts it. */
export class BFloat16Writer extends Fixed16Writer {
  override putNumber(v: number): void {
    single[0] = v;
    // A NaN whose only set bits are cut would become an infinity.
    super.putNumber(Number.isNaN(v) ? 0x7fc0 : singleBits[0] >>> 16);
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(v));
  }
  override putI64(lo: number, hi: number): void {
    this.putNumber(hi * TWO_32 + (lo >>> 0));
  }
  /** Appends the value whose wire bytes start at `src[at]`. */
  putWire(src: Uint8Array, at: number): void {
    super.putNumber(src[at] | (src[at + 1] << 8));
  }
}

export class Float32Writer extends FixedWriter {
  override readonly width = 4;
  private values = new Float32Array(64);

  override putNumber(v: number): void {
    if (this.rows === this.values.length) this.values = grown(this.values, Float32Array);
    this.values[this.rows++] = v;
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(v));
  }
  override putI64(lo: number, hi: number): void {
    this.putNumber(hi * TWO_32 + (lo >>> 0));
  }
  protected override store(): Store {
    return this.values;
  }
}

export class Float64Writer extends FixedWriter {
  override readonly width = 8;
  private values = new Float64Array(64);

  override putNumber(v: number): void {
    if (this.rows === this.values.length) this.values = grown(this.values, Float64Array);
    this.values[this.rows++] = v;
  }
  override putBigInt(v: bigint): void {
    this.putNumber(Number(v));
  }
  override putI64(lo: number, hi: number): void {
    this.putNumber(hi * TWO_32 + (lo >>> 0));
  }
  protected override store(): Store {
    return this.values;
  }
}

export function grown<T extends Store>(values: T, make: new (length: number) => T, needed = 0): T {
  const next = new make(grownCapacity(values.length * 2, needed));
  next.set(values);
  return next;
}
