/** Bytes that are no block cost an error, never a crash, a hang or more memory than they are long. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type BlockPart, MalformedBlock, mergeBlocks, readBlock, rowJson } from "./mod.ts";
import { anyBlocks, blockOf } from "./testing/rows.ts";

/** Reads it all; anything but a `MalformedBlock` fails the test. */
function digest(bytes: Uint8Array): void {
  try {
    const block = readBlock(bytes);
    for (let row = 0; row < Math.min(block.rows, 20); row++) rowJson(block, row);
  } catch (error) {
    if (!(error instanceof MalformedBlock)) throw error;
    assert.ok(error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
  }
}

Deno.test("every truncation of a block is refused", () => {
  fc.assert(
    fc.property(anyBlocks(1), ([{ layout, rows }]) => {
      const { block } = blockOf(layout, rows).finish();
      const step = Math.max(1, Math.floor(block.length / 200));
      for (let n = 0; n < block.length; n += step) {
        assert.throws(() => readBlock(block.subarray(0, n)), MalformedBlock);
        assert.throws(() => readBlock(block.subarray(0, n), 0, layout), MalformedBlock);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("changed bytes are read as something or refused", () => {
  const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff));
  fc.assert(
    fc.property(anyBlocks(1), fc.array(change, { minLength: 1, maxLength: 4 }), ([{ layout, rows }], changes) => {
      const { block } = blockOf(layout, rows).finish();
      for (const [at, value] of changes) block[at % block.length] = value;
      digest(block);
    }),
    { numRuns: 500 },
  );
});

Deno.test("random bytes are read as something or refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), digest), { numRuns: 1000 });
});

Deno.test("lengths that lie are refused before memory is taken", () => {
  const layout = [{ name: "v", type: "Array(LowCardinality(String))" }];
  const { block } = blockOf(layout, [[["a"]], [["b", "a"]]]).finish();
  const huge = [0x80, 0x80, 0x80, 0x80, 0x04]; // 2^30
  digest(Uint8Array.from([1, ...huge, ...block.subarray(2)]));
  digest(Uint8Array.from([...huge, 1, ...block.subarray(2)]));
  for (let at = 0; at + 8 <= block.length; at++) {
    const bytes = block.slice();
    bytes.set([0, 0, 0, 0x40, 0, 0, 0, 0], at);
    digest(bytes);
    bytes.fill(0xff, at, at + 8);
    digest(bytes);
  }
});

Deno.test("an error names the column and what to look at", () => {
  const layout = [{ name: "first", type: "UInt8" }, { name: "second", type: "String" }];
  const { block } = blockOf(layout, [[1, "abc"]]).finish();
  assert.throws(() => readBlock(block.subarray(0, block.length - 1)), {
    name: "MalformedBlock",
    message: 'malformed Native block: string of 3 bytes where 2 are left in column "second" at byte 30',
  });
  const other = [layout[0], { name: "second", type: "UUID" }];
  assert.throws(() => readBlock(block, 0, other), /column "second" at byte/);
});

Deno.test("merge refuses parts whose header, row count or column lengths do not fit", () => {
  const layout = [{ name: "a", type: "UInt8" }, { name: "m", type: "Map(String, UInt16)" }];
  const { block, rows, columnLengths } = blockOf(layout, [[1, [["k", 2]]], [3, []]]).finish();
  const good = { bytes: block, rows, columnLengths };
  const bad: BlockPart[] = [
    { ...good, rows: 3 },
    { ...good, columnLengths: [columnLengths[0] + 1, columnLengths[1] - 1] },
    { ...good, columnLengths: [columnLengths[0], columnLengths[1] - 1] },
    { ...good, columnLengths: [columnLengths[0], 1e15] },
    { ...good, columnLengths: [-1, NaN] },
    { ...good, columnLengths: [1] },
    { ...good, bytes: block.subarray(0, block.length - 1) },
    { ...good, bytes: Uint8Array.from([...block, 0]) },
  ];
  for (const part of bad) assert.throws(() => mergeBlocks(layout, [good, part]), MalformedBlock);
  const other = [layout[0], { name: "n", type: layout[1].type }];
  assert.throws(() => mergeBlocks(other, [good]), MalformedBlock);
  assert.equal(mergeBlocks(layout, [good, good]).rows, 4);
  assert.equal(mergeBlocks(layout, []).rows, 0);
  const buffer = new Uint8Array(1000), into = buffer.subarray(3);
  const merged = mergeBlocks(layout, [good, good], into).block;
  assert.equal(merged.buffer, buffer.buffer);
  assert.deepEqual(merged, mergeBlocks(layout, [good, good]).block);
});

Deno.test("merge of changed bytes gives a block or an error", () => {
  const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  fc.assert(
    fc.property(anyBlocks(2), fc.array(change, { minLength: 1, maxLength: 3 }), (blocks, changes) => {
      const layout = blocks[0].layout;
      const parts = blocks.map(({ rows }) => {
        const { block, ...rest } = blockOf(layout, rows).finish();
        return { bytes: block, ...rest };
      });
      for (const [at, value] of changes) parts[1].bytes[at % parts[1].bytes.length] = value;
      try {
        digest(mergeBlocks(layout, parts).block);
      } catch (error) {
        if (!(error instanceof MalformedBlock)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});
