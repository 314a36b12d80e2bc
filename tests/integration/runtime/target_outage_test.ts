import assert from "node:assert/strict";
import { decideOpenPlan, type LaneRecord } from "../../../runtime/lane.ts";
import { laneKey } from "../../../runtime/nats/names.ts";
import { CasRecord } from "../../../runtime/nats/record.ts";
import { serviceTest } from "../../services/mod.ts";
import { frameOf, until } from "./bed.ts";
import { Effects } from "./effects.ts";
import { type SinkBed, withSink } from "./sink_bed.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const send = (bed: SinkBed, from: number, rows: number, text?: (position: number) => string) =>
  bed.pipeline.send("out", 0, frameOf({ from, rows, ...(text ? { text } : {}) }));

serviceTest(
  "ClickHouse dies and comes back: the sink waits, says so, and every row is there once",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      const sink = await bed.start();
      await send(bed, 0, 5);
      await until(async () => (await bed.ids()).length === 5, "the first rows are written");
      await bed.clickhouse.server.kill();
      await send(bed, 5, 5);
      await until(() => sink.states.at(-1)?.state === "waiting", "the sink waits");
      assert.match(sink.states.at(-1)!.reason!, /cannot reach ClickHouse at http/);
      const again = await bed.clickhouse.restart();
      await bed.finish(sink);
      assert.deepEqual(await bed.ids(), range(0, 10));
      assert.equal((await bed.lane()).ledger.written, 10);
      assert.ok(again.port === bed.clickhouse.port);
    }, { isolated: true }),
);

serviceTest(
  "a view that cannot take a row blocks instead of doubling the rows of its table",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      const { client, program: { database } } = bed;
      await client.command({ query: `CREATE TABLE ${database}.numbers (n Int64) ENGINE = MergeTree ORDER BY n` });
      await client.command({
        query: `CREATE MATERIALIZED VIEW ${database}.view TO ${database}.numbers AS ` +
          `SELECT toInt64(text) AS n FROM ${database}.rows`,
      });
      await send(bed, 0, 6, (position) => position === 3 ? "no number" : String(position));
      const sink = await bed.start();
      await until(() => sink.states.at(-1)?.state === "blocked", "the lane is blocked");
      await client.command({ query: `DROP VIEW ${database}.view` });
      await bed.finish(sink);
      assert.deepEqual(await bed.ids(), range(0, 6));
      assert.deepEqual(await bed.deadLetters(), []);
    }),
);

serviceTest(
  "a column whose type changed blocks: its rows are no dead letters",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      const { client, program: { database } } = bed;
      await client.command({ query: `ALTER TABLE ${database}.rows MODIFY COLUMN text FixedString(3)` });
      await send(bed, 0, 4);
      const sink = await bed.start();
      await until(() => sink.states.at(-1)?.state === "blocked", "the lane is blocked");
      await client.command({ query: `ALTER TABLE ${database}.rows MODIFY COLUMN text String` });
      await bed.finish(sink);
      assert.deepEqual(await bed.ids(), range(0, 4));
      assert.deepEqual(await bed.deadLetters(), []);
    }),
);

for (const [decision, insertedBefore] of [["skip", true], ["insert", false]] as const) {
  serviceTest(
    `an old plan in doubt waits for a person; "${decision}" is carried out`,
    ["nats"],
    () =>
      withSink(async (bed) => {
        await bed.createTable();
        await send(bed, 0, 3);
        // claim, stream and plan are written; then the insert is done or not, and the process dies.
        const first = await bed.start({ effects: new Effects(insertedBefore ? 4 : 3) });
        await assert.rejects(first.running);
        assert.notEqual((await bed.lane()).plan, null);
        const later = () => Date.now() + 31 * 60_000;
        const heir = await bed.start({ now: later });
        await until(() => heir.states.at(-1)?.state === "blocked", "the lane is blocked");
        assert.match(heir.states.at(-1)!.reason!, /uncertain: whether 3 rows .*"insert" .*"skip"/s);
        const fenced = assert.rejects(heir.running, { name: "FencedOut" });
        assert.equal(await decideOpenPlan(new CasRecord<LaneRecord>(bed.pipeline.kv, laneKey(0)), decision), true);
        await fenced;
        await send(bed, 3, 2);
        await bed.finish(await bed.start({ now: later }));
        assert.deepEqual(await bed.ids(), range(0, 5));
        assert.equal((await bed.lane()).ledger.written, 5);
      }),
  );
}

serviceTest("a fresh plan of an earlier owner is replayed under its token", ["nats"], () =>
  withSink(async (bed) => {
    await bed.createTable();
    await send(bed, 0, 3);
    const first = await bed.start({ effects: new Effects(4) });
    await assert.rejects(first.running);
    await bed.finish(await bed.start());
    assert.deepEqual(await bed.ids(), range(0, 3));
  }));

serviceTest(
  "an insert of an earlier owner that still runs is ended before the lane's next insert",
  ["nats"],
  () =>
    withSink(async (bed) => {
      await bed.createTable();
      const { client, program: { database }, pipeline } = bed;
      const query_id = `gf-${pipeline.hash}-0-old`;
      const old = client.command({
        query: `INSERT INTO ${database}.rows SELECT number, toString(sleepEachRow(0.5)) FROM numbers(60) ` +
          "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 60000000",
        query_id,
      });
      const ended = old.then(() => "stored", () => "killed");
      const running = async () => {
        const found = await client.query({
          query: "SELECT count() AS n FROM system.processes WHERE query_id = {id:String}",
          query_params: { id: query_id },
          format: "JSONEachRow",
        });
        return Number((await found.json<{ n: string }>())[0].n);
      };
      await until(async () => await running() === 1, "the old insert runs");
      await pipeline.send("out", 0, frameOf({ from: 100, rows: 2, committed: 100 }));
      let seen = -1;
      const sink = await bed.start({ beforeInsert: async () => void (seen = await running()) });
      await bed.finish(sink);
      assert.equal(seen, 0);
      assert.equal(await ended, "killed");
      assert.deepEqual((await bed.ids()).filter((id) => id >= 100), [100, 101]);
    }),
);
