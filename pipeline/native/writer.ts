/**
 * The contract of all column writers: values are appended row by row into growing buffers that already hold the
 * wire form, so that finishing a block is a copy. No object is made per value.
 *
 * Range checks are the caller's; a writer stores what it is given (integers wrap as two's complement).
 */
import type { ChType } from "./types.ts";

export abstract class ColumnWriter {
  abstract readonly type: ChType;
  /** Rows appended so far. */
  rows = 0;

  private marked = 0;

  /** Remembers the current row boundary, one level deep. Costs nothing but a store. */
  mark(): void {
    this.marked = this.rows;
  }
  /** Drops everything appended since `mark()`, a half-written row included. */
  rollback(): void {
    this.truncate(this.marked);
  }
  /** Keeps the first `rows` complete rows, which must not be more than there are. */
  abstract truncate(rows: number): void;
  /** Appends the type's zero value, the one the engine uses for an omitted column. */
  abstract putDefault(): void;
  /** Bytes `writeTo` would write. */
  abstract byteLength(): number;
  /** Writes the column's data without its state prefix; returns the offset behind it. `rows` must be > 0. */
  abstract writeTo(out: Uint8Array, at: number): number;
  /** Forgets all rows, keeps the buffers. */
  abstract reset(): void;

  /** Number of 8-byte state prefixes (one per LowCardinality and JSON in the type) that precede the column's data. */
  get prefixes(): number {
    return 0;
  }
}

/** Doubles until `needed` fits. */
export function grownCapacity(capacity: number, needed: number): number {
  let next = capacity < 64 ? 64 : capacity;
  while (next < needed) next *= 2;
  return next;
}
