/** Frozen baseline: decode the text, JSON.parse, and put each value into its column. */
import type { ScanField } from "../../pipeline/scan/mod.ts";
import { type ColumnWriter, FixedWriter, StringWriter } from "../../pipeline/native/mod.ts";

export function parseToColumns(
  fields: readonly ScanField[],
  columns: readonly ColumnWriter[],
): (record: Uint8Array) => void {
  const decoder = new TextDecoder();
  const puts = fields.map(({ name }, i) => put(name, columns[i]));
  return (record) => {
    const event: Record<string, unknown> = JSON.parse(decoder.decode(record));
    for (let i = 0; i < puts.length; i++) puts[i](event);
  };
}

function put(name: string, column: ColumnWriter): (event: Record<string, unknown>) => void {
  if (column instanceof StringWriter) {
    return (event) => {
      const value = event[name];
      if (typeof value !== "string") throw new TypeError(`${name} is not a string`);
      column.putText(value);
    };
  }
  if (!(column instanceof FixedWriter)) throw new TypeError(`no baseline for column ${name}`);
  return (event) => {
    const value = event[name];
    if (typeof value === "number") column.putNumber(value);
    else if (typeof value === "boolean") column.putBool(value);
    else throw new TypeError(`${name} is not a number`);
  };
}
