/** Both stages as a worker runs them, in one process, through what may happen to NATS. */
import assert from "node:assert/strict";
import { stage as sinkStage } from "../../../handlers/sink/stage.ts";
import { stage as transformStage } from "../../../handlers/transform/stage.ts";
import type { SinkProgram } from "../../../pipeline/compile/program.ts";
import { createClient } from "@clickhouse/client";
import { FencedOut } from "../../../runtime/errors.ts";
import { ONCE } from "../../../runtime/frame.ts";
import { createLog } from "../../../runtime/log.ts";
import { Metrics } from "../../../runtime/metrics.ts";
import * as state from "../../../runtime/state/mod.ts";
import type { Stage, StageName, WorkerContext } from "../../../runtime/stage.ts";
import { type ClickHouseForTest, serviceTest, withClickHouse, withNats } from "../../services/mod.ts";
import { COLUMNS, frameOf, LAYOUT, type Pipeline, until, withPipeline } from "./bed.ts";
import { programOf } from "./transform_bed.ts";

interface Worker {
  readonly running: Promise<void>;
  readonly metrics: Metrics;
  drain(): void;
}

function work(stage: Stage, pipeline: Pipeline, clickhouse: ClickHouseForTest, stateDir: string): Worker {
  const draining = new AbortController();
  const metrics = new Metrics();
  const context: WorkerContext = {
    settings: {
      pipelineId: "test",
      hash: pipeline.hash,
      stage: stage.name as StageName,
      replica: 0,
      replicas: 1,
      shards: 2,
      lanes: 1,
      nats: { servers: "" },
      clickhouse: {
        url: clickhouse.url,
        username: clickhouse.user,
        password: clickhouse.password,
        skipCertificateVerification: false,
      },
      stateDir,
      bundle: { path: "", digest: "" },
      logLevel: "silent",
      httpPort: 0,
      failpoints: {},
    },
    nc: pipeline.nc,
    js: pipeline.js,
    jsm: pipeline.jsm,
    kv: pipeline.kv,
    log: createLog("test", "silent"),
    metrics,
    draining: draining.signal,
    state,
    report: () => {},
  };
  return { running: stage.run(context), metrics, drain: () => draining.abort() };
}

async function withBoth(
  pipeline: Pipeline,
  clickhouse: ClickHouseForTest,
  use: (
    bed: {
      start(name: StageName): Worker;
      send(shard: number, texts: string[]): Promise<void>;
      count(): Promise<number[]>;
    },
  ) => Promise<void>,
): Promise<void> {
  const { database } = clickhouse;
  const client = createClient({ url: clickhouse.url, username: clickhouse.user, password: clickhouse.password });
  const stateDir = await Deno.makeTempDir({ prefix: "state-" });
  const sink: SinkProgram = {
    layout: LAYOUT,
    columns: COLUMNS,
    database,
    table: "rows",
    maxBatchRows: 100,
    maxDelayMs: 50,
  };
  try {
    await client.command({
      query: `CREATE TABLE ${database}.rows (id Int64, text String) ENGINE = MergeTree ORDER BY id ` +
        "SETTINGS non_replicated_deduplication_window = 1000",
    });
    await use({
      start: (name) =>
        work(name === "sink" ? sinkStage(sink) : transformStage(programOf(3_600_000)), pipeline, clickhouse, stateDir),
      send: async (shard, texts) => {
        const frame = frameOf({ from: 0, rows: texts.length, text: (position) => texts[position] });
        await pipeline.send("in", shard, { ...frame, origin: ONCE, positions: [] });
      },
      count: async () => {
        const result = await client.query({
          query: `SELECT count() AS n, uniqExact(text) AS u FROM ${database}.rows`,
          format: "JSONEachRow",
        });
        const [{ n, u }] = await result.json<{ n: string; u: string }>();
        return [Number(n), Number(u)];
      },
    });
  } finally {
    await client.close();
    await Deno.remove(stateDir, { recursive: true });
  }
}

const texts = (round: number) => Array.from({ length: 10 }, (_, i) => `${round}-${i}`);

serviceTest(
  "NATS dies and comes back under both stages: every row arrives once, nobody gives up",
  ["nats"],
  () =>
    withNats(
      (first) =>
        withClickHouse((clickhouse) =>
          withPipeline(first, (pipeline) =>
            withBoth(pipeline, clickhouse, async ({ start, send, count }) => {
              const workers = [start("transform"), start("sink")];
              const ended = Promise.all(workers.map(({ running }) => running));
              for (let round = 0; round < 20; round++) await send(round % 2, texts(round));
              await until(async () => (await count())[0] >= 30, "some rows are written");
              await first.kill();
              const second = await first.restart();
              try {
                await until(async () => {
                  try {
                    await send(0, texts(20));
                    return true;
                  } catch {
                    return false; // not reconnected yet; sent twice is deduplicated
                  }
                }, "NATS takes frames again");
                await Promise.race([until(async () => (await count())[0] === 210, "every row is written"), ended]);
                for (const worker of workers) worker.drain();
                await ended;
                assert.deepEqual(await count(), [210, 210]);
              } finally {
                await second.stop();
              }
            }), { keep: true })
        ),
      { isolated: true },
    ),
);

serviceTest(
  "a second sink process takes the lane over; the first ends as fenced and its lease stops",
  ["nats"],
  () =>
    withNats((nats) =>
      withClickHouse((clickhouse) =>
        withPipeline(nats, (pipeline) =>
          withBoth(pipeline, clickhouse, async ({ start, send, count }) => {
            const transform = start("transform");
            const old = start("sink");
            const fenced = assert.rejects(old.running, FencedOut);
            for (let round = 0; round < 5; round++) await send(0, texts(round));
            await until(async () => (await count())[0] >= 10, "the first sink works");
            const heir = start("sink");
            for (let round = 5; round < 10; round++) await send(1, texts(round));
            await fenced;
            await until(async () => (await count())[0] === 100, "every row is written");
            transform.drain();
            heir.drain();
            await Promise.all([transform.running, heir.running]);
            assert.deepEqual(await count(), [100, 100]);
          }))
      )
    ),
);

serviceTest(
  "a drained worker ends in order with nothing left open",
  ["nats"],
  () =>
    withNats((nats) =>
      withClickHouse((clickhouse) =>
        withPipeline(nats, (pipeline) =>
          withBoth(pipeline, clickhouse, async ({ start, send, count }) => {
            const workers = [start("transform"), start("sink")];
            for (let round = 0; round < 4; round++) await send(0, texts(round));
            await until(async () => await pipeline.depth("in") + await pipeline.depth("out") === 0, "all is handled");
            for (const worker of workers) worker.drain();
            await Promise.all(workers.map(({ running }) => running));
            assert.deepEqual(await count(), [40, 40]);
            assert.match(workers[1].metrics.render(), /gfm_clickhouse_records_written_total\{component="sink"\} 40/);
          }))
      )
    ),
);
