/**
 * Joins blocks of one layout into one block, mostly by copying byte ranges.
 *
 * Values of one width, strings and null maps are concatenated as they are; ends of arrays and maps are moved by what
 * came before; LowCardinality dictionaries are united and their indexes translated. A block with rows to skip is
 * first rewritten without them, row by row.
 *
 * Headers, lengths and fixed-width data are checked (`MalformedBlock`). The lengths inside a string column are not
 * walked where the column's own length says where it ends: frames carry a checksum for that.
 */
import { type PreparedColumn, prepareLayout } from "./block_layout.ts";
import { BlockWriter, writePrefixes, type WrittenBlock } from "./block_writer.ts";
import { createWriter } from "./create_writer.ts";
import { gather } from "./gather.ts";
import { LowCardinalityWriter } from "./low_cardinality_writer.ts";
import { Cursor, matchHeader, readBlock, readIndexes, readStrings } from "./read_block.ts";
import { writeVarint } from "./string_writer.ts";
import { type ChType, fixedWidth, type Layout, type LowCardinalityType } from "./types.ts";
import { grownCapacity } from "./writer.ts";

export interface BlockPart {
  /** Exactly one block. */
  readonly bytes: Uint8Array;
  readonly columnLengths: readonly number[];
  readonly rows: number;
  /** Row numbers to leave out, ascending. */
  readonly skip?: ArrayLike<number>;
}

/**
 * The rows of all parts, in order, as one block. `into` may be a buffer to write to, which spares the allocation; the
 * block is a view of it, or of a larger one if it was too small.
 */
export function mergeBlocks(layout: Layout, parts: readonly BlockPart[], into?: Uint8Array): WrittenBlock {
  const columns = prepareLayout(layout);
  const whole = parts
    .map((part) => part.skip !== undefined && part.skip.length > 0 ? withoutRows(layout, part, part.skip) : part)
    .filter((part) => part.rows > 0);
  if (whole.length === 0) return new BlockWriter(layout).finish();
  const rows = whole.map((part) => part.rows);
  const total = rows.reduce((sum, n) => sum + n, 0);
  const out = new Sink(whole.reduce((sum, part) => sum + part.bytes.length, 16), into);
  out.length = writeVarint(out.bytes, writeVarint(out.bytes, 0, columns.length), total);

  const ranges = whole.map((part) => columnRanges(columns, part));
  const columnLengths: number[] = [];
  columns.forEach(({ type, header }, i) => {
    out.copy(header, 0, header.length);
    const start = out.length;
    const sources = ranges.map((range) => range[i]);
    let prefixes = 0;
    for (const source of sources) {
      const at = source.at;
      source.prefixes(type);
      prefixes = (source.at - at) / 8;
    }
    out.length = writePrefixes(out.bytes, out.reserve(prefixes * 8), prefixes);
    mergeValues(type, sources, rows, out, true);
    for (const source of sources) {
      if (source.at !== source.end) throw source.fail(`${source.end - source.at} bytes too many`);
    }
    columnLengths.push(out.length - start);
  });
  return { rows: total, block: out.bytes.subarray(0, out.length), columnLengths };
}

/** Where each column's data lies in a part, after checking its headers against the layout. */
function columnRanges(columns: readonly PreparedColumn[], part: BlockPart): Cursor[] {
  const cursor = new Cursor(part.bytes, 0);
  const count = cursor.varint("number of columns"), rows = cursor.varint("number of rows");
  if (count !== columns.length || part.columnLengths.length !== columns.length) {
    throw cursor.fail(`${count} columns, ${part.columnLengths.length} lengths where the layout has ${columns.length}`);
  }
  if (rows !== part.rows) throw cursor.fail(`${rows} rows where ${part.rows} were announced`);
  const ranges = columns.map((column, i) => {
    matchHeader(cursor, column);
    cursor.column = column.name;
    const length = part.columnLengths[i];
    if (!Number.isInteger(length) || length < 0) throw cursor.fail(`column length ${length}`);
    const at = cursor.take(length, "column data");
    const range = new Cursor(part.bytes, at, at + length);
    range.column = column.name;
    cursor.column = undefined;
    return range;
  });
  if (cursor.at !== cursor.end) throw cursor.fail(`${cursor.end - cursor.at} bytes behind the last column`);
  return ranges;
}

/** Appends the values of one (sub)column of all sources. `last`: nothing follows it within its column. */
function mergeValues(
  type: ChType,
  sources: readonly Cursor[],
  rows: readonly number[],
  out: Sink,
  last: boolean,
): void {
  const width = fixedWidth(type);
  if (width > 0) {
    sources.forEach((source, i) => out.take(source, rows[i] * width, "values"));
    return;
  }
  switch (type.kind) {
    case "String":
    case "JSON":
      sources.forEach((source, i) =>
        out.take(source, last ? source.end - source.at : stringsLength(source, rows[i]), "strings")
      );
      return;
    case "Nullable":
      sources.forEach((source, i) => out.take(source, rows[i], "null map"));
      return mergeValues(type.inner, sources, rows, out, last);
    case "LowCardinality":
      return mergeDictionaries(type, sources, rows, out);
    case "Array":
      return mergeValues(type.inner, sources, mergeEnds(sources, rows, out), out, last);
    case "Map": {
      const entries = mergeEnds(sources, rows, out);
      mergeValues(type.key, sources, entries, out, false);
      return mergeValues(type.value, sources, entries, out, last);
    }
    case "Tuple":
      type.elements.forEach((element, i) =>
        mergeValues(element.type, sources, rows, out, last && i === type.elements.length - 1)
      );
  }
}

/** Bytes of the next `rows` strings. */
function stringsLength(source: Cursor, rows: number): number {
  const { bytes, end } = source;
  const start = source.at;
  let at = start;
  for (let i = 0; i < rows; i++) {
    let n = at < end ? bytes[at] : 0xff;
    if (n <= 0x7f) at++;
    else {
      source.at = at;
      n = source.varint("string length");
      at = source.at;
    }
    at += n;
    if (at > end) throw source.fail(`string of ${n} bytes where ${end - at + n} are left`);
  }
  source.at = start;
  return at - start;
}

/** Appends the row ends of all sources, each moved by the elements before it; returns the elements per source. */
function mergeEnds(sources: readonly Cursor[], rows: readonly number[], out: Sink): number[] {
  let base = 0;
  return sources.map((source, i) => {
    const n = rows[i];
    const from = source.bytes.byteOffset + source.take(n * 8, "offsets");
    const view = new DataView(source.bytes.buffer, from, n * 8);
    const to = out.reserve(n * 8);
    out.length = to + n * 8;
    const target = out.view;
    let end = 0;
    for (let row = 0; row < n; row++) {
      const next = view.getUint32(row * 8, true);
      if (next < end || view.getUint32(row * 8 + 4, true) !== 0) {
        throw source.fail(`offset of row ${row} is lower than the one before or too high`);
      }
      end = next;
      target.setUint32(to + row * 8, base + end, true);
      target.setUint32(to + row * 8 + 4, 0, true);
    }
    base += end;
    if (base > 0x7fffffff) throw source.fail("more than 2^31 elements in one block");
    return end;
  });
}

function mergeDictionaries(
  type: LowCardinalityType,
  sources: readonly Cursor[],
  rows: readonly number[],
  out: Sink,
): void {
  const nullable = type.inner.kind === "Nullable";
  const keyType = type.inner.kind === "Nullable" ? type.inner.inner : type.inner;
  const width = fixedWidth(keyType);
  const merged = createWriter(type);
  if (!(merged instanceof LowCardinalityWriter)) throw new TypeError("LowCardinality without its writer");
  sources.forEach((source, i) => {
    if (rows[i] === 0) return;
    const { indexType, keys } = source.dictionaryHeader();
    source.need(keys, "dictionary keys");
    const map = new Uint32Array(keys);
    if (width > 0) {
      const at = source.take(keys * width, "dictionary keys");
      for (let key = 0; key < keys; key++) {
        map[key] = merged.keyOf(source.bytes, at + key * width, at + (key + 1) * width);
      }
    } else {
      const { bytes, starts, ends } = readStrings(source, keys);
      for (let key = 0; key < keys; key++) map[key] = merged.keyOf(bytes, starts[key], ends[key]);
    }
    if (nullable && keys > 0) map[0] = 0;
    const index = readIndexes(source, indexType, rows[i]);
    for (let row = 0; row < index.length; row++) {
      if (index[row] >= keys) throw source.fail(`dictionary index ${index[row]} of ${keys} keys`);
      merged.putIndex(map[index[row]]);
    }
  });
  if (merged.rows > 0) {
    const to = out.reserve(merged.byteLength());
    out.length = merged.writeTo(out.bytes, to);
  }
}

/** The part rewritten without the rows to skip. */
function withoutRows(layout: Layout, part: BlockPart, skip: ArrayLike<number>): BlockPart {
  const read = readBlock(part.bytes, 0, layout);
  const kept = new Uint32Array(read.rows);
  let count = 0;
  for (let row = 0, next = 0; row < read.rows; row++) {
    if (next < skip.length && skip[next] === row) next++;
    else kept[count++] = row;
  }
  const writer = new BlockWriter(layout);
  read.columns.forEach(({ column, type }, i) => gather(column, type, kept.subarray(0, count), writer.columns[i]));
  const { block, rows, columnLengths } = writer.finish();
  return { bytes: block, rows, columnLengths };
}

/** The growing output. Sized for the sum of its parts, it grows only when dictionary indexes get wider. */
class Sink {
  bytes: Uint8Array;
  view: DataView;
  length = 0;

  constructor(capacity: number, into?: Uint8Array) {
    this.bytes = into !== undefined && into.length >= capacity ? into : new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
  }
  /** Makes room for `n` bytes and returns where they go; the caller then moves `length`. */
  reserve(n: number): number {
    if (this.length + n > this.bytes.length) {
      const bytes = new Uint8Array(grownCapacity(this.bytes.length, this.length + n));
      bytes.set(this.bytes.subarray(0, this.length));
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer);
    }
    return this.length;
  }
  copy(src: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start);
    this.bytes.set(src.subarray(start, end), at);
    this.length = at + end - start;
  }
  take(source: Cursor, n: number, what: string): void {
    const at = source.take(n, what);
    this.copy(source.bytes, at, at + n);
  }
}
