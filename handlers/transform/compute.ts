/**
 * Input frames → output frames, without I/O. One input frame becomes one output frame, or several when the result would
 * be larger than a message may be: positions make the pieces trimmable like any other frames.
 */
import {
  type Outcome,
  type OutputBlock,
  type SeenKeys,
  type TransformInstance,
  type TransformProgram,
} from "../../pipeline/compile/program.ts";
import { type Block, rowJson } from "../../pipeline/native/mod.ts";
import { LayoutMismatch } from "../../runtime/errors.ts";
import { shortenError, shortenOriginal } from "../../runtime/dlq/shorten.ts";
import { type DeadRow, type Frame, ROWS_PER_MESSAGE } from "../../runtime/frame.ts";
import { inputBlock } from "./input_block.ts";
import { unfitRow, unfitRows } from "./instants.ts";

/** Stage name shown to clients: the original calls its whole transform stage `dedup`. */
export const COMPONENT = "dedup";

/** A frame larger than this is cut; leaves room for headers below the server's 8 MiB. */
export const MAX_FRAME_BYTES = 6 << 20;

/** Rows and fates of one output frame, before it has an identity. */
export interface Piece {
  readonly output: OutputBlock;
  readonly outcome: Outcome;
  /** Rows that were dead when they came. */
  readonly passed?: readonly DeadRow[];
  /** Last position this piece speaks of. */
  readonly watermark: number;
  readonly time: number;
}

/** Keys whose additions since `begin` can be undone. */
export interface UndoableKeys extends SeenKeys {
  begin(): void;
  rollback(): void;
}

/**
 * Runs one input frame whose row i has position `base + i`. `seen` is null without deduplication; on return its additions
 * are pending: the caller commits or rolls them back.
 */
export function compute(
  program: TransformProgram,
  instance: TransformInstance,
  frame: Frame,
  base: number,
  seen: UndoableKeys | null,
): Piece[] {
  if (frame.rows > ROWS_PER_MESSAGE) throw new LayoutMismatch(`a frame of ${frame.rows} rows is too large`);
  seen?.begin();
  if (frame.rows === 0) return [];
  const block = inputBlock(program, frame);
  const unfit = unfitRows(block);
  for (let pieces = 1;; pieces *= 2) {
    const made = cut(instance, block, unfit, frame, base, seen, pieces);
    if (made) return made;
    seen?.rollback();
    seen?.begin();
  }
}

/** Null when a piece is too large and could be smaller. A row that is too large alone is dead. */
function cut(
  instance: TransformInstance,
  block: Block,
  unfit: readonly number[],
  frame: Frame,
  base: number,
  seen: UndoableKeys | null,
  count: number,
): Piece[] | null {
  const pieces: Piece[] = [];
  const step = Math.ceil(frame.rows / count);
  for (let from = 0; from < frame.rows; from += step) {
    const to = Math.min(from + step, frame.rows);
    const outcome: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
    // The key of a row that does not go on must not be remembered.
    const single = step === 1 && seen ? new HeldBack(seen) : null;
    let at = from;
    for (const row of unfit) {
      if (row < from || row >= to) continue;
      if (at < row) instance.run(block, at, row, base, frame.time, single ?? seen, outcome);
      outcome.dead.push(unfitRow(block, row, base + row));
      at = row + 1;
    }
    if (at < to) instance.run(block, at, to, base, frame.time, single ?? seen, outcome);
    outcome.dead.forEach((row, i) => outcome.dead[i] = shortened(row));
    let output = instance.take();
    const bytes = output.block.length + outcome.dead.reduce((sum, row) => sum + sizeOf(row), 0);
    if (bytes > MAX_FRAME_BYTES) {
      if (step > 1) return null;
      outcome.positions.length = 0;
      outcome.dead.push(shortened(tooLarge(block, from, base + from, output.block.length)));
      output = { rows: 0, block: new Uint8Array(), columnLengths: [] };
    } else single?.apply();
    pieces.push({ output, outcome, watermark: base + to - 1, time: frame.time });
  }
  return pieces;
}

function tooLarge(block: Block, row: number, position: number, bytes: number): Outcome["dead"][number] {
  return {
    position,
    reason: "row_too_large",
    error: `the row has ${bytes} bytes after its transformation, at most ${MAX_FRAME_BYTES} can be passed on`,
    original: encoder.encode(rowJson(block, row)),
  };
}

/** Looks at the keys, and adds to them only when told to. */
class HeldBack implements SeenKeys {
  readonly #added: [number, number, number, number, number][] = [];
  constructor(readonly seen: SeenKeys) {}
  has(a: number, b: number, c: number, d: number, timeMs: number): boolean {
    return this.seen.has(a, b, c, d, timeMs);
  }
  add(...key: [number, number, number, number, number]): void {
    this.#added.push(key);
  }
  apply(): void {
    for (const key of this.#added) this.seen.add(...key);
  }
}

const encoder = new TextEncoder();
/** Errors may be of characters with three bytes each. */
const sizeOf = (row: Outcome["dead"][number]) => row.original.length + row.error.length * 3 + 64;

function shortened(row: Outcome["dead"][number]): Outcome["dead"][number] {
  return { ...row, error: shortenError(row.error), original: shortenOriginal(row.original) };
}

/** Gives a piece its identity. */
export function toFrame(
  program: TransformProgram,
  piece: Piece,
  identity: { origin: string; prev: number; watermark: number; committed: number },
): Frame {
  return {
    layout: program.outputLayout,
    ...identity,
    time: piece.time,
    rows: piece.output.rows,
    block: piece.output.block,
    columnLengths: piece.output.columnLengths,
    positions: piece.outcome.positions,
    filtered: piece.outcome.filtered,
    deduplicated: piece.outcome.deduplicated,
    dead: [
      ...piece.outcome.dead.map((row): DeadRow => ({
        position: row.position,
        component: COMPONENT,
        reason: row.reason,
        error: row.error,
        original: row.original,
      })),
      ...piece.passed ?? [],
    ],
  };
}
