/** For tests: events as plain data → the block a receiver or ingest stage would send. */
import {
  BlockWriter,
  type ColumnWriter,
  FixedWriter,
  type Layout,
  MapWriter,
  NullableWriter,
  readBlock,
  StringWriter,
} from "../../native/mod.ts";

/** Values by field; instants are nanoseconds as bigint, JSON fields their text, absent ones missing or null. */
export type SourceRow = Readonly<Record<string, unknown>>;

export function sourceBlock(layout: Layout, rows: readonly SourceRow[]) {
  const writer = new BlockWriter(layout);
  for (const row of rows) layout.forEach(({ name }, i) => put(writer.columns[i], row[name]));
  return readBlock(writer.finish().block);
}

function put(writer: ColumnWriter, value: unknown): void {
  if (writer instanceof NullableWriter) {
    if (value === null || value === undefined) return writer.putNull();
    writer.beginValue();
    return put(writer.inner, value);
  }
  if (value === null || value === undefined) return writer.putDefault();
  if (writer instanceof StringWriter) writer.putText(String(value));
  else if (writer instanceof MapWriter) {
    for (const [key, text] of Object.entries(value as Record<string, string>)) {
      put(writer.keys, key);
      put(writer.values, text);
    }
    writer.endRow();
  } else if (writer instanceof FixedWriter) {
    if (typeof value === "bigint") writer.putBigInt(value);
    else writer.putNumber(Number(value));
  } else throw new TypeError(`no ${writer.type.kind} columns in sources`);
}
