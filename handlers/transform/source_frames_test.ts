import assert from "node:assert/strict";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { BlockWriter, readBlock, rowJson, type StringWriter } from "../../pipeline/native/mod.ts";
import { type DeadRow, decodeFrame, encodeFrame, type Frame } from "../../runtime/frame.ts";
import type { Piece } from "./compute.ts";
import { deadInPlace, passOn, trimFrame } from "./source_frames.ts";

const COLUMNS = [{ name: "a", type: "String" }];
const program = { input: COLUMNS, inputLayout: "in", outputLayout: "out" } as unknown as TransformProgram;

const dead = (position: number): DeadRow => ({
  position,
  component: "ingestor",
  reason: "parse_error",
  error: "e",
  original: new Uint8Array(),
});

function frameOf(positions: readonly number[], more: Partial<Frame> = {}): Frame {
  const writer = new BlockWriter(COLUMNS);
  for (const position of positions) (writer.columns[0] as StringWriter).putText(`r${position}`);
  return {
    layout: "in",
    origin: "kafka:t:0:0",
    prev: 9,
    watermark: 30,
    committed: 10,
    time: 1,
    ...writer.finish(),
    positions,
    filtered: [],
    deduplicated: [],
    dead: [],
    ...more,
  };
}

/** A piece of rows [from, to), as computed with row numbers for positions; the first of them was filtered. */
function piece(from: number, to: number): Piece {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    output: { rows: rows.length - 1, block: new Uint8Array(), columnLengths: [] },
    outcome: { positions: rows.slice(1), filtered: rows.slice(0, 1), deduplicated: [], dead: [] },
    watermark: to - 1,
    time: 1,
  };
}

Deno.test("pieces of a frame keep the source's positions; each carries the dead rows that it covers", () => {
  const input = frameOf([10, 12, 20, 22], { dead: [dead(11), dead(13), dead(25)] });
  const [first, second] = passOn(program, input, [piece(0, 2), piece(2, 4)]);
  assert.deepEqual([first.prev, first.watermark, second.prev, second.watermark], [9, 12, 12, 30]);
  assert.deepEqual([first.positions, first.filtered], [[12], [10]]);
  assert.deepEqual([second.positions, second.filtered], [[22], [20]]);
  assert.deepEqual([first, second].map((frame) => frame.dead.map(({ position }) => position)), [[11], [13, 25]]);
  assert.deepEqual([first.origin, first.committed, first.layout], ["kafka:t:0:0", 10, "out"]);
});

Deno.test("a frame without rows passes its dead rows and its watermark on", () => {
  const [only, ...others] = passOn(program, frameOf([], { dead: [dead(11)] }), []);
  assert.deepEqual([others.length, only.rows, only.watermark, only.dead.length], [0, 0, 30, 1]);
});

Deno.test("what the mark covers is trimmed, rows and dead rows alike", () => {
  const input = frameOf([10, 12, 20, 22], { dead: [dead(11), dead(25)] });
  assert.equal(trimFrame(program, input, 9), input);
  const trimmed = trimFrame(program, input, 12);
  assert.deepEqual([trimmed.positions, trimmed.dead.map(({ position }) => position)], [[20, 22], [25]]);
  const block = readBlock(trimmed.block);
  assert.deepEqual([0, 1].map((row) => rowJson(block, row)), ['{"a":"r20"}', '{"a":"r22"}']);
  const nothing = trimFrame(program, input, 30);
  assert.deepEqual([nothing.rows, nothing.positions, nothing.dead], [0, [], []]);
});

Deno.test("a frame that follows what is not handled is a gap, unless the source begins there", () => {
  assert.throws(() => trimFrame(program, frameOf([20], { prev: 15, committed: 10 }), 12), /follows position 15/);
  assert.doesNotThrow(() => trimFrame(program, frameOf([20], { prev: 15, committed: 16 }), 12));
});

Deno.test("dead rows of a frame that is numbered anew stand behind its rows", () => {
  const input = frameOf([10, 12], { dead: [dead(11), dead(13)] });
  const [only] = deadInPlace([piece(0, 2)], input, 1_000);
  assert.deepEqual([only.passed!.map(({ position }) => position), only.watermark], [[1_002, 1_003], 1_003]);
  const [alone] = deadInPlace([], frameOf([], { dead: [dead(11)] }), 1_000);
  assert.deepEqual([alone.passed!.map(({ position }) => position), alone.output.rows], [[1_000], 0]);
});

Deno.test("what a frame confirms travels with it; a frame of an earlier release confirms nothing", () => {
  const confirms = { "kafka:t:0:0": 30, "kafka:t:1:0": 2 ** 40 };
  for (const frame of [frameOf([10], { confirms }), frameOf([10])]) {
    const { headers, payload } = encodeFrame(frame);
    assert.deepEqual(decodeFrame((name) => headers[name] ?? "", payload).confirms, frame.confirms);
  }
});
