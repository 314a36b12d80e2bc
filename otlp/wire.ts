/**
 * The protobuf wire format, as much as a reader needs: tags, variable-length integers, lengths, skipping.
 * Every read is bounded by the end of the message around it; groups are skipped to a fixed depth.
 */
import { MalformedPayload } from "./errors.ts";

/** How deeply messages, groups, arrays and objects may be nested. */
export const MAX_DEPTH = 100;

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const START_GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;

export class WireReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** The value of the last {@link varint}: two's complement halves. */
  lo = 0;
  hi = 0;

  /** `bytes` must have at least 16 readable bytes after every range that is read. */
  open(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
  }

  fail(reason: string): never {
    throw new MalformedPayload(reason, this.at);
  }

  /** The next field's tag: number × 8 + wire type. */
  tag(end: number): number {
    const first = this.bytes[this.at];
    if (first < 0x80 && first >= 8) {
      this.at++;
      return first;
    }
    const start = this.at;
    this.varint(end);
    if (this.hi !== 0 || (this.lo >>> 0) < 8) throw new MalformedPayload("invalid field tag", start);
    return this.lo >>> 0;
  }

  /** Reads a length; returns the offset at which that many bytes end. */
  extent(end: number): number {
    const first = this.bytes[this.at];
    let length = first;
    if (first < 0x80) this.at++;
    else {
      this.varint(end);
      if (this.hi !== 0 || this.lo < 0) this.fail("length exceeds the message");
      length = this.lo;
    }
    const stop = this.at + length;
    if (stop > end) this.fail("length exceeds the message");
    return stop;
  }

  /** Reads an integer of up to 64 bits into `lo` and `hi`; bits beyond are dropped, as protobuf readers do. */
  varint(end: number): void {
    const bytes = this.bytes;
    let at = this.at;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) this.fail("truncated integer");
      const byte = bytes[at++];
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi |= bits >>> 4;
      } else hi |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) this.fail("integer longer than 64 bits");
        this.at = at;
        this.lo = lo;
        this.hi = hi;
        return;
      }
    }
    this.fail("integer longer than 64 bits");
  }

  /** Moves past `count` bytes. */
  advance(count: number, end: number): void {
    if (this.at + count > end) this.fail("truncated field");
    this.at += count;
  }

  /** Moves past the value of a field with this tag. */
  skip(tag: number, end: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        return this.varint(end);
      case FIXED64:
        return this.advance(8, end);
      case BYTES:
        this.at = this.extent(end);
        return;
      case FIXED32:
        return this.advance(4, end);
      case START_GROUP:
        return this.#skipGroup(tag, end, depth + 1);
      default:
        this.fail((tag & 7) === END_GROUP ? "end of a group that was not started" : "invalid wire type");
    }
  }

  #skipGroup(start: number, end: number, depth: number): void {
    if (depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    while (this.at < end) {
      const tag = this.tag(end);
      if ((tag & 7) !== END_GROUP) this.skip(tag, end, depth);
      else if (tag === start + 1) return;
      else this.fail("end of another group");
    }
    this.fail("group without an end");
  }
}
