/** Columns for tests: keep what was put into them. */
import type { ScanField, Target } from "./fields.ts";

export class RecordedColumn {
  readonly values: unknown[] = [];
  readonly inner = this;
  #pending = false;
  putSlice(src: Uint8Array, start: number, end: number): void {
    this.values.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(src.subarray(start, end)));
    this.#pending = false;
  }
  putNumber(value: number): void {
    this.values.push(value);
    this.#pending = false;
  }
  putI64(lo: number, hi: number): void {
    this.values.push({ lo, hi });
    this.#pending = false;
  }
  putNull(): void {
    this.values.push(null);
  }
  beginValue(): void {
    if (this.#pending) throw new Error("two values begun");
    this.#pending = true;
  }
}

export function recorders(fields: readonly ScanField[]): (RecordedColumn & Target)[] {
  return fields.map(() => new RecordedColumn());
}

/** The last value put into a column, 64-bit integers as bigint. */
export function lastValue(column: RecordedColumn, field: ScanField): unknown {
  const value = column.values.at(-1);
  if (typeof value !== "object" || value === null) return value;
  const { lo, hi } = value as { lo: number; hi: number };
  const bits = (BigInt.asUintN(32, BigInt(hi)) << 32n) | BigInt.asUintN(32, BigInt(lo));
  return field.type === "uint" ? bits : BigInt.asIntN(64, bits);
}
