import assert from "node:assert/strict";
import { FencedOut } from "../../../runtime/errors.ts";
import { edgeStream, ensureStream } from "../../../runtime/nats/streams.ts";
import { deadLetterStream } from "../../../runtime/nats/streams.ts";
import { streamName } from "../../../runtime/nats/names.ts";
import { serviceTest } from "../../services/mod.ts";
import { frameOf, type FrameOptions, until } from "./bed.ts";
import { Effects } from "./effects.ts";
import { type SinkBed, withSink } from "./sink_bed.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function send(bed: SinkBed, shard: number, ...frames: FrameOptions[]): Promise<void> {
  for (const frame of frames) await bed.pipeline.send("out", shard, frameOf({ origin: `o${shard}`, ...frame }));
}

serviceTest(
  "frames of two shards become rows, marks and a ledger that adds up",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      await send(bed, 0, { from: 0, rows: 5 }, { from: 5, rows: 5, filtered: [6, 7] });
      await send(bed, 1, { from: 100, rows: 4, committed: 100, dead: [101] }, { from: 104, rows: 0, prev: 103 });
      await bed.finish(await bed.start());
      assert.deepEqual(await bed.ids(), [0, 1, 2, 3, 4, 5, 8, 9, 100, 102, 103]);
      assert.deepEqual(await bed.deadLetters(), ["dedup 101"]);
      const { ledger, marks, plan } = await bed.lane();
      assert.equal(plan, null);
      assert.deepEqual(ledger, { accepted: 14, written: 11, filtered: 2, deduplicated: 0, deadLettered: 1 });
      assert.deepEqual(marks.positions, { o0: 9, o1: 103 });
      assert.deepEqual(marks.sequences, { 0: 2, 1: 4 });
    }),
);

serviceTest("frames sent twice and overlapping ones are written once", ["nats"], () =>
  withSink(async (bed) => {
    await bed.createTable();
    await send(bed, 0, { from: 0, rows: 5 }, { from: 0, rows: 5 }, { from: 3, rows: 6 }, { from: 9, rows: 1 });
    const first = await bed.start();
    await bed.finish(first);
    await send(bed, 0, { from: 9, rows: 1 }, { from: 8, rows: 4 });
    await bed.finish(await bed.start());
    assert.deepEqual(await bed.ids(), range(0, 12));
    assert.equal((await bed.lane()).ledger.accepted, 12);
  }));

serviceTest("rows that the table refuses are found one by one and become dead letters; the others are written", [
  "nats",
], () =>
  withSink(async (bed) => {
    await bed.createTable(", CONSTRAINT small CHECK length(text) < 10");
    const text = (position: number) => [3, 8].includes(position) ? "far too long for it" : "ok";
    await send(bed, 0, { from: 0, rows: 6, text }, { from: 6, rows: 6, text, dead: [7] });
    await bed.finish(await bed.start());
    assert.deepEqual(await bed.ids(), range(0, 12).filter((id) => ![3, 7, 8].includes(id)));
    assert.deepEqual(await bed.deadLetters(), ["dedup 7", "sink 3", "sink 8"]);
    assert.deepEqual((await bed.lane()).ledger, {
      accepted: 12,
      written: 9,
      filtered: 0,
      deduplicated: 0,
      deadLettered: 3,
    });
  }));

serviceTest("a crash after any effect loses nothing and doubles nothing", ["nats"], () =>
  withSink(async (bed) => {
    const text = (position: number) => position % 10 === 3 ? "far too long for it" : "ok";
    await bed.createTable(", CONSTRAINT small CHECK length(text) < 10");
    let rounds = 0;
    for (let last = 1;; last++, rounds++) {
      const from = rounds * 10;
      await send(bed, 0, { from, rows: 3, text, dead: [from + 1] }, { from: from + 2, rows: 4, text, prev: from + 1 });
      const effects = new Effects(last);
      try {
        const sink = await bed.start({ effects });
        await bed.finish(sink);
      } catch (error) {
        assert.ok(effects.stopped.signal.aborted, String(error));
      }
      if (!effects.stopped.signal.aborted) break;
      await bed.finish(await bed.start());
      // The next origin's first position follows the last: a gap would block.
      await send(bed, 0, { from: from + 6, rows: 4, filtered: range(from + 6, from + 10) });
    }
    assert.ok(rounds >= 10, `only ${rounds} effects were seen`);
    const all = range(0, rounds * 10 + 6);
    const kept = all.filter((id) => id % 10 < 6 && id % 10 !== 1 && id % 10 !== 3);
    assert.deepEqual(await bed.ids(), kept);
    const letters = range(0, rounds + 1).flatMap((round) => [`dedup ${round * 10 + 1}`, `sink ${round * 10 + 3}`]);
    assert.deepEqual(await bed.deadLetters(), letters.sort());
    const { ledger } = await bed.lane();
    assert.equal(ledger.accepted, all.length);
    assert.equal(ledger.written, kept.length);
    assert.equal(ledger.deadLettered, letters.length);
  }));

serviceTest(
  "an owner that stood still before its insert is fenced; its heir finishes the plan once",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      await send(bed, 0, { from: 0, rows: 5 });
      let reached = false;
      const go = Promise.withResolvers<void>();
      const old = await bed.start({
        beforeInsert: async () => {
          reached = true;
          await go.promise; // suspended here, for longer than half a lease
          await old.lane.confirm(0);
        },
      });
      const fenced = assert.rejects(old.running, FencedOut);
      await until(() => reached, "the first owner is about to insert");
      const heir = await bed.start();
      await send(bed, 0, { from: 5, rows: 5 });
      await bed.finish(heir);
      go.resolve();
      await fenced;
      assert.deepEqual(await bed.ids(), range(0, 10));
      assert.equal((await bed.lane()).ledger.written, 10);
    }),
);

serviceTest(
  "a missing table blocks with what to do, and rows flow once it exists",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await send(bed, 0, { from: 0, rows: 3 });
      const sink = await bed.start();
      await until(() => sink.states.some(({ state }) => state === "blocked"), "the lane is blocked");
      assert.match(sink.states.at(-1)!.reason!, /create table/);
      await bed.createTable();
      await bed.finish(sink);
      assert.equal(sink.states.at(-1)!.state, "running");
      assert.deepEqual(await bed.ids(), [0, 1, 2]);
    }),
);

serviceTest(
  "missing positions block the lane, with the numbers, and nothing is skipped",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      await send(bed, 0, { from: 0, rows: 3 }, { from: 6, rows: 3 });
      const sink = await bed.start();
      await until(() => sink.states.some(({ state }) => state === "blocked"), "the lane is blocked");
      assert.match(sink.states.at(-1)!.reason!, /follows position 5 of o0, but only 2 is handled/);
      sink.drain();
      await sink.running;
      assert.deepEqual(await bed.ids(), [0, 1, 2]);
      assert.equal(await bed.pipeline.depth("out"), 1);
    }),
);

serviceTest("a full dead-letter stream holds the lane up until there is room", ["nats"], () =>
  withSink(async (bed) => {
    await bed.createTable();
    await send(bed, 0, { from: 0, rows: 4, dead: [0, 1, 2] });
    const sink = await bed.start();
    await until(() => sink.states.some(({ state }) => state === "waiting"), "the lane waits");
    assert.match(sink.states.at(-1)!.reason!, /dead letters cannot be stored/);
    assert.deepEqual(await bed.ids(), []);
    await ensureStream(bed.pipeline.jsm, deadLetterStream(bed.pipeline.hash, { maxBytes: -1 }));
    await bed.finish(sink);
    assert.deepEqual(await bed.ids(), [3]);
    assert.deepEqual(await bed.deadLetters(), ["dedup 0", "dedup 1", "dedup 2"]);
  }, { dlq: 600 }));

serviceTest(
  "an open plan whose stream was made anew is not filled with other frames",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      await send(bed, 0, { from: 0, rows: 3 });
      const effects = new Effects(4); // claim, stream, plan, insert
      const first = await bed.start({ effects });
      await assert.rejects(first.running);
      assert.notEqual((await bed.lane()).plan, null);
      const { jsm, hash } = bed.pipeline;
      await jsm.streams.delete(streamName(hash, "out"));
      await ensureStream(jsm, edgeStream(hash, "out", { maxBytes: -1 }));
      await send(bed, 0, { from: 0, rows: 9 });
      const heir = await bed.start();
      await until(() => heir.states.some(({ state }) => state === "blocked"), "the lane is blocked");
      assert.match(heir.states.at(-1)!.reason!, /made anew/);
      heir.drain();
      await heir.running;
    }),
);

serviceTest("rows read back by the engine are the rows of the frames", ["nats"], () =>
  withSink(async (bed) => {
    await bed.createTable();
    const text = (position: number) => position % 7 === 0 ? "" : `ünï ${position} \0 '"\\ \n`.repeat(position % 5);
    for (let from = 0; from < 200; from += 20) await send(bed, 0, { from, rows: 20, text });
    await bed.finish(await bed.start());
    const result = await bed.client.query({
      query: `SELECT text FROM ${bed.program.database}.rows ORDER BY id`,
      format: "JSONEachRow",
    });
    const rows = await result.json<{ text: string }>();
    assert.deepEqual(rows.map((row) => row.text), range(0, 200).map(text));
  }));
