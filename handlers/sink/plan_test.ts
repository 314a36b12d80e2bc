import assert from "node:assert/strict";
import fc from "fast-check";
import { type Frame, isGap } from "../../runtime/frame.ts";
import { EMPTY_LEDGER, LANE_VERSION, type LaneRecord, type Marks, type Plan } from "../../runtime/lane.ts";
import { advance, bisect, finish, type HeldFrame, lettersStored, makePlan, rowsOf, trim } from "./plan.ts";

const target = { table: "db.t", layout: "l" };
const nothing: Marks = { stream: "s", sequences: {}, positions: {} };

type Fate = "row" | "filtered" | "deduplicated" | "dead";
const FATES: readonly Fate[] = ["row", "filtered", "deduplicated", "dead"];

/** A frame over positions `from` … `to` of an origin, whose fates are given by position. */
function frameOf(origin: string, from: number, to: number, fates: readonly Fate[]): Frame {
  const of = (fate: Fate) =>
    Array.from({ length: to - from }, (_, i) => from + i).filter((position) => fates[position] === fate);
  return {
    layout: "l",
    origin,
    prev: from - 1,
    watermark: to - 1,
    committed: -1,
    time: 0,
    rows: of("row").length,
    block: new Uint8Array(),
    columnLengths: [],
    positions: of("row"),
    filtered: of("filtered"),
    deduplicated: of("deduplicated"),
    dead: of("dead").map((position) => ({
      position,
      component: "dedup",
      reason: "r",
      error: "e",
      original: new Uint8Array(),
    })),
  };
}

/** What a source may send: stretches that reach up to the end, each beginning at or before the end of what came before. */
const history = fc.record({
  fates: fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 40 }),
  steps: fc.array(fc.record({ back: fc.nat(6), on: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 30 }),
  batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 10 }),
});

Deno.test("overlapping and repeated frames in any batches: each position is counted once", () =>
  fc.assert(
    fc.property(fc.tuple(history, history), (origins) => {
      const held: HeldFrame[] = [];
      let sequence = 1;
      const streams = origins.map(({ fates, steps }, shard) => {
        let end = 0;
        return steps.map(({ back, on }) => {
          const from = Math.max(0, end - back);
          const to = Math.min(fates.length, from + on);
          end = Math.max(end, to);
          return { shard, frame: frameOf(`o${shard}`, Math.min(from, to), to, fates) };
        });
      });
      // Shards interleave; within a shard the order stands.
      for (let i = 0; i < Math.max(...streams.map((s) => s.length)); i++) {
        for (const stream of streams) if (i < stream.length) held.push({ ...stream[i], sequence: sequence++ });
      }
      let lane: LaneRecord = lane0(nothing);
      const emitted: string[] = [];
      for (let at = 0, b = 0; at < held.length;) {
        const batch = held.slice(at, at += origins[0].batches[b++ % origins[0].batches.length]);
        const plan = makePlan(batch, lane.marks, target, 0);
        const trimmed = trim(batch, lane.marks);
        for (const { frame, firstRow } of trimmed.frames) {
          for (const position of frame.positions.slice(firstRow)) emitted.push(`${frame.origin}/${position}`);
        }
        assert.equal(plan.parts.at(-1)?.to ?? 0, rowsOf(trimmed.frames));
        lane = finish({ ...lane, plan }, allInserted(plan), trimmed.frames, trimmed.marks);
      }
      const reached = origins.map(({ fates }, i) => fates.slice(0, (lane.marks.positions[`o${i}`] ?? -1) + 1));
      const count = (fate: Fate) => reached.flat().filter((each) => each === fate).length;
      assert.equal(new Set(emitted).size, emitted.length);
      assert.deepEqual(lane.ledger, {
        accepted: reached.flat().length,
        written: count("row"),
        filtered: count("filtered"),
        deduplicated: count("deduplicated"),
        deadLettered: count("dead"),
      });
      assert.equal(emitted.length, count("row"));
    }),
    { numRuns: 300 },
  ));

const lane0 = (marks: Marks): LaneRecord => ({
  version: LANE_VERSION,
  epoch: 1,
  owner: "o",
  beat: 0,
  plan: null,
  marks,
  ledger: EMPTY_LEDGER,
});

const allInserted = (plan: Plan): Plan => {
  while (plan.parts.length > 0) plan = advance(plan);
  return plan;
};

Deno.test("the same frames and marks give the same plan; other marks another token", () => {
  const held = [{ shard: 0, sequence: 7, frame: frameOf("o", 0, 4, ["row", "row", "row", "row"]) }];
  assert.equal(makePlan(held, nothing, target, 1).token, makePlan(held, nothing, target, 2).token);
  const later: Marks = { ...nothing, positions: { o: 1 } };
  assert.notEqual(makePlan(held, nothing, target, 1).token, makePlan(held, later, target, 1).token);
  assert.deepEqual(makePlan(held, later, target, 1).parts.map(({ from, to }) => [from, to]), [[0, 2]]);
});

Deno.test("bisection finds exactly the bad rows, whatever crashes between its steps", () =>
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }),
      fc.array(fc.boolean(), { maxLength: 300 }),
      (bad, crashes) => {
        const rows = bad.length;
        const held = [{ shard: 0, sequence: 1, frame: frameOf("o", 0, rows, bad.map(() => "row")) }];
        let saved = makePlan(held, nothing, target, 0);
        const table = new Map<string, readonly [number, number]>(); // by token: a replay is recognised
        let step = 0;
        for (let plan = saved; plan.parts.length > 0;) {
          const [{ from, to, token }] = plan.parts;
          const refused = bad.slice(from, to).includes(true);
          if (!refused) table.set(token, [from, to]);
          if (crashes[step++]) { // after the insert, before the key is written
            plan = saved;
            continue;
          }
          if (!refused) plan = advance(plan);
          else if (to - from > 1) plan = bisect(plan);
          else plan = advance(plan, "no");
          assert.ok(plan.parts.length <= 2 + Math.ceil(Math.log2(rows)), "what is left to do stays small");
          if (plan.rejected.length >= 5) plan = lettersStored(plan);
          saved = plan;
        }
        const written = [...table.values()].flatMap(([from, to]) =>
          Array.from({ length: to - from }, (_, i) => from + i)
        );
        assert.deepEqual(written.sort((a, b) => a - b), [...bad.keys()].filter((row) => !bad[row]));
        const trimmed = trim(held, nothing);
        const lane = finish({ ...lane0(nothing), plan: saved }, saved, trimmed.frames, trimmed.marks);
        assert.equal(lane.ledger.written, written.length);
        assert.equal(lane.ledger.deadLettered, rows - written.length);
        assert.equal(lane.ledger.accepted, rows);
      },
    ),
    { numRuns: 200 },
  ));

Deno.test("a gap is a watermark that was skipped, unless the source would read it again", () => {
  const frame = { ...frameOf("o", 10, 12, []), committed: -1 };
  assert.equal(isGap(frame, 9), false);
  assert.equal(isGap(frame, 8), true);
  assert.equal(isGap({ ...frame, committed: 10 }, 3), false); // first of a session: prev = committed − 1
  assert.equal(isGap({ ...frame, committed: 9 }, 3), true);
});

Deno.test("a plan with parts left cannot be finished", () => {
  const held = [{ shard: 0, sequence: 1, frame: frameOf("o", 0, 1, ["row"]) }];
  const plan = makePlan(held, nothing, target, 0);
  const trimmed = trim(held, nothing);
  assert.throws(() => finish({ ...lane0(nothing), plan }, plan, trimmed.frames, trimmed.marks), RangeError);
});
