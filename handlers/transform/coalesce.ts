/**
 * Small input frames that wait together are handled as one: a request spread over the shards leaves a small frame on each,
 * and what a frame costs downstream hardly depends on its size.
 */
import { mergeBlocks } from "../../pipeline/native/mod.ts";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { type Frame, ROWS_PER_MESSAGE } from "../../runtime/frame.ts";
import type { Delivery } from "../../runtime/nats/consumer.ts";

/** Input bytes up to which frames are joined: what they become stays well below the largest message. */
const TARGET_BYTES = 512 << 10;

/** Consecutive deliveries and their rows as one frame. */
export interface Unit {
  readonly deliveries: readonly Delivery[];
  readonly frame: Frame;
}

/** Joins frames of the program's own layout; any other stays alone. The order is kept. */
export function coalesce(program: TransformProgram, deliveries: readonly Delivery[]): Unit[] {
  const units: Unit[] = [];
  for (let from = 0; from < deliveries.length;) {
    const to = reach(program, deliveries, from);
    units.push({ deliveries: deliveries.slice(from, to), frame: join(program, deliveries.slice(from, to)) });
    from = to;
  }
  return units;
}

/** The end of the longest run from `from` on that may be one frame. */
function reach(program: TransformProgram, deliveries: readonly Delivery[], from: number): number {
  let rows = 0;
  let bytes = 0;
  for (let i = from; i < deliveries.length; i++) {
    const { frame } = deliveries[i];
    rows += frame.rows + frame.dead.length;
    bytes += frame.block.length + frame.dead.reduce((sum, { original }) => sum + original.length, 0);
    const joins = frame.layout === program.inputLayout && frame.rows > 0;
    if (!joins || rows > ROWS_PER_MESSAGE || bytes > TARGET_BYTES) return Math.max(i, from + 1);
  }
  return deliveries.length;
}

/** The time of a unit is its first frame's. */
function join(program: TransformProgram, deliveries: readonly Delivery[]): Frame {
  const [{ frame: first }] = deliveries;
  if (deliveries.length === 1) return first;
  const parts = deliveries.map(({ frame: { block, columnLengths, rows } }) => ({ bytes: block, columnLengths, rows }));
  const { block, rows, columnLengths } = mergeBlocks(program.input, parts);
  return { ...first, block, rows, columnLengths, dead: deliveries.flatMap(({ frame: { dead } }) => dead) };
}
