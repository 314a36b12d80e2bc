/**
 * A topic through the whole system into ClickHouse: ingest, transform, sink and nats-server, from the moment all workers run
 * until every row is in the table. Small events (205 B) are deduplicated, wide ones (1.5 KB, 38 fields) go through a stateless
 * transform; each with nats-server syncing at every message (`synced`) and not (`fast`). Broker and engine are counted
 * apart. Baseline: kafkajs, `JSON.parse`, and JSONEachRow straight into the same engine, without any stream between.
 * `value` and `baseline`: events per second. The last line is the wide case, synced.
 */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import kafkajs from "kafkajs";
import { apiRequest, connectionParams, runSql, waitFor } from "../cli/client.ts";
import { isolatedSettings, settingsFromEnvironment } from "../cli/settings.ts";
import { startSystem, type System } from "../cli/system.ts";
import { pipelineHash } from "../pipeline/config/mod.ts";
import { type Kafka, startKafka } from "../tests/services/kafka.ts";
import { createTopic } from "../tests/services/kafka_producer.ts";
import { cpuSeconds } from "./cpu.ts";
import { EVENT_SHAPES, eventBuffer, type EventShape } from "./events.ts";
import { significant } from "./measure.ts";
import { NAIVE_KAFKA_VARIABLE, type NaiveKafkaTask } from "./baseline/naive_kafka.ts";
import type { Bench } from "./result.ts";

interface Case {
  readonly name: string;
  readonly shape: EventShape;
  readonly records: number;
  readonly baselineRecords: number;
  readonly dedup: boolean;
}

const SMALL: Case = {
  name: "small-dedup",
  shape: EVENT_SHAPES.event200,
  records: 800_000,
  baselineRecords: 100_000,
  dedup: true,
};
const WIDE: Case = {
  name: "wide-stateless",
  shape: EVENT_SHAPES.log38,
  records: 200_000,
  baselineRecords: 40_000,
  dedup: false,
};
const PARTITIONS = 4;
const AT_ONCE = 500;
const WAIT_MS = 180_000;

const TYPES = {
  string: "String",
  int: "Int64",
  uint: "UInt64",
  float: "Float64",
  bool: "Bool",
  array: "String",
  map: "String",
};

export const bench: Bench = {
  about: "Kafka to ClickHouse through the whole system, 205 B and 1.5 KB, synced and fast",
  async run(note) {
    const kafka = await startKafka();
    try {
      for (const each of [SMALL, WIDE]) await fill(kafka, each, note);
      const lines = [];
      for (const profile of ["fast", "durable"] as const) {
        const dataDir = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
        const environment = settingsFromEnvironment(() => undefined);
        const system = await startSystem({
          ...isolatedSettings(environment, dataDir),
          natsProfile: profile,
          logLevel: "warn",
          streamMaxBytes: 1 << 30,
        }, { onStep: note });
        try {
          for (const each of [SMALL, WIDE]) {
            const line = await measure(system, kafka, each, profile === "durable" ? "synced" : "fast", note);
            lines.push(line);
            console.log(JSON.stringify(line));
          }
        } finally {
          await system.stop();
          await Deno.remove(dataDir, { recursive: true });
        }
      }
      const { name: _, ...last } = lines.at(-1)!;
      return { ...last, unit: "events/s" };
    } finally {
      await kafka.stop();
    }
  },
};

async function fill(kafka: Kafka, { name, shape, records }: Case, note: (text: string) => void): Promise<void> {
  note(`writing ${records} records of ${name}`);
  await createTopic(kafka, name, PARTITIONS);
  const { Kafka: Client, Partitioners, logLevel } = kafkajs;
  const producer = new Client({ clientId: "bench", brokers: [kafka.broker()], logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const { bytes, starts } = eventBuffer(shape, records);
  for (let from = 0; from < records; from += AT_ONCE) {
    const partition = (from / AT_ONCE) % PARTITIONS;
    const messages = Array.from({ length: Math.min(AT_ONCE, records - from) }, (_, i) => ({
      partition,
      value: Buffer.from(bytes.buffer, starts[from + i], starts[from + i + 1] - starts[from + i]),
    }));
    await producer.send({ topic: name, acks: 1, messages });
  }
  await producer.disconnect();
}

function columnsOf({ shape }: Case): string {
  return shape.fields.map(({ name, type }) => `${name} ${TYPES[type]}`).join(", ");
}

async function measure(system: System, kafka: Kafka, each: Case, profile: string, note: (text: string) => void) {
  const id = `bench-${each.name}-${profile}`;
  const table = id.replaceAll("-", "_");
  const makeTable = (name: string) =>
    runSql(
      system.clickhouse,
      `CREATE TABLE ${name} (${columnsOf(each)}) ENGINE = MergeTree ORDER BY tuple() ` +
        "SETTINGS non_replicated_deduplication_window = 10000",
    );
  await makeTable(table);
  await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", config(system, kafka, each, id, table));
  const workers = () => [...system.orchestrator.workers()].filter(({ pipelineId }) => pipelineId === id);
  const running = async () => workers().filter(({ state }) => state === "running").length;
  await waitFor(running, (count) => count === 3, WAIT_MS, `pipeline ${id} to run`);
  const pidsOf = (stage: string) => workers().filter((each) => each.stage === stage).flatMap(({ pids }) => pids);
  const groups = {
    ingest: pidsOf("ingest"),
    transform: pidsOf("transform"),
    sink: pidsOf("sink"),
    nats: [system.parts.nats!.pid],
    engine: [system.parts.clickhouse!.pid],
    broker: [kafka.pid],
  };
  const read = () => Object.fromEntries(Object.entries(groups).map(([name, pids]) => [name, cpuSeconds(pids) ?? 0]));
  const before = read();
  const began = performance.now();
  const ledger = async () => (await system.orchestrator.ledger(pipelineHash(id)))?.accepted ?? 0;
  await waitFor(ledger, (accepted) => accepted >= each.records, WAIT_MS, `${each.records} events of ${id}`);
  const seconds = (performance.now() - began) / 1_000;
  const after = read();
  const cpu = Object.fromEntries(Object.keys(groups).map((name) => [name, after[name] - before[name]]));
  const rows = Number(await runSql(system.clickhouse, `SELECT uniqExact(event_id) FROM ${table}`).catch(() => 0));
  note(`${each.name} ${profile}: ${Math.round(each.records / seconds)} events/s, ${rows} rows`);
  await apiRequest(system.apiUrl, "POST", `/api/v1/pipeline/${id}/terminate`).catch(() => {}); // only frees the machine
  await makeTable(`${table}_naive`);
  const baseline = await naive({
    broker: kafka.broker(),
    topic: each.name,
    records: each.baselineRecords,
    group: `naive-${each.name}-${profile}`,
    clickhouse: system.clickhouse,
    table: `${table}_naive`,
  });
  const ours = cpu.ingest + cpu.transform + cpu.sink + cpu.nats;
  const value = Math.round(each.records / seconds);
  return {
    name: `kafka ${each.name} ${profile}`,
    value,
    events_per_cpu_second: Math.round(each.records / ours),
    baseline: Math.round(each.baselineRecords / baseline.seconds),
    ratio: significant(value / (each.baselineRecords / baseline.seconds)),
    baseline_events_per_cpu_second: Math.round(each.baselineRecords / baseline.cpu),
    cpu_seconds_per_million_events: Object.fromEntries(
      Object.entries(cpu).map(([name, spent]) => [name, significant(spent * 1e6 / each.records)]),
    ),
    events: each.records,
  };
}

function config(system: System, kafka: Kafka, each: Case, pipeline_id: string, table: string) {
  const source_id = "events";
  const { fields } = each.shape;
  return {
    version: "v3",
    pipeline_id,
    name: pipeline_id,
    sources: [{
      type: "kafka",
      source_id,
      topic: each.name,
      connection_params: { brokers: [kafka.broker()], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
      schema_fields: fields.map(({ name, type }) => ({ name, type })),
    }],
    transforms: each.dedup ? [{ type: "dedup", source_id, config: { key: fields[0].name, time_window: "1h" } }] : [{
      type: "stateless",
      source_id,
      config: {
        transforms: fields.map(({ name, type }, i) => ({
          // One value is computed, the others pass.
          expression: i === 1 && type === "string" ? `upper(${name})` : name,
          output_name: name,
          output_type: type,
        })),
      },
    }],
    sink: {
      type: "clickhouse",
      connection_params: connectionParams(system.clickhouse),
      table,
      max_batch_size: 100_000,
      max_delay_time: "500ms",
      mapping: fields.map(({ name, type }) => ({ name, column_name: name, column_type: TYPES[type] })),
    },
  };
}

async function naive(task: NaiveKafkaTask): Promise<{ seconds: number; cpu: number }> {
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(new URL("./baseline/naive_kafka.ts", import.meta.url))],
    env: { [NAIVE_KAFKA_VARIABLE]: JSON.stringify(task) },
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`the baseline failed: ${new TextDecoder().decode(stderr).slice(-1_000)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
