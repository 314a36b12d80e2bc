/**
 * From frames to a plan and back: which rows of which frames, trimmed by the marks; what marks and ledger become when they
 * are done. Pure: a replay from the same key and the same frames gives the same rows under the same token.
 */
import { createHash } from "node:crypto";
import { type DeadRow, type Frame, NO_MARK } from "../../runtime/frame.ts";
import { addLedgers, type LaneRecord, type Ledger, type Marks, type Plan } from "../../runtime/lane.ts";

export interface HeldFrame {
  readonly shard: number;
  readonly sequence: number;
  readonly frame: Frame;
}

/** A frame's rows that are new to the marks. */
export interface TrimmedFrame {
  readonly frame: Frame;
  /** First row of the block that counts (rows before it are at or below the mark). */
  readonly firstRow: number;
  readonly dead: readonly DeadRow[];
  readonly filtered: number;
  readonly deduplicated: number;
}

/** Characters kept of the reason for which a row was refused: reasons wait in the lane key. */
const MAX_REASON = 400;

/** Trims frames by the marks, advancing them as it goes (two frames of one origin may overlap). */
export function trim(frames: readonly HeldFrame[], marks: Marks): { frames: TrimmedFrame[]; marks: Marks } {
  const sequences: Record<string, number> = { ...marks.sequences };
  const positions: Record<string, number> = { ...marks.positions };
  const trimmed = frames.map(({ shard, sequence, frame }): TrimmedFrame => {
    const mark = positions[frame.origin] ?? NO_MARK;
    sequences[shard] = Math.max(sequences[shard] ?? 0, sequence);
    positions[frame.origin] = Math.max(mark, frame.watermark);
    for (const [origin, watermark] of Object.entries(frame.confirms ?? {})) {
      positions[origin] = Math.max(positions[origin] ?? NO_MARK, watermark);
    }
    return {
      frame,
      firstRow: countUpTo(frame.positions, mark),
      dead: frame.dead.filter((row) => row.position > mark),
      filtered: frame.filtered.length - countUpTo(frame.filtered, mark),
      deduplicated: frame.deduplicated.length - countUpTo(frame.deduplicated, mark),
    };
  });
  return { frames: trimmed, marks: { stream: marks.stream, sequences, positions } };
}

/** How many of ascending positions are at or below the mark. */
function countUpTo(positions: readonly number[], mark: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle] <= mark) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function rowsOf(frames: readonly TrimmedFrame[]): number {
  return frames.reduce((sum, { frame, firstRow }) => sum + frame.rows - firstRow, 0);
}

export function makePlan(
  held: readonly HeldFrame[],
  marks: Marks,
  target: { table: string; layout: string },
  startedAt: number,
): Plan {
  const frames = held.map(({ shard, sequence }) => [shard, sequence] as const);
  const token = hash([marks, frames, target.table, target.layout]);
  const rows = rowsOf(trim(held, marks).frames);
  const parts = rows === 0 ? [] : [{ from: 0, to: rows, token }];
  return { token, frames, ...target, startedAt, parts, rejected: [], deadLettered: 0 };
}

/** The plan whose first part is dealt with, and, of a refused row, with the reason. */
export function advance(plan: Plan, refused?: string): Plan {
  const [{ from }, ...parts] = plan.parts;
  const { decision: _, ...rest } = plan;
  return refused === undefined
    ? { ...rest, parts }
    : { ...rest, parts, rejected: [...plan.rejected, [from, refused.slice(0, MAX_REASON)]] };
}

/** The plan with its refused first part as two halves; their tokens follow from it. */
export function bisect(plan: Plan): Plan {
  const [{ from, to, token }, ...others] = plan.parts;
  const { decision: _, ...rest } = plan;
  const middle = (from + to) >> 1;
  const child = (from: number, to: number) => ({ from, to, token: hash([token, from, to]) });
  return { ...rest, parts: [child(from, middle), child(middle, to), ...others] };
}

/** The plan after the dead letters of its rejected rows are stored. */
export function lettersStored(plan: Plan): Plan {
  return { ...plan, rejected: [], deadLettered: plan.deadLettered + plan.rejected.length };
}

/** The lane after its plan is done: every part is dealt with, every dead letter stored. */
export function finish(now: LaneRecord, plan: Plan, trimmed: readonly TrimmedFrame[], marks: Marks): LaneRecord {
  if (plan.parts.length > 0) throw new RangeError(`plan ${plan.token} has parts that are not in the table`);
  const rejected = plan.rejected.length + plan.deadLettered;
  const kept = rowsOf(trimmed);
  const sum = (pick: (frame: TrimmedFrame) => number) => trimmed.reduce((total, frame) => total + pick(frame), 0);
  const dead = sum((frame) => frame.dead.length);
  const filtered = sum((frame) => frame.filtered);
  const deduplicated = sum((frame) => frame.deduplicated);
  const delta: Ledger = {
    accepted: kept + dead + filtered + deduplicated,
    written: kept - rejected,
    filtered,
    deduplicated,
    deadLettered: dead + rejected,
  };
  return { ...now, plan: null, marks, ledger: addLedgers(now.ledger, delta) };
}

const hash = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 40);
