/**
 * Read views on the columns of one block. Strings point into the block's bytes; everything else is decoded once
 * into aligned typed arrays. All indexes and lengths were checked when the block was read.
 */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Measured: below about 24 bytes a loop over ASCII bytes beats `TextDecoder`. */
const CHAR_LOOP_MAX = 24;

export type FixedValues =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export class StringColumn {
  readonly kind = "strings";
  constructor(readonly bytes: Uint8Array, readonly starts: Int32Array, readonly ends: Int32Array) {}
  get rows(): number {
    return this.starts.length;
  }
  /** The value as text; bytes that are not UTF-8 become U+FFFD. */
  text(row: number): string {
    return decodeText(this.bytes, this.starts[row], this.ends[row]);
  }
}

/** Values of one width that no typed array holds: FixedString, UUID, IPv6, integers and decimals beyond 64 bits, BFloat16. */
export class BytesColumn {
  readonly kind = "bytes";
  constructor(readonly bytes: Uint8Array, readonly start: number, readonly width: number, readonly rows: number) {}
}

export class FixedColumn {
  readonly kind = "fixed";
  /** 64-bit integers as low word, high word, ...; empty for other types. */
  readonly words: Int32Array;
  constructor(readonly values: FixedValues) {
    const wide = values instanceof BigInt64Array || values instanceof BigUint64Array;
    this.words = wide ? new Int32Array(values.buffer, values.byteOffset, values.length * 2) : new Int32Array(0);
  }
  get rows(): number {
    return this.values.length;
  }
  /** The value as a double; 64-bit integers are exact up to 2^53. */
  number(row: number): number {
    return Number(this.values[row]);
  }
}

export class NullableColumn {
  readonly kind = "nullable";
  /** 1 where the row is NULL. */
  constructor(readonly nulls: Uint8Array, readonly inner: Column) {}
  get rows(): number {
    return this.nulls.length;
  }
}

export class LowCardinalityColumn {
  readonly kind = "lowCardinality";
  /** Row values are `dictionary[index[row]]`; if `nullable`, index 0 is NULL. */
  constructor(
    readonly index: Uint8Array | Uint16Array | Uint32Array,
    readonly dictionary: Column,
    readonly nullable: boolean,
  ) {}
  get rows(): number {
    return this.index.length;
  }
}

export class ArrayColumn {
  readonly kind = "array";
  /** `offsets[row]` is the end of the row in `inner`; it starts where the row before ends. */
  constructor(readonly offsets: Uint32Array, readonly inner: Column) {}
  get rows(): number {
    return this.offsets.length;
  }
  start(row: number): number {
    return row === 0 ? 0 : this.offsets[row - 1];
  }
}

export class MapColumn {
  readonly kind = "map";
  constructor(readonly offsets: Uint32Array, readonly keys: Column, readonly values: Column) {}
  get rows(): number {
    return this.offsets.length;
  }
  start(row: number): number {
    return row === 0 ? 0 : this.offsets[row - 1];
  }
}

export class TupleColumn {
  readonly kind = "tuple";
  constructor(readonly elements: readonly Column[], readonly rows: number) {}
}

export type Column =
  | StringColumn
  | BytesColumn
  | FixedColumn
  | NullableColumn
  | LowCardinalityColumn
  | ArrayColumn
  | MapColumn
  | TupleColumn;

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= CHAR_LOOP_MAX) {
    let text = "";
    let i = start;
    for (; i < end && bytes[i] < 0x80; i++) text += String.fromCharCode(bytes[i]);
    if (i === end) return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}
