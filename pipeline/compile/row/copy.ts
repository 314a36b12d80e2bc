/** Columns that pass through unchanged: chosen rows are copied, runs of neighbours as one range of bytes. */
import {
  type ColumnWriter,
  Fixed64Writer,
  type FixedColumn,
  FixedWriter,
  LowCardinalityWriter,
  type MapColumn,
  MapWriter,
  type StringColumn,
  StringWriter,
} from "../../native/mod.ts";

/** Shorter runs are copied value by value. */
const RUN = 8;

/** Appends rows `rows[0]` to `rows[n - 1]`, ascending, to a String or LowCardinality(String) column. */
export function copyStrings(column: StringColumn, rows: Int32Array, n: number, writer: ColumnWriter): void {
  if (writer instanceof LowCardinalityWriter) {
    const { bytes, starts, ends } = column;
    for (let k = 0; k < n; k++) writer.putSlice(bytes, starts[rows[k]], ends[rows[k]]);
    return;
  }
  const strings = stringWriter(writer);
  for (let k = 0; k < n;) {
    const from = rows[k];
    let end = k + 1;
    while (end < n && rows[end] === from + (end - k)) end++;
    copyStringRange(column, from, from + (end - k), strings);
    k = end;
  }
}

function copyStringRange(column: StringColumn, from: number, to: number, writer: StringWriter): void {
  const { bytes, starts, ends } = column;
  if (to - from < RUN) {
    for (let i = from; i < to; i++) writer.putSlice(bytes, starts[i], ends[i]);
    return;
  }
  // Where the first value's length prefix begins is not known, where its bytes end is.
  writer.putSlice(bytes, starts[from], ends[from]);
  writer.putWire(bytes, ends[from], ends[to - 1], to - from - 1);
}

export function copyMaps(column: MapColumn, rows: Int32Array, n: number, writer: ColumnWriter): void {
  if (!(writer instanceof MapWriter)) throw new TypeError("maps need a map writer");
  const { offsets } = column;
  const keys = strings(column.keys), values = strings(column.values);
  for (let k = 0; k < n;) {
    const first = rows[k];
    let end = k + 1;
    while (end < n && rows[end] === first + (end - k)) end++;
    const last = first + (end - k) - 1;
    const from = column.start(first);
    const at = writer.keys.rows - from;
    copyElements(keys, from, offsets[last], writer.keys);
    copyElements(values, from, offsets[last], writer.values);
    for (let i = first; i <= last; i++) writer.endRowAt(at + offsets[i]);
    k = end;
  }
}

function copyElements(column: StringColumn, from: number, to: number, writer: ColumnWriter): void {
  if (writer instanceof LowCardinalityWriter) {
    const { bytes, starts, ends } = column;
    for (let i = from; i < to; i++) writer.putSlice(bytes, starts[i], ends[i]);
  } else copyStringRange(column, from, to, stringWriter(writer));
}

/** Fixed-width values of up to 32 bits, and floats. */
export function copyNumbers(column: FixedColumn, rows: Int32Array, n: number, writer: ColumnWriter): void {
  if (!(writer instanceof FixedWriter)) throw new TypeError("numbers need a writer of numbers");
  const values = column.values as Exclude<FixedColumn["values"], BigInt64Array | BigUint64Array>;
  for (let k = 0; k < n; k++) writer.putNumber(values[rows[k]]);
}

/** 64-bit integers and ticks. */
export function copyWords(column: FixedColumn, rows: Int32Array, n: number, writer: ColumnWriter): void {
  if (!(writer instanceof Fixed64Writer)) throw new TypeError("64-bit integers need a 64-bit writer");
  const { words } = column;
  for (let k = 0; k < n; k++) writer.putI64(words[rows[k] * 2], words[rows[k] * 2 + 1]);
}

function strings(column: MapColumn["keys"]): StringColumn {
  if (column.kind !== "strings") throw new TypeError("not a map of strings");
  return column;
}

function stringWriter(writer: ColumnWriter): StringWriter {
  if (writer instanceof StringWriter) return writer;
  throw new TypeError("texts need a string writer");
}
