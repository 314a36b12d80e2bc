/**
 * An input frame's block in the layout that the program reads. Frames that waited on the edge while the pipeline was edited
 * may have been made for another selection of fields: columns are then found by name, and a field that such a frame does
 * not carry is absent in all its rows.
 */
import {
  type Block,
  type BlockColumn,
  BlockWriter,
  formatType,
  type Layout,
  parseType,
  readBlock,
} from "../../pipeline/native/mod.ts";
import { LayoutMismatch } from "../../runtime/errors.ts";
import type { Frame } from "../../runtime/frame.ts";
import type { TransformProgram } from "../../pipeline/compile/program.ts";

export function inputBlock(program: TransformProgram, frame: Frame): Block {
  if (frame.layout === program.inputLayout) return readBlock(frame.block, 0, program.input);
  const found = readBlock(frame.block);
  const byName = new Map(found.columns.map((column) => [column.name, column]));
  const absent = absentColumns(program.input.filter(({ name }) => !byName.has(name)), found.rows);
  const columns = program.input.map(({ name, type }): BlockColumn => {
    const column = byName.get(name);
    if (!column) return absent.get(name)!;
    const had = formatType(column.type);
    if (had !== formatType(parseType(type))) {
      throw new LayoutMismatch(`field ${name} waits on the edge as ${had}, this pipeline reads ${type}`);
    }
    return column;
  });
  return { ...found, columns };
}

function absentColumns(layout: Layout, rows: number): Map<string, BlockColumn> {
  if (layout.length === 0) return new Map();
  const writer = new BlockWriter(layout);
  for (const column of writer.columns) for (let row = 0; row < rows; row++) column.putDefault();
  return new Map(readBlock(writer.finish().block).columns.map((column) => [column.name, column]));
}
