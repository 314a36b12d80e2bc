/** A sink on one lane of a test pipeline, which a test can drain, replace by an heir, or let crash at any of its effects. */
import { type ClickHouseClient, createClient } from "@clickhouse/client";
import { Inserter } from "../../../handlers/sink/insert.ts";
import { LaneRunner } from "../../../handlers/sink/lane_runner.ts";
import { SinkMetrics } from "../../../handlers/sink/metrics.ts";
import type { SinkProgram } from "../../../pipeline/compile/program.ts";
import { Lane, type LaneRecord } from "../../../runtime/lane.ts";
import { createLog } from "../../../runtime/log.ts";
import { Metrics } from "../../../runtime/metrics.ts";
import { dlqStream, laneKey } from "../../../runtime/nats/names.ts";
import { CasRecord, type RecordStore } from "../../../runtime/nats/record.ts";
import { PartStatus } from "../../../runtime/part_status.ts";
import type { StageStatus } from "../../../runtime/stage.ts";
import { connectTarget } from "../../../runtime/target/client.ts";
import { type ClickHouseForTest, withClickHouse, withNats } from "../../services/mod.ts";
import { Effects, instead } from "./effects.ts";
import { COLUMNS, LAYOUT, type Pipeline, until, withPipeline } from "./bed.ts";

export interface SinkBed {
  readonly pipeline: Pipeline;
  readonly program: SinkProgram;
  readonly clickhouse: ClickHouseForTest;
  readonly client: ClickHouseClient;
  start(options?: StartOptions): Promise<Sink>;
  /** Waits until no frame is left, then ends the sink in order. */
  finish(sink: Sink): Promise<void>;
  createTable(extra?: string): Promise<void>;
  /** Ids in the table, ascending, with repetitions. */
  ids(): Promise<number[]>;
  lane(): Promise<LaneRecord>;
  /** Positions of the dead letters by component, ascending, with repetitions. */
  deadLetters(): Promise<string[]>;
}

export interface StartOptions {
  readonly effects?: Effects;
  readonly shards?: readonly number[];
  readonly now?: () => number;
  /** Called by every insert right before it is sent. */
  readonly beforeInsert?: () => Promise<void>;
}

export interface Sink {
  readonly running: Promise<void>;
  readonly states: StageStatus[];
  readonly lane: Lane;
  drain(): void;
  kill(): void;
}

export function withSink<T>(use: (bed: SinkBed) => Promise<T>, options: { isolated?: boolean; dlq?: number } = {}) {
  return withNats((nats) =>
    withClickHouse((clickhouse) =>
      withPipeline(nats, async (pipeline) => {
        const address = {
          url: clickhouse.url,
          username: clickhouse.user,
          password: clickhouse.password,
          skipCertificateVerification: false,
        };
        const client = connectTarget(address, 20_000);
        const program: SinkProgram = {
          layout: LAYOUT,
          columns: COLUMNS,
          database: clickhouse.database,
          table: "rows",
          maxBatchRows: 1_000,
          maxDelayMs: 30,
        };
        try {
          return await use(bedOf(pipeline, clickhouse, client, program));
        } finally {
          await client.close();
        }
      }, options.dlq === undefined ? {} : { dlq: options.dlq }), { isolated: options.isolated })
  );
}

function bedOf(
  pipeline: Pipeline,
  clickhouse: ClickHouseForTest,
  client: ClickHouseClient,
  program: SinkProgram,
): SinkBed {
  const record = new CasRecord<LaneRecord>(pipeline.kv, laneKey(0));
  // A client of the test's own: the sink's may be cut off.
  const reader = () => createClient({ url: clickhouse.url, username: clickhouse.user, password: clickhouse.password });
  const query = async <R>(text: string): Promise<R[]> => {
    const own = reader();
    try {
      return await (await own.query({ query: text, format: "JSONEachRow" })).json<R>();
    } finally {
      await own.close();
    }
  };
  const table = `${program.database}.${program.table}`;
  return {
    pipeline,
    program,
    clickhouse,
    client,
    start: (options = {}) => startSink(pipeline, clickhouse, client, program, options),
    finish: async (sink) => {
      await Promise.race([
        until(async () => await pipeline.depth("out") === 0, "all frames are handled"),
        sink.running,
      ]);
      sink.drain();
      await sink.running;
    },
    createTable: async (extra = "") => {
      const own = reader();
      await own.command({
        query: `CREATE TABLE ${table} (id Int64, text String${extra}) ENGINE = MergeTree ORDER BY id ` +
          "SETTINGS non_replicated_deduplication_window = 1000",
      });
      await own.close();
    },
    ids: async () => {
      const rows = await query<{ id: string }>(`SELECT toString(id) AS id FROM ${table} ORDER BY rows.id`);
      return rows.map(({ id }) => Number(id));
    },
    lane: async () => (await record.read())!.value,
    deadLetters: async () => {
      const stream = dlqStream(pipeline.hash);
      const { state } = await pipeline.jsm.streams.info(stream);
      const found: string[] = [];
      for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq++) {
        const message = await pipeline.jsm.streams.getMessage(stream, { seq });
        if (!message) continue;
        const { component, position } = message.json<{ component: string; position: number }>();
        found.push(`${component} ${position}`);
      }
      return found.sort();
    },
  };
}

async function startSink(
  pipeline: Pipeline,
  clickhouse: ClickHouseForTest,
  client: ClickHouseClient,
  program: SinkProgram,
  { effects = new Effects(), shards = [0, 1], now, beforeInsert }: StartOptions,
): Promise<Sink> {
  const { nc, js, jsm, kv, hash } = pipeline;
  const draining = new AbortController();
  const states: StageStatus[] = [];
  const signal = effects.stopped.signal;
  const store: RecordStore = {
    get: (key) => kv.get(key),
    create: (key, data) => effects.run(() => kv.create(key, data)),
    update: (key, data, revision) => effects.run(() => kv.update(key, data, revision)),
  };
  const lane = await Lane.claim(new CasRecord<LaneRecord>(store, laneKey(0)), {
    owner: crypto.randomUUID(),
    claiming: signal,
    owning: signal,
  });
  const status = new PartStatus("lane 0", (_part, state) => {
    const before = states.at(-1);
    if (before?.state !== state.state || before.reason !== state.reason) states.push(state);
  });
  const inserter = new Inserter({
    client: instead(client, {
      exec: (params: Parameters<ClickHouseClient["exec"]>[0]) => effects.run(() => client.exec(params)),
    }),
    program,
    address: {
      url: clickhouse.url,
      username: clickhouse.user,
      password: clickhouse.password,
      skipCertificateVerification: false,
    },
    queryPrefix: `gf-${hash}-0-`,
    confirm: beforeInsert ?? (() => lane.confirm(7_500)),
    listener: { waiting: (reason, act) => status.waiting(reason, act), failed: () => {} },
    ...(now ? { now } : {}),
  });
  const runner = new LaneRunner({
    context: {
      nc,
      js: instead(js, {
        publish: (...args: Parameters<typeof js.publish>) => effects.run(() => js.publish(...args)),
      }),
      jsm,
      log: createLog("test", "silent"),
      draining: draining.signal,
      settings: { hash },
    },
    program,
    lane,
    number: 0,
    shards,
    inserter,
    metrics: new SinkMetrics(new Metrics()),
    status,
    signal,
  });
  return {
    running: runner.run(),
    states,
    lane,
    drain: () => draining.abort(),
    kill: () => effects.stopped.abort(new Error("killed")),
  };
}
