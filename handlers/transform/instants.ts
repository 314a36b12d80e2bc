/**
 * Timestamps travel as signed nanoseconds since 1970, while those of OTLP are unsigned: one after 2262-04-11 arrives as a
 * negative count. Such a row has no time that a column could show, so it is dead as soon as its timestamp is read.
 */
import type { DeadRowOutcome } from "../../pipeline/compile/program.ts";
import { type Block, type BlockColumn, FixedColumn, rowJson } from "../../pipeline/native/mod.ts";

/** Rows with a timestamp out of range, ascending. */
export function unfitRows(block: Block): number[] {
  const rows = new Set<number>();
  for (const { type, column } of block.columns) {
    if (type.kind !== "DateTime64" || column.kind !== "fixed") continue;
    const { words } = column;
    let seen = 0;
    for (let high = 1; high < words.length; high += 2) seen |= words[high];
    if (seen >= 0) continue;
    for (let row = 0; row < block.rows; row++) if (words[2 * row + 1] < 0) rows.add(row);
  }
  return [...rows].sort((a, b) => a - b);
}

/** What becomes of such a row; the original shows the count as it was sent. */
export function unfitRow(block: Block, row: number, position: number): DeadRowOutcome {
  const problems: string[] = [];
  const columns = block.columns.map((each): BlockColumn => {
    const { name, type, column } = each;
    if (type.kind !== "DateTime64" || column.kind !== "fixed" || column.words[2 * row + 1] >= 0) return each;
    const sent = new BigUint64Array(column.values.buffer, column.values.byteOffset, column.values.length);
    problems.push(`field ${name}: value out of range of DateTime64: ${sent[row]} ns since 1970`);
    return { name, type: { kind: "UInt", bits: 64 }, column: new FixedColumn(sent) };
  });
  return {
    position,
    reason: "schema_mismatch",
    error: problems.join("; "),
    original: new TextEncoder().encode(rowJson({ ...block, columns }, row)),
  };
}
