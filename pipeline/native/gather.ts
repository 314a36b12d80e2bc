/**
 * Copies chosen rows of a column to a writer of the same type: what filters, dedup and dead rows leave over.
 */
import type { ArrayColumn, Column, MapColumn, StringColumn } from "./columns.ts";
import { BFloat16Writer, Fixed64Writer, FixedWriter } from "./fixed_writer.ts";
import { LowCardinalityWriter } from "./low_cardinality_writer.ts";
import { ArrayWriter, MapWriter, NullableWriter, TupleWriter } from "./nested_writers.ts";
import { StringWriter } from "./string_writer.ts";
import { BytesWriter } from "./text_writers.ts";
import { type ChType, formatType } from "./types.ts";
import { WideWriter } from "./wide_writer.ts";
import type { ColumnWriter } from "./writer.ts";

/** Row numbers, any order, repeats allowed. */
export type RowSelection = Int32Array | Uint32Array;

/** Appends `column[rows[0]], column[rows[1]], ...` to `writer`, which must have been made for the column's type. */
export function gather(column: Column, type: ChType, rows: RowSelection, writer: ColumnWriter): void {
  if (column.kind === "strings" && writer instanceof StringWriter) {
    gatherStrings(column, rows, writer);
  } else if (column.kind === "fixed" && writer instanceof FixedWriter) {
    const { values, words } = column;
    if (words.length > 0) {
      if (!(writer instanceof Fixed64Writer)) throw mismatch(type, writer);
      for (let i = 0; i < rows.length; i++) writer.putI64(words[rows[i] * 2], words[rows[i] * 2 + 1]);
    } else for (let i = 0; i < rows.length; i++) writer.putNumber(values[rows[i]] as number);
  } else if (
    column.kind === "bytes" &&
    (writer instanceof BytesWriter || writer instanceof WideWriter || writer instanceof BFloat16Writer)
  ) {
    for (let i = 0; i < rows.length; i++) writer.putWire(column.bytes, column.start + rows[i] * column.width);
  } else if (column.kind === "nullable" && writer instanceof NullableWriter) {
    writer.putNulls(column.nulls, rows);
    gather(column.inner, writer.type.inner, rows, writer.inner);
  } else if (column.kind === "lowCardinality" && writer instanceof LowCardinalityWriter) {
    const map = mapDictionary(column.dictionary, column.nullable, writer);
    for (let i = 0; i < rows.length; i++) writer.putIndex(map(column.index[rows[i]]));
  } else if (column.kind === "array" && writer instanceof ArrayWriter) {
    const elements = gatherEnds(column, rows, writer, writer.inner.rows);
    gather(column.inner, writer.type.inner, elements, writer.inner);
  } else if (column.kind === "map" && writer instanceof MapWriter) {
    const entries = gatherEnds(column, rows, writer, writer.keys.rows);
    gather(column.keys, writer.type.key, entries, writer.keys);
    gather(column.values, writer.type.value, entries, writer.values);
  } else if (column.kind === "tuple" && writer instanceof TupleWriter) {
    writer.elements.forEach((element, i) => gather(column.elements[i], writer.type.elements[i].type, rows, element));
    writer.endRows();
  } else throw mismatch(type, writer);
}

function gatherStrings(column: StringColumn, rows: RowSelection, writer: StringWriter): void {
  const { bytes, starts, ends } = column;
  for (let i = 0; i < rows.length; i++) writer.putSlice(bytes, starts[rows[i]], ends[rows[i]]);
}

/** Closes the rows and returns which elements they consist of. */
function gatherEnds(
  column: ArrayColumn | MapColumn,
  rows: RowSelection,
  writer: ArrayWriter | MapWriter,
  end: number,
): Uint32Array {
  let count = 0;
  for (let i = 0; i < rows.length; i++) count += column.offsets[rows[i]] - column.start(rows[i]);
  const elements = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const stop = column.offsets[rows[i]];
    for (let element = column.start(rows[i]); element < stop; element++) elements[at++] = element;
    writer.endRowAt(end + at);
  }
  return elements;
}

/** Translates dictionary indexes of a column to the writer's; only keys that are used are added. */
function mapDictionary(
  dictionary: Column,
  nullable: boolean,
  writer: LowCardinalityWriter,
): (index: number) => number {
  const map = new Int32Array(dictionary.rows).fill(-1);
  if (nullable && map.length > 0) map[0] = 0;
  const keyOf = keyLookup(dictionary, writer);
  return (index) => {
    if (map[index] < 0) map[index] = keyOf(index);
    return map[index];
  };
}

function keyLookup(dictionary: Column, writer: LowCardinalityWriter): (key: number) => number {
  switch (dictionary.kind) {
    case "strings":
      return (key) => writer.keyOf(dictionary.bytes, dictionary.starts[key], dictionary.ends[key]);
    case "bytes":
    case "fixed": {
      const fixed = dictionary.kind === "fixed";
      const width = fixed ? dictionary.values.BYTES_PER_ELEMENT : dictionary.width;
      const start = fixed ? dictionary.values.byteOffset : dictionary.start;
      const bytes = fixed ? new Uint8Array(dictionary.values.buffer) : dictionary.bytes;
      return (key) => writer.keyOf(bytes, start + key * width, start + (key + 1) * width);
    }
    default:
      throw mismatch(writer.type, writer);
  }
}

function mismatch(type: ChType, writer: ColumnWriter): TypeError {
  return new TypeError(`rows of ${formatType(type)} cannot go to a writer of ${formatType(writer.type)}`);
}
