/** A Kafka pipeline's life on a whole system: waiting for its topic, stop, resume, terminate, back-pressure. */
import assert from "node:assert/strict";
import { apiRequest, connectionParams, runSql, waitFor } from "../../../cli/client.ts";
import type { System } from "../../../cli/system.ts";
import { pipelineHash } from "../../../pipeline/config/mod.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { withSystem } from "../../system/bed.ts";
import { groupOffsets } from "./bed.ts";

const WAIT_MS = 60_000;
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const records = (numbers: readonly number[]) => numbers.map((id) => JSON.stringify({ id: `e${id}`, n: id }));

interface Place {
  readonly system: System;
  readonly kafka: Kafka;
}

async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const kafka = await startKafka();
  try {
    await withSystem({}, ({ system }) => use({ system, kafka }));
  } finally {
    await kafka.stop();
  }
}

function config({ system, kafka }: Place, id: string, more: Record<string, unknown> = {}) {
  return {
    version: "v3",
    pipeline_id: id,
    name: id,
    sources: [{
      type: "kafka",
      source_id: "events",
      topic: id,
      connection_params: { brokers: [kafka.broker()], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
      schema_fields: [{ name: "id", type: "string" }, { name: "n", type: "int" }],
    }],
    sink: {
      type: "clickhouse",
      connection_params: connectionParams(system.clickhouse),
      table: id,
      max_batch_size: 1_000,
      max_delay_time: "100ms",
      mapping: [["id", "String"], ["n", "Int64"]].map(([name, column_type]) => ({
        name,
        column_name: name,
        column_type,
      })),
    },
    ...more,
  };
}

async function create(place: Place, id: string, more: Record<string, unknown> = {}): Promise<void> {
  await runSql(
    place.system.clickhouse,
    `CREATE TABLE ${id} (id String, n Int64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10000`,
  );
  await apiRequest(place.system.apiUrl, "POST", "/api/v1/pipeline", config(place, id, more));
}

const health = async ({ system }: Place, id: string) =>
  await apiRequest(system.apiUrl, "GET", `/api/v1/pipeline/${id}/health`) as {
    overall_status: string;
    reason?: string;
  };

async function command(place: Place, id: string, name: string, status: string): Promise<void> {
  await apiRequest(place.system.apiUrl, "POST", `/api/v1/pipeline/${id}/${name}`);
  await waitFor(
    () => health(place, id),
    ({ overall_status }) => overall_status === status,
    WAIT_MS,
    `${id} to be ${status}`,
  );
}

/** Rows and distinct ids: equal, or something was doubled. */
async function rows({ system }: Place, id: string): Promise<number> {
  const [count, distinct] = (await runSql(system.clickhouse, `SELECT count(), uniqExact(id) FROM ${id}`)).trim().split(
    "\t",
  );
  assert.equal(count, distinct, "a row was doubled");
  return Number(count);
}

const written = (place: Place, id: string, count: number) =>
  waitFor(() => rows(place, id), (found) => found === count, WAIT_MS, `${count} rows in ${id}`);

/** Everything is committed. */
async function caughtUp({ kafka }: Place, id: string): Promise<void> {
  await waitFor(
    async () => [...(await groupOffsets(kafka, `glassflow-consumer-group-${pipelineHash(id)}`)).values()],
    (found) => found.length > 0 && found.every(([committed, end]) => committed === end),
    WAIT_MS,
    `the offsets of ${id}`,
  );
}

serviceTest(
  "a topic that comes later; stop and resume; terminate: each record is written once",
  ["kafka"],
  () =>
    withPlace(async (place) => {
      const { kafka } = place;
      for (const dedup of [false, true]) {
        const table = dedup ? "lifededup" : "lifepass";
        const transforms = dedup
          ? [{ type: "dedup", source_id: "events", config: { key: "id", time_window: "1h" } }]
          : [];
        await create(place, table, { transforms });
        const said = await waitFor(
          () => health(place, table),
          ({ reason }) => reason !== undefined,
          WAIT_MS,
          "a reason",
        );
        assert.match(said.reason!, /topic life\w* does not exist on the brokers: create it/);
        await createTopic(kafka, table, 2);
        await kafka.produce(table, records(ids(0, 500)));
        await written(place, table, 500);
        await command(place, table, "stop", "Stopped");
        await caughtUp(place, table);
        await kafka.produce(table, records(ids(500, 1_000)));
        await command(place, table, "resume", "Running");
        await written(place, table, 1_000);
        assert.equal((await health(place, table)).reason, undefined);
        await kafka.produce(table, records(ids(1_000, 1_500)));
        await command(place, table, "terminate", "Stopped");
        await kafka.produce(table, records(ids(1_500, 2_000)));
        await command(place, table, "resume", "Running");
        // What was under way when it was terminated is read again.
        await written(place, table, 2_000);
        await caughtUp(place, table);
        assert.equal(await rows(place, table), 2_000);
      }
    }),
);

serviceTest(
  "offsets are committed when all records were filtered or are dead",
  ["kafka"],
  () =>
    withPlace(async (place) => {
      const { kafka, system } = place;
      const id = "nothing";
      await createTopic(kafka, id, 2);
      await kafka.produce(id, [...records(ids(0, 300)), "broken", '{"id":"x"}', "[]"]);
      const transforms = [{ type: "filter", source_id: "events", config: { expression: "n < 0" } }];
      await create(place, id, { transforms });
      await caughtUp(place, id);
      const ledger = await system.orchestrator.ledger(pipelineHash(id));
      assert.deepEqual(
        [ledger?.accepted, ledger?.filtered, ledger?.deadLettered, ledger?.written],
        [303, 300, 3, 0],
      );
      const dead = await apiRequest(system.apiUrl, "GET", `/api/v1/pipeline/${id}/dlq/consume?batch_size=10`) as {
        component: string;
        original_message: string;
      }[];
      const letters = Array.isArray(dead) ? dead : (dead as { messages: typeof dead }).messages;
      assert.deepEqual(letters.map(({ original_message }) => original_message).sort(), ["[]", "broken", '{"id":"x"}']);
      assert.ok(letters.every(({ component }) => component === "ingestor"));
    }),
);

serviceTest(
  "while ClickHouse is away partitions are paused; then everything is written once",
  ["kafka"],
  () =>
    withPlace(async (place) => {
      const { kafka, system } = place;
      const id = "pressure";
      await createTopic(kafka, id, 2);
      await create(place, id, { resources: { nats: { stream: { maxBytes: "2MB" } } } });
      await kafka.produce(id, records(ids(0, 10)));
      await written(place, id, 10);
      // The sink's inserts fail from here on.
      await runSql(system.clickhouse, `RENAME TABLE ${id} TO ${id}_away`);
      const padding = "x".repeat(1_000);
      const wide = ids(10, 30_010).map((n) => JSON.stringify({ id: `e${n}-${padding}`, n }));
      await kafka.produce(id, wide);
      const metrics = async () => await (await fetch(`${system.apiUrl}/metrics`)).text();
      await waitFor(
        metrics,
        (text) =>
          /^gfm_ingestor_backpressure_active\{[^}]*\} 1$/m.test(text) &&
          /^gfm_kafka_paused_partitions\{[^}]*\} [12]$/m.test(text),
        WAIT_MS,
        "back-pressure up to Kafka",
      );
      assert.match(await metrics(), /^gfm_kafka_lag_records\{[^}]*\} [1-9]/m);
      await runSql(system.clickhouse, `RENAME TABLE ${id}_away TO ${id}`);
      await written(place, id, 30_010);
      await caughtUp(place, id);
    }),
);
