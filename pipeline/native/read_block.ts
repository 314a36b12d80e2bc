/**
 * Reads one Native block into column views. For the wire forms see the writers.
 *
 * Every length is checked against the bytes that are left before anything is allocated, so a block that lies costs
 * no more than its own size: it is a `MalformedBlock` that names the column and the offset.
 */
import { type PreparedColumn, prepareLayout } from "./block_layout.ts";
import {
  ArrayColumn,
  BytesColumn,
  type Column,
  decodeText,
  FixedColumn,
  type FixedValues,
  LowCardinalityColumn,
  MapColumn,
  NullableColumn,
  StringColumn,
  TupleColumn,
} from "./columns.ts";
import { MalformedBlock, UnsupportedType } from "./errors.ts";
import { parseType } from "./parse_type.ts";
import { type ChType, fixedWidth, type IntegerBits, type Layout } from "./types.ts";

export interface BlockColumn {
  readonly name: string;
  readonly type: ChType;
  readonly column: Column;
}

export interface Block {
  readonly rows: number;
  readonly columns: readonly BlockColumn[];
  /** Offset behind the block. */
  readonly end: number;
}

const MAX_COLUMNS = 10_000;
const MAX_NAME = 65_536;
/** Dictionary indexes and offsets are kept in 32 bits. */
const MAX_ROWS = 0x7fffffff;

/**
 * Reads the block at `bytes[from]`. With `layout`, the block must have exactly these columns, which also spares
 * decoding their names and types. Throws `MalformedBlock`.
 */
export function readBlock(bytes: Uint8Array, from = 0, layout?: Layout): Block {
  const cursor = new Cursor(bytes, from);
  const count = cursor.varint("number of columns");
  const rows = cursor.varint("number of rows");
  if (count > MAX_COLUMNS) throw cursor.fail(`${count} columns`);
  if (rows > MAX_ROWS) throw cursor.fail(`${rows} rows`);
  const expected = layout === undefined ? undefined : prepareLayout(layout);
  if (expected !== undefined && expected.length !== count) {
    throw cursor.fail(`${count} columns where the layout has ${expected.length}`);
  }
  const columns: BlockColumn[] = [];
  for (let i = 0; i < count; i++) {
    const { name, type } = expected === undefined ? readHeader(cursor) : matchHeader(cursor, expected[i]);
    cursor.column = name;
    if (rows > 0) cursor.prefixes(type);
    columns.push({ name, type, column: readColumn(cursor, type, rows) });
    cursor.column = undefined;
  }
  return { rows, columns, end: cursor.at };
}

function readHeader(cursor: Cursor): { name: string; type: ChType } {
  const name = cursor.text("column name");
  cursor.column = name;
  const text = cursor.text("column type");
  try {
    return { name, type: parseType(text) };
  } catch (error) {
    if (error instanceof UnsupportedType) throw cursor.fail(error.message, error);
    throw error;
  }
}

/** Compares a column header with the layout's, and steps over it. */
export function matchHeader(cursor: Cursor, expected: PreparedColumn): PreparedColumn {
  const { header } = expected;
  cursor.need(header.length, "column header");
  for (let i = 0; i < header.length; i++) {
    if (cursor.bytes[cursor.at + i] !== header[i]) {
      cursor.column = expected.name;
      throw cursor.fail(`name or type differ from the layout's ${expected.typeText}`);
    }
  }
  cursor.at += header.length;
  return expected;
}

function readColumn(cursor: Cursor, type: ChType, rows: number): Column {
  switch (type.kind) {
    case "String":
    case "JSON":
      return readStrings(cursor, rows);
    case "Int":
    case "UInt":
      return type.bits > 64 ? readBytes(cursor, type, rows) : new FixedColumn(readFixed(cursor, type, rows));
    case "Decimal":
      return type.precision > 18 ? readBytes(cursor, type, rows) : new FixedColumn(readFixed(cursor, type, rows));
    case "Float":
      return type.bits === 16 ? readBytes(cursor, type, rows) : new FixedColumn(readFixed(cursor, type, rows));
    case "FixedString":
    case "UUID":
    case "IPv6":
      return readBytes(cursor, type, rows);
    case "Nullable": {
      const at = cursor.take(rows, "null map");
      const nulls = cursor.bytes.slice(at, at + rows);
      return new NullableColumn(nulls, readColumn(cursor, type.inner, rows));
    }
    case "LowCardinality":
      return readLowCardinality(cursor, type.inner, rows);
    case "Array": {
      const offsets = readOffsets(cursor, rows);
      return new ArrayColumn(offsets, readColumn(cursor, type.inner, lastOffset(offsets)));
    }
    case "Map": {
      const offsets = readOffsets(cursor, rows);
      const keys = readColumn(cursor, type.key, lastOffset(offsets));
      return new MapColumn(offsets, keys, readColumn(cursor, type.value, lastOffset(offsets)));
    }
    case "Tuple":
      return new TupleColumn(type.elements.map((element) => readColumn(cursor, element.type, rows)), rows);
    default:
      return new FixedColumn(readFixed(cursor, type, rows));
  }
}

function readBytes(cursor: Cursor, type: ChType, rows: number): BytesColumn {
  const width = fixedWidth(type);
  return new BytesColumn(cursor.bytes, cursor.take(rows * width, "values"), width, rows);
}

export function readStrings(cursor: Cursor, rows: number): StringColumn {
  cursor.need(rows, "strings");
  const { bytes, end } = cursor;
  const starts = new Int32Array(rows), ends = new Int32Array(rows);
  let at = cursor.at;
  for (let i = 0; i < rows; i++) {
    let n = at < end ? bytes[at] : 0xff;
    if (n <= 0x7f) at++;
    else {
      cursor.at = at;
      n = cursor.varint("string length");
      at = cursor.at;
    }
    if (n > end - at) {
      cursor.at = at;
      throw cursor.fail(`string of ${n} bytes where ${end - at} are left`);
    }
    starts[i] = at;
    ends[i] = at += n;
  }
  cursor.at = at;
  return new StringColumn(bytes, starts, ends);
}

function readOffsets(cursor: Cursor, rows: number): Uint32Array {
  const words = new Uint32Array(cursor.copy(rows * 8, "offsets"));
  const offsets = new Uint32Array(rows);
  let last = 0;
  for (let i = 0; i < rows; i++) {
    const offset = words[i * 2];
    if (words[i * 2 + 1] !== 0 || offset < last || offset > MAX_ROWS) {
      throw cursor.fail(`offset of row ${i} is lower than the one before or too high`);
    }
    offsets[i] = last = offset;
  }
  return offsets;
}

export function lastOffset(offsets: Uint32Array): number {
  return offsets.length === 0 ? 0 : offsets[offsets.length - 1];
}

function readLowCardinality(cursor: Cursor, inner: ChType, rows: number): LowCardinalityColumn {
  const nullable = inner.kind === "Nullable";
  const keyType = nullable ? inner.inner : inner;
  if (rows === 0) return new LowCardinalityColumn(new Uint8Array(0), readColumn(cursor, keyType, 0), nullable);
  const header = cursor.dictionaryHeader();
  const dictionary = readColumn(cursor, keyType, header.keys);
  const index = readIndexes(cursor, header.indexType, rows);
  for (let i = 0; i < rows; i++) {
    if (index[i] >= header.keys) throw cursor.fail(`dictionary index ${index[i]} of ${header.keys} keys`);
  }
  return new LowCardinalityColumn(index, dictionary, nullable);
}

export function readIndexes(cursor: Cursor, indexType: number, rows: number): Uint8Array | Uint16Array | Uint32Array {
  if (cursor.count("dictionary rows") !== rows) throw cursor.fail("the number of dictionary indexes is not the rows'");
  const buffer = cursor.copy(rows * (1 << indexType), "dictionary indexes");
  if (indexType === 0) return new Uint8Array(buffer);
  if (indexType === 1) return new Uint16Array(buffer);
  if (indexType === 2) return new Uint32Array(buffer);
  return Uint32Array.from(new BigUint64Array(buffer), (v) => v > 0xffffffffn ? 0xffffffff : Number(v));
}

function readFixed(cursor: Cursor, type: ChType, rows: number): FixedValues {
  const buffer = cursor.copy(rows * fixedWidth(type), "values");
  switch (type.kind) {
    case "Int":
      return integers(buffer, type.bits, true);
    case "UInt":
      return integers(buffer, type.bits, false);
    case "Float":
      return type.bits === 32 ? new Float32Array(buffer) : new Float64Array(buffer);
    case "Decimal":
      return integers(buffer, type.precision > 9 ? 64 : 32, true);
    case "Enum":
      return integers(buffer, type.bits, true);
    case "Bool":
      return new Uint8Array(buffer);
    case "Date":
      return new Uint16Array(buffer);
    case "Date32":
    case "Time":
      return new Int32Array(buffer);
    case "DateTime":
    case "IPv4":
      return new Uint32Array(buffer);
    case "DateTime64":
    case "Time64":
      return new BigInt64Array(buffer);
    default:
      throw cursor.fail(`${type.kind} is not a fixed-width number`);
  }
}

function integers(buffer: ArrayBuffer, bits: IntegerBits, signed: boolean): FixedValues {
  switch (bits) {
    case 8:
      return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
    case 16:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 32:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    case 64:
      return signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
    default:
      throw new TypeError(`integers of ${bits} bits are kept as bytes`);
  }
}

/** A position in a block; every step checks what is left. */
export class Cursor {
  column: string | undefined;
  constructor(readonly bytes: Uint8Array, public at: number, readonly end = bytes.length) {
    if (at < 0 || at > end || end > bytes.length) throw this.fail("no block at this offset");
  }

  fail(what: string, cause?: Error): MalformedBlock {
    return new MalformedBlock(what, this.at, this.column, { cause });
  }
  need(n: number, what: string): void {
    if (n > this.end - this.at) throw this.fail(`${n} bytes of ${what} where ${this.end - this.at} are left`);
  }
  /** Steps over `n` bytes and returns where they start. */
  take(n: number, what: string): number {
    this.need(n, what);
    const at = this.at;
    this.at += n;
    return at;
  }
  /** An aligned copy of the next `n` bytes. */
  copy(n: number, what: string): ArrayBuffer {
    const at = this.take(n, what);
    const copy = new Uint8Array(n);
    copy.set(this.bytes.subarray(at, at + n));
    return copy.buffer;
  }
  varint(what: string): number {
    let value = 0, scale = 1;
    for (let i = 0; i < 10; i++, scale *= 0x80) {
      const byte = this.bytes[this.take(1, what)];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw this.fail(`${what} is longer than 10 bytes`);
  }
  text(what: string): string {
    const n = this.varint(what);
    if (n > MAX_NAME) throw this.fail(`${what} of ${n} bytes`);
    const at = this.take(n, what);
    return decodeText(this.bytes, at, at + n);
  }
  /** A UInt64 that counts rows or keys. */
  count(what: string): number {
    const at = this.take(8, what);
    let value = 0;
    for (let i = 7; i >= 0; i--) value = value * 256 + this.bytes[at + i];
    if (value > MAX_ROWS) throw this.fail(`${what} is ${value}`);
    return value;
  }
  dictionaryHeader(): { indexType: number; keys: number } {
    const at = this.take(8, "dictionary flags");
    const indexType = this.bytes[at], flags = this.bytes[at + 1];
    // Bit 8 would refer to a dictionary outside of this block, bit 9 says the keys are here.
    if (indexType > 3 || (flags & 1) !== 0 || (flags & 2) === 0) throw this.fail("dictionary flags are not supported");
    return { indexType, keys: this.count("dictionary keys") };
  }
  /** Checks the state prefixes of all LowCardinality parts of a column (their form), and of all JSON parts (texts). */
  prefixes(type: ChType): void {
    switch (type.kind) {
      case "LowCardinality":
        if (this.count("dictionary version") !== 1) throw this.fail("dictionary version is not 1");
        return;
      case "JSON":
        if (this.count("JSON version") !== 1) throw this.fail("JSON is not written as text");
        return;
      case "Nullable":
      case "Array":
        return this.prefixes(type.inner);
      case "Map":
        this.prefixes(type.key);
        return this.prefixes(type.value);
      case "Tuple":
        for (const element of type.elements) this.prefixes(element.type);
        return;
    }
  }
}
