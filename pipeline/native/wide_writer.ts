/**
 * Columns of 128- and 256-bit integers, and of decimals stored in them. Wire form: little-endian two's complement.
 */
import { FixedWriter, grown } from "./fixed_writer.ts";
import type { ChType } from "./types.ts";

const TWO_32 = 4294967296;

export class WideWriter extends FixedWriter {
  override readonly width: number;
  /** Lowest word first. */
  private words: Int32Array;
  private readonly step: number;

  constructor(type: ChType, bits: 128 | 256) {
    super(type);
    this.width = bits / 8;
    this.step = bits / 32;
    this.words = new Int32Array(this.step * 16);
  }

  override putNumber(v: number): void {
    const whole = Math.trunc(v);
    if (Math.abs(whole) < 2 ** 53) this.putI64(whole | 0, Math.floor(whole / TWO_32));
    else this.putBigInt(BigInt(whole));
  }
  override putBigInt(v: bigint): void {
    const at = this.next();
    for (let i = 0; i < this.step; i++, v >>= 32n) this.words[at + i] = Number(BigInt.asIntN(32, v));
    this.rows++;
  }
  /** A signed 64-bit integer. */
  override putI64(lo: number, hi: number): void {
    this.put(lo, hi, (hi | 0) < 0 ? -1 : 0);
  }
  /** An unsigned 64-bit integer. */
  putU64(lo: number, hi: number): void {
    this.put(lo, hi, 0);
  }
  /** Appends the value whose wire bytes start at `src[at]`. */
  putWire(src: Uint8Array, at: number): void {
    const to = this.next() * 4;
    const bytes = new Uint8Array(this.words.buffer);
    for (let i = 0; i < this.width; i++) bytes[to + i] = src[at + i];
    this.rows++;
  }
  protected override store(): Int32Array {
    return this.words;
  }

  private put(lo: number, hi: number, rest: number): void {
    const at = this.next();
    this.words[at] = lo;
    this.words[at + 1] = hi;
    this.words.fill(rest, at + 2, at + this.step);
    this.rows++;
  }
  /** Index of the next value's first word; the caller writes it, then counts the row. */
  private next(): number {
    const at = this.rows * this.step;
    if (at === this.words.length) this.words = grown(this.words, Int32Array);
    return at;
  }
}

/** The integer whose wire bytes start at `bytes[at]`. */
export function readWide(bytes: Uint8Array, at: number, width: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]);
  return signed ? BigInt.asIntN(width * 8, value) : value;
}
