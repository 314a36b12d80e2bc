import assert from "node:assert/strict";
import { BlockWriter, MapWriter, NullableWriter, readBlock, StringWriter } from "./mod.ts";
import type { FixedColumn, MapColumn, NullableColumn, StringColumn } from "./mod.ts";

Deno.test("a block reads back as it was written, rolled-back rows excepted", () => {
  const writer = new BlockWriter([
    { name: "s", type: "String" },
    { name: "n", type: "Nullable(Int64)" },
    { name: "m", type: "Map(String, String)" },
  ]);
  const [s, n, m] = writer.columns as [StringWriter, NullableWriter, MapWriter];
  const long = "é".repeat(300);
  for (let i = 0; i < 200; i++) {
    writer.mark();
    s.putText(i % 2 ? long : `row ${i}`);
    if (i % 3 === 0) n.putNull();
    else {
      n.beginValue();
      (n.inner as unknown as { putNumber(v: number): void }).putNumber(-i);
    }
    for (let k = 0; k < i % 4; k++) {
      (m.keys as StringWriter).putText(`k${k}`);
      (m.values as StringWriter).putText("v");
    }
    m.endRow();
    if (i % 10 === 9) writer.rollback();
  }
  const { block, rows, columnLengths } = writer.finish();
  assert.equal(rows, 180);
  assert.equal(columnLengths.length, 3);
  const read = readBlock(block, 0, writer.layout);
  assert.equal(read.end, block.length);
  assert.equal(read.rows, 180);
  const texts = read.columns[0].column as StringColumn;
  const nulls = read.columns[1].column as NullableColumn;
  const maps = read.columns[2].column as MapColumn;
  let row = 0;
  for (let i = 0; i < 200; i++) {
    if (i % 10 === 9) continue;
    assert.equal(texts.text(row), i % 2 ? long : `row ${i}`);
    assert.equal(nulls.nulls[row], i % 3 === 0 ? 1 : 0);
    assert.equal((nulls.inner as FixedColumn).number(row), i % 3 === 0 ? 0 : -i);
    assert.equal(maps.offsets[row] - maps.start(row), i % 4);
    row++;
  }
});
