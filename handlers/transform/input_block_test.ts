import assert from "node:assert/strict";
import { BlockWriter, rowJson, StringWriter } from "../../pipeline/native/mod.ts";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { LayoutMismatch } from "../../runtime/errors.ts";
import type { Frame } from "../../runtime/frame.ts";
import { inputBlock } from "./input_block.ts";

function frameOf(layout: string, columns: { name: string; type: string }[], texts: string[]): Frame {
  const writer = new BlockWriter(columns);
  for (const text of texts) for (const column of writer.columns) (column as StringWriter).putText(text);
  const { block, rows } = writer.finish();
  return { layout, rows, block } as Frame;
}

const program = (columns: { name: string; type: string }[]) =>
  ({ inputLayout: "new", input: columns }) as unknown as TransformProgram;
const text = (name: string) => ({ name, type: "String" });

Deno.test("a frame of this layout is read as it is", () => {
  const columns = [text("a"), text("b")];
  assert.equal(rowJson(inputBlock(program(columns), frameOf("new", columns, ["x"])), 0), '{"a":"x","b":"x"}');
});

Deno.test("a frame of an earlier layout: columns by name, absent fields as their default", () => {
  const frame = frameOf("old", [text("a"), text("gone"), text("b")], ["x", "y"]);
  const block = inputBlock(program([text("b"), { name: "n", type: "UInt32" }, text("a")]), frame);
  assert.equal(block.rows, 2);
  assert.equal(rowJson(block, 1), '{"b":"y","n":0,"a":"y"}');
});

Deno.test("a column of another type is refused with both sides", () => {
  const frame = frameOf("old", [text("a")], ["x"]);
  assert.throws(
    () => inputBlock(program([{ name: "a", type: "UInt32" }]), frame),
    (error) =>
      error instanceof LayoutMismatch &&
      /field a waits on the edge as String, this pipeline reads UInt32/.test(error.message),
  );
});
