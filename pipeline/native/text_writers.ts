/**
 * Writers of the fixed-width types whose values arrive as text: FixedString, UUID, IPv4, IPv6, enums.
 *
 * `putText` and `putSlice` take the value's text (UTF-8 bytes for `putSlice`) and throw `ConvertError`, leaving the
 * column as it was; `putWire` takes bytes already in wire form.
 */
import { parseIPv4, parseIPv6 } from "./address.ts";
import { ConvertError } from "./errors.ts";
import { Fixed16Writer, Fixed32Writer, Fixed8Writer } from "./fixed_writer.ts";
import { type ChType, type EnumType, formatType } from "./types.ts";
import { parseUuid } from "./uuid.ts";
import { ColumnWriter, grownCapacity } from "./writer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Values of `width` bytes each in one buffer. */
export abstract class BytesWriter extends ColumnWriter {
  protected bytes: Uint8Array;

  constructor(override readonly type: ChType, readonly width: number) {
    super();
    this.bytes = new Uint8Array(width * 16);
  }

  abstract putSlice(src: Uint8Array, start: number, end: number): void;
  putText(s: string): void {
    const bytes = encoder.encode(s);
    this.putSlice(bytes, 0, bytes.length);
  }
  /** Appends the value whose wire bytes start at `src[at]`. */
  putWire(src: Uint8Array, at: number): void {
    const to = this.next();
    for (let i = 0; i < this.width; i++) this.bytes[to + i] = src[at + i];
    this.rows++;
  }
  /** Offset of the next value; the caller writes it, then counts the row. */
  protected next(): number {
    const at = this.rows * this.width;
    if (at + this.width > this.bytes.length) {
      const bytes = new Uint8Array(grownCapacity(this.bytes.length, at + this.width));
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    return at;
  }
  override putDefault(): void {
    const at = this.next();
    this.bytes.fill(0, at, at + this.width);
    this.rows++;
  }
  override truncate(rows: number): void {
    this.rows = rows;
  }
  override byteLength(): number {
    return this.rows * this.width;
  }
  override writeTo(out: Uint8Array, at: number): number {
    const n = this.rows * this.width;
    out.set(this.bytes.subarray(0, n), at);
    return at + n;
  }
  override reset(): void {
    this.rows = 0;
  }
}

/** Values shorter than N are padded with zero bytes, as the engine pads them. */
export class FixedStringWriter extends BytesWriter {
  constructor(type: ChType & { kind: "FixedString" }) {
    super(type, type.length);
  }
  override putSlice(src: Uint8Array, start: number, end: number): void {
    const n = end - start;
    if (n > this.width) {
      throw new ConvertError(formatType(this.type), `the value has ${n} bytes, the column holds ${this.width}`);
    }
    const at = this.next();
    for (let i = 0; i < n; i++) this.bytes[at + i] = src[start + i];
    this.bytes.fill(0, at + n, at + this.width);
    this.rows++;
  }
}

export class UUIDWriter extends BytesWriter {
  constructor() {
    super({ kind: "UUID" }, 16);
  }
  override putSlice(src: Uint8Array, start: number, end: number): void {
    const at = this.next(); // first: it may replace `bytes`
    if (!parseUuid(src, start, end, this.bytes, at)) {
      throw new ConvertError("UUID", "the text is not 32 hex digits, plain or grouped 8-4-4-4-12");
    }
    this.rows++;
  }
}

export class IPv6Writer extends BytesWriter {
  constructor() {
    super({ kind: "IPv6" }, 16);
  }
  override putText(s: string): void {
    const at = this.next(); // first: it may replace `bytes`
    if (!parseIPv6(s, this.bytes, at)) throw new ConvertError("IPv6", "the text is not an IP address");
    this.rows++;
  }
  override putSlice(src: Uint8Array, start: number, end: number): void {
    this.putText(decoder.decode(src.subarray(start, end)));
  }
}

export class IPv4Writer extends Fixed32Writer {
  constructor() {
    super({ kind: "IPv4" });
  }
  putText(s: string): void {
    const address = parseIPv4(s);
    if (address < 0) throw new ConvertError("IPv4", "the text is not four decimal octets");
    this.putNumber(address);
  }
  putSlice(src: Uint8Array, start: number, end: number): void {
    this.putText(decoder.decode(src.subarray(start, end)));
  }
}

/** The engine's default of an enum is its lowest number. */
function lowest(type: EnumType): number {
  return Math.min(...type.values.values());
}

function enumNumber(type: EnumType, label: string): number {
  const value = type.values.get(label);
  if (value === undefined) throw new ConvertError(formatType(type), "the text is none of its labels");
  return value;
}

export class Enum8Writer extends Fixed8Writer {
  constructor(private readonly labels: EnumType) {
    super(labels, lowest(labels));
  }
  putText(s: string): void {
    this.putNumber(enumNumber(this.labels, s));
  }
  putSlice(src: Uint8Array, start: number, end: number): void {
    this.putText(decoder.decode(src.subarray(start, end)));
  }
}

export class Enum16Writer extends Fixed16Writer {
  constructor(private readonly labels: EnumType) {
    super(labels, lowest(labels));
  }
  putText(s: string): void {
    this.putNumber(enumNumber(this.labels, s));
  }
  putSlice(src: Uint8Array, start: number, end: number): void {
    this.putText(decoder.decode(src.subarray(start, end)));
  }
}
