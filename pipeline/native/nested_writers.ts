/**
 * Nullable, Array, Map and Tuple columns.
 *
 * Wire forms: Nullable is one byte per row (1 = null) and then the inner column, which holds a default for nulls.
 * Array is one UInt64 per row, the end of the row counted in elements from the start of the column, and then the
 * inner column of all elements. Map(K, V) is the same with two inner columns: all keys, then all values. Tuple is its
 * element columns one after the other.
 */
import type { ArrayType, MapType, NullableType, TupleType } from "./types.ts";
import { ColumnWriter, grownCapacity } from "./writer.ts";

export class NullableWriter extends ColumnWriter {
  private nulls = new Uint8Array(64);

  constructor(override readonly type: NullableType, readonly inner: ColumnWriter) {
    super();
  }

  putNull(): void {
    this.flag(1);
    this.inner.putDefault();
  }
  /** Counts the row; the caller then appends exactly one value to `inner`. */
  beginValue(): void {
    this.flag(0);
  }
  /** Counts the given rows of another column's null map; the caller then appends that many values to `inner`. */
  putNulls(nulls: Uint8Array, rows: Int32Array | Uint32Array): void {
    for (let i = 0; i < rows.length; i++) this.flag(nulls[rows[i]]);
  }
  /** NULL. */
  override putDefault(): void {
    this.putNull();
  }
  override truncate(rows: number): void {
    this.rows = rows;
    this.inner.truncate(rows);
  }
  override get prefixes(): number {
    return this.inner.prefixes;
  }
  override byteLength(): number {
    return this.rows + this.inner.byteLength();
  }
  override writeTo(out: Uint8Array, at: number): number {
    out.set(this.nulls.subarray(0, this.rows), at);
    return this.inner.writeTo(out, at + this.rows);
  }
  override reset(): void {
    this.rows = 0;
    this.inner.reset();
  }

  private flag(value: number): void {
    if (this.rows === this.nulls.length) {
      const nulls = new Uint8Array(grownCapacity(this.rows, this.rows + 1));
      nulls.set(this.nulls);
      this.nulls = nulls;
    }
    this.nulls[this.rows++] = value;
  }
}

/** Row ends as UInt64: word pairs with a high word of zero, so that writing them is a copy. */
class RowEnds {
  private words = new Uint32Array(128);

  put(row: number, end: number): void {
    const at = row * 2;
    if (at === this.words.length) {
      const words = new Uint32Array(at * 2);
      words.set(this.words);
      this.words = words;
    }
    this.words[at] = end;
  }
  /** Elements of the first `rows` rows. */
  end(rows: number): number {
    return rows <= 0 ? 0 : this.words[rows * 2 - 2];
  }
  writeTo(out: Uint8Array, at: number, rows: number): number {
    out.set(new Uint8Array(this.words.buffer, 0, rows * 8), at);
    return at + rows * 8;
  }
}

export class ArrayWriter extends ColumnWriter {
  private readonly ends = new RowEnds();

  constructor(override readonly type: ArrayType, readonly inner: ColumnWriter) {
    super();
  }

  /** Closes the row: its elements are what `inner` received since the last `endRow`. */
  endRow(): void {
    this.ends.put(this.rows++, this.inner.rows);
  }
  /** Elements of the last row. */
  lastLength(): number {
    return this.ends.end(this.rows) - this.ends.end(this.rows - 1);
  }
  /** Closes a row that ends at the given element, for elements appended in bulk. */
  endRowAt(end: number): void {
    this.ends.put(this.rows++, end);
  }
  override putDefault(): void {
    this.endRow();
  }
  override truncate(rows: number): void {
    this.rows = rows;
    this.inner.truncate(this.ends.end(rows));
  }
  override get prefixes(): number {
    return this.inner.prefixes;
  }
  override byteLength(): number {
    return this.rows * 8 + (this.inner.rows === 0 ? 0 : this.inner.byteLength());
  }
  override writeTo(out: Uint8Array, at: number): number {
    const next = this.ends.writeTo(out, at, this.rows);
    return this.inner.rows === 0 ? next : this.inner.writeTo(out, next);
  }
  override reset(): void {
    this.rows = 0;
    this.inner.reset();
  }
}

export class MapWriter extends ColumnWriter {
  private readonly ends = new RowEnds();

  constructor(override readonly type: MapType, readonly keys: ColumnWriter, readonly values: ColumnWriter) {
    super();
  }

  /** Closes the row: its entries are what `keys` and `values` received since the last `endRow`. */
  endRow(): void {
    if (this.keys.rows !== this.values.rows) {
      throw new RangeError(`map row with ${this.keys.rows} keys and ${this.values.rows} values: append one of each`);
    }
    this.ends.put(this.rows++, this.keys.rows);
  }
  /** Closes a row that ends at the given element, for elements appended in bulk. */
  endRowAt(end: number): void {
    this.ends.put(this.rows++, end);
  }
  override putDefault(): void {
    this.endRow();
  }
  override truncate(rows: number): void {
    this.rows = rows;
    this.keys.truncate(this.ends.end(rows));
    this.values.truncate(this.ends.end(rows));
  }
  override get prefixes(): number {
    return this.keys.prefixes + this.values.prefixes;
  }
  override byteLength(): number {
    return this.rows * 8 + (this.keys.rows === 0 ? 0 : this.keys.byteLength() + this.values.byteLength());
  }
  override writeTo(out: Uint8Array, at: number): number {
    const next = this.ends.writeTo(out, at, this.rows);
    return this.keys.rows === 0 ? next : this.values.writeTo(out, this.keys.writeTo(out, next));
  }
  override reset(): void {
    this.rows = 0;
    this.keys.reset();
    this.values.reset();
  }
}

export class TupleWriter extends ColumnWriter {
  constructor(override readonly type: TupleType, readonly elements: readonly ColumnWriter[]) {
    super();
  }

  /** Closes the row: every element must have received exactly one value. */
  endRow(): void {
    this.rows++;
    for (const element of this.elements) {
      if (element.rows !== this.rows) throw new RangeError("tuple row: append one value to every element");
    }
  }
  /** Closes all rows whose elements were appended in bulk. */
  endRows(): void {
    this.rows = this.elements[0].rows;
  }
  override putDefault(): void {
    for (const element of this.elements) element.putDefault();
    this.rows++;
  }
  override truncate(rows: number): void {
    this.rows = rows;
    for (const element of this.elements) element.truncate(rows);
  }
  override get prefixes(): number {
    return this.elements.reduce((sum, element) => sum + element.prefixes, 0);
  }
  override byteLength(): number {
    return this.elements.reduce((sum, element) => sum + element.byteLength(), 0);
  }
  override writeTo(out: Uint8Array, at: number): number {
    for (const element of this.elements) at = element.writeTo(out, at);
    return at;
  }
  override reset(): void {
    this.rows = 0;
    for (const element of this.elements) element.reset();
  }
}
