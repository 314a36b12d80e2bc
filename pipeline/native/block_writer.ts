/**
 * Writes one Native block.
 *
 * Wire form: LEB128 number of columns, LEB128 number of rows, then per column its name, its type (both as strings)
 * and, unless the block has no rows, its data: the 8-byte state prefixes of its LowCardinality and JSON parts, then the values.
 * Source: ClickHouse documentation, "Native format"; the same bytes as `FORMAT Native` over HTTP.
 */
import { type PreparedColumn, prepareLayout } from "./block_layout.ts";
import { createWriter } from "./create_writer.ts";
import { varintLength, writeVarint } from "./string_writer.ts";
import type { Layout } from "./types.ts";
import type { ColumnWriter } from "./writer.ts";

export interface WrittenBlock {
  readonly rows: number;
  readonly block: Uint8Array;
  /** Bytes of each column's data, without its name and type. */
  readonly columnLengths: number[];
}

export class BlockWriter {
  /** In the layout's order. Append one value to each per row. */
  readonly columns: ColumnWriter[];
  private marked = 0;
  private readonly prepared: readonly PreparedColumn[];

  constructor(readonly layout: Layout) {
    this.prepared = prepareLayout(layout);
    this.columns = this.prepared.map((column) => createWriter(column.type));
  }

  get rows(): number {
    return this.columns.length === 0 ? 0 : this.columns[0].rows;
  }

  /** Remembers this row boundary; `rollback` drops everything appended since, complete rows or not. */
  mark(): void {
    this.marked = this.rows;
  }
  rollback(): void {
    for (const column of this.columns) column.truncate(this.marked);
  }

  /** Size of the block `finish` would return. Cheap enough to ask once per row. */
  byteLength(): number {
    const rows = this.rows;
    let n = varintLength(this.columns.length) + varintLength(rows);
    for (let i = 0; i < this.columns.length; i++) {
      n += this.prepared[i].header.length;
      if (rows > 0) n += this.columns[i].prefixes * 8 + this.columns[i].byteLength();
    }
    return n;
  }

  /** The block of all rows so far, in a buffer of its own; call `reset` to start the next. */
  finish(): WrittenBlock {
    const block = new Uint8Array(this.byteLength());
    return { rows: this.rows, block, columnLengths: this.writeTo(block, 0) };
  }

  /** Writes the block into `out` at `at`, which must have `byteLength()` bytes; returns the column lengths. */
  writeTo(out: Uint8Array, at: number): number[] {
    const rows = this.rows;
    at = writeVarint(out, writeVarint(out, at, this.columns.length), rows);
    const lengths: number[] = [];
    for (let i = 0; i < this.columns.length; i++) {
      const column = this.columns[i], { header, name } = this.prepared[i];
      if (column.rows !== rows) {
        throw new RangeError(`column ${JSON.stringify(name)} has ${column.rows} rows, the block ${rows}`);
      }
      out.set(header, at);
      const start = at += header.length;
      if (rows > 0) at = column.writeTo(out, writePrefixes(out, at, column.prefixes));
      lengths.push(at - start);
    }
    return lengths;
  }

  reset(): void {
    this.marked = 0;
    for (const column of this.columns) column.reset();
  }
}

/** State prefixes: LowCardinality dictionaries of version 1, one UInt64 each. */
export function writePrefixes(out: Uint8Array, at: number, count: number): number {
  for (let i = 0; i < count; i++, at += 8) {
    out.fill(0, at, at + 8);
    out[at] = 1;
  }
  return at;
}
