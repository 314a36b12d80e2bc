import assert from "node:assert/strict";
import type { SeenKeys, TransformInstance, TransformProgram } from "../../pipeline/compile/program.ts";
import { BlockWriter, StringWriter } from "../../pipeline/native/mod.ts";
import type { Frame } from "../../runtime/frame.ts";
import { compute, MAX_FRAME_BYTES, toFrame } from "./compute.ts";

const COLUMNS = [{ name: "text", type: "String" }];

/** Makes each text `times` as long. */
function programOf(times: number): TransformProgram {
  const create = (): TransformInstance => {
    const writer = new BlockWriter(COLUMNS);
    const [out] = writer.columns as [StringWriter];
    return {
      run: (block, from, to, base, timeMs, seen, outcome) => {
        const { column } = block.columns[0];
        if (column.kind !== "strings") throw new TypeError("other columns");
        for (let row = from; row < to; row++) {
          out.putText(column.text(row).repeat(times));
          outcome.positions.push(base + row);
          seen?.add(0, 0, 0, row, timeMs);
        }
      },
      take: () => {
        const taken = writer.finish();
        writer.reset();
        return taken;
      },
      size: () => writer.byteLength(),
    };
  };
  return { input: COLUMNS, inputLayout: "l", outputLayout: "l", dedupWindowMs: null, create };
}

function frameOf(lengths: readonly number[]): Frame {
  const writer = new BlockWriter(COLUMNS);
  for (const length of lengths) (writer.columns[0] as StringWriter).putText("x".repeat(length));
  const { rows, block } = writer.finish();
  return { layout: "l", rows, block, time: 5 } as Frame;
}

class Keys implements SeenKeys {
  added: number[] = [];
  #mark = 0;
  has = () => false;
  add = (_a: number, _b: number, _c: number, d: number) => void this.added.push(d);
  begin = () => void (this.#mark = this.added.length);
  rollback = () => void (this.added.length = this.#mark);
}

Deno.test("a result that is larger than a message is cut into pieces whose positions join", () => {
  const program = programOf(4);
  const keys = new Keys();
  const pieces = compute(program, program.create(), frameOf([1 << 20, 1 << 20, 1 << 20, 1]), 100, keys);
  assert.ok(pieces.length > 1);
  assert.deepEqual(pieces.flatMap(({ outcome }) => outcome.positions), [100, 101, 102, 103]);
  assert.deepEqual(pieces.at(-1)!.watermark, 103);
  assert.ok(pieces.every(({ output }) => output.block.length <= MAX_FRAME_BYTES));
  assert.deepEqual(keys.added, [0, 1, 2, 3]);
});

Deno.test("a row that is too large alone is dead, with the beginning of it, and is not remembered", () => {
  const program = programOf(4);
  const keys = new Keys();
  const pieces = compute(program, program.create(), frameOf([1, 2 << 20, 1]), 100, keys);
  assert.deepEqual(pieces.flatMap(({ outcome }) => outcome.positions), [100, 102]);
  const [dead] = pieces.flatMap(({ outcome }) => outcome.dead);
  assert.equal(dead.position, 101);
  assert.match(dead.error, /at most 6291456 can be passed on/);
  assert.deepEqual(keys.added, [0, 2]);
  const identity = { origin: "o", prev: 99, watermark: 102, committed: -1 };
  for (const piece of pieces) {
    for (const row of toFrame(program, piece, identity).dead) {
      const { truncated, bytes, beginning } = JSON.parse(new TextDecoder().decode(row.original));
      assert.deepEqual([truncated, bytes], [true, '{"text":""}'.length + (2 << 20)]);
      assert.match(beginning, /^\{"text":"x+$/);
    }
  }
});

Deno.test("a long error of a dead row is cut, with a mark", () => {
  const program: TransformProgram = {
    ...programOf(1),
    create: () => ({
      ...programOf(1).create(),
      run: (_block, from, _to, base, _timeMs, _seen, outcome) => {
        const row = { position: base + from, reason: "transform_error", original: new Uint8Array() };
        outcome.dead.push({ ...row, error: "x".repeat(1 << 20) });
      },
    }),
  };
  const [{ outcome }] = compute(program, program.create(), frameOf([1]), 0, null);
  assert.match(outcome.dead[0].error, /^x{4000,}… \(1048576 characters, the rest is cut off\)$/);
});

Deno.test("a frame without rows gives nothing", () => {
  const program = programOf(1);
  assert.deepEqual(compute(program, program.create(), { ...frameOf([]), rows: 0 }, 0, null), []);
});
