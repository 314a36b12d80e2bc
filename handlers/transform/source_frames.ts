/**
 * Frames whose rows have positions of their own (Kafka offsets): they may come twice. A transform without state passes the
 * positions on; one with state trims what its marks cover, numbers the rest anew, and lets its output confirm the source.
 */
import { formatType, type Layout, mergeBlocks, readBlock } from "../../pipeline/native/mod.ts";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { PositionGap } from "../../runtime/errors.ts";
import { type Frame, isGap } from "../../runtime/frame.ts";
import { type Piece, toFrame } from "./compute.ts";

const NOTHING = { rows: 0, block: new Uint8Array(0), columnLengths: [] };
const NO_OUTCOME = { positions: [], filtered: [], deduplicated: [], dead: [] };

/** The output of a frame whose row i was computed as position i, under the positions and the origin that it came with. */
export function passOn(program: TransformProgram, frame: Frame, pieces: readonly Piece[]): Frame[] {
  const { origin, committed, positions } = frame;
  const all = pieces.length > 0 ? pieces : [{ output: NOTHING, outcome: NO_OUTCOME, watermark: -1, time: frame.time }];
  let prev = frame.prev;
  return all.map((piece, i) => {
    const last = i === all.length - 1;
    const watermark = last ? frame.watermark : positions[piece.watermark];
    const from = i === 0 ? -Infinity : prev;
    const at = (row: number) => positions[row];
    const { outcome } = piece;
    const located: Piece = {
      ...piece,
      outcome: {
        positions: outcome.positions.map(at),
        filtered: outcome.filtered.map(at),
        deduplicated: outcome.deduplicated.map(at),
        dead: outcome.dead.map((row) => ({ ...row, position: at(row.position) })),
      },
      // Each with the piece that covers its position: pieces of a repeated frame may be cut elsewhere.
      passed: frame.dead.filter(({ position }) => position > from && position <= watermark),
    };
    const made = toFrame(program, located, { origin, prev, watermark, committed });
    prev = watermark;
    return made;
  });
}

/** The frame without what is at or below the mark. @throws {PositionGap} when rows between mark and frame are missing */
export function trimFrame(program: TransformProgram, frame: Frame, mark: number): Frame {
  if (isGap(frame, mark)) {
    throw new PositionGap(
      `a frame follows position ${frame.prev} of ${frame.origin}, but only ${mark} is handled: resume the pipeline, then its ` +
        "source is read again from what is in the table",
    );
  }
  const dead = frame.dead.filter(({ position }) => position > mark);
  const first = frame.positions.findIndex((position) => position > mark);
  if (first === 0 || frame.rows === 0) return dead.length === frame.dead.length ? frame : { ...frame, dead };
  if (first < 0) return { ...frame, ...NOTHING, positions: [], dead };
  const part = {
    bytes: frame.block,
    columnLengths: frame.columnLengths,
    rows: frame.rows,
    skip: Array.from({ length: first }, (_, row) => row),
  };
  const { rows, block, columnLengths } = mergeBlocks(layoutOf(program, frame), [part]);
  return { ...frame, rows, block, columnLengths, positions: frame.positions.slice(first), dead };
}

/** A frame that waited while the pipeline was edited may have other columns than the program reads. */
function layoutOf(program: TransformProgram, frame: Frame): Layout {
  if (frame.layout === program.inputLayout) return program.input;
  return readBlock(frame.block).columns.map(({ name, type }) => ({ name, type: formatType(type) }));
}

/** Dead rows of a frame that is numbered anew from `base` on: behind its rows, in its last piece. */
export function deadInPlace(pieces: Piece[], frame: Frame, base: number): Piece[] {
  if (frame.dead.length === 0) return pieces;
  const passed = frame.dead.map((row, i) => ({ ...row, position: base + frame.rows + i }));
  const watermark = base + frame.rows + passed.length - 1;
  const last = pieces.at(-1) ?? { output: NOTHING, outcome: NO_OUTCOME, watermark, time: frame.time };
  return [...pieces.slice(0, -1), { ...last, passed, watermark }];
}
