/**
 * OTLP logs through the whole system into ClickHouse: receiver, transform with deduplication, sink, with nats-server in the
 * durable profile. Requests of 1 000 varied protobuf records come over plain HTTP from a process of their own, which is
 * not counted. Timed from the first request until every row is in the table. A second pipeline does the same without
 * deduplication. Baseline: a pipeline that parses and writes JSON and moves single events, on the same nats-server and
 * engine, with fewer events.
 * `value`: events per CPU second of our processes and nats-server together.
 */
import { fileURLToPath } from "node:url";
import { apiRequest, runSql, waitFor } from "../cli/client.ts";
import { settingsFromEnvironment } from "../cli/settings.ts";
import { startSystem, type System } from "../cli/system.ts";
import { pipelineHash } from "../pipeline/config/mod.ts";
import { freePort } from "../runtime/services/ports.ts";
import { type Child, spawnChild } from "../runtime/services/process.ts";
import type { ProcessGroups } from "./cpu.ts";
import { LogSender, type Sent } from "./log_sender.ts";
import { RECORDS_PER_REQUEST } from "./log_requests.ts";
import { type Measured, median, type Side, significant, takeTurns } from "./measure.ts";
import { NAIVE_VARIABLE, type NaiveSettings } from "./baseline/naive_pipeline.ts";
import type { Bench } from "./result.ts";

const REQUESTS = 150;
const BASELINE_REQUESTS = 5;
const CONCURRENCY = 8;
const WAIT_MS = 60_000;

const DEDUP = { id: "bench-dedup", table: "bench_dedup", dedup: true };
const PLAIN = { id: "bench-plain", table: "bench_plain", dedup: false };
const BASELINE_TABLE = "bench_naive";
type BenchPipeline = typeof DEDUP;

/** Source field, column and type. */
const MAPPING = [
  ["attributes['event_id']", "event_id", "String"],
  ["timestamp", "timestamp", "DateTime64(9)"],
  ["severity_number", "severity_number", "UInt8"],
  ["severity_text", "severity_text", "LowCardinality(String)"],
  ["resource_attributes['service.name']", "service", "LowCardinality(String)"],
  ["body", "body", "String"],
  ["trace_id", "trace_id", "String"],
  ["span_id", "span_id", "String"],
  ["resource_attributes", "resource_attributes", "Map(LowCardinality(String), String)"],
  ["attributes", "attributes", "Map(LowCardinality(String), String)"],
] as const;

export const bench: Bench = {
  about: "OTLP to ClickHouse through the whole system, deduplicated, against one message per event",
  async run(note) {
    const dataDir = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
    let system: System | undefined, naive: Child | undefined, sender: LogSender | undefined;
    try {
      system = await startSystem(settings(dataDir), { onStep: note });
      sender = LogSender.start();
      for (const table of [DEDUP.table, PLAIN.table, BASELINE_TABLE]) await createTable(system, table);
      for (const pipeline of [DEDUP, PLAIN]) await createPipeline(system, pipeline);
      const naiveUrl = `http://127.0.0.1:${freePort()}`;
      naive = await startNaive(system, naiveUrl);
      note("sending");
      const sent = { dedup: [] as Sent[], plain: [] as Sent[] };
      const measured = await takeTurns({
        dedup: throughSystem(system, DEDUP, sender, sent.dedup),
        plain: throughSystem(system, PLAIN, sender, sent.plain),
        baseline: throughNaive(system, sender, naiveUrl, naive.pid),
      }, { rounds: 3, budgetMs: 25_000 });
      await compareTables(system);
      return figures(measured, sent);
    } finally {
      await sender?.stop();
      await naive?.stop();
      await system?.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
};

function settings(dataDir: string) {
  return {
    ...settingsFromEnvironment(() => undefined),
    dataDir,
    apiPorts: [freePort(), freePort()],
    otlpPort: freePort(),
    natsPort: freePort(),
    clickhousePort: freePort(),
    logLevel: "warn",
    ownLogs: false,
  };
}

async function createTable(system: System, table: string): Promise<void> {
  const columns = MAPPING.map(([, column, type]) => `${column} ${type}`).join(", ");
  await runSql(
    system.clickhouse,
    `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY (service, timestamp) ` +
      "SETTINGS non_replicated_deduplication_window = 10000",
  );
}

async function createPipeline(system: System, { id, table, dedup }: BenchPipeline): Promise<void> {
  const { url, user, password } = system.clickhouse;
  const { hostname, port } = new URL(url);
  await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", {
    version: "v3",
    pipeline_id: id,
    name: `Bench ${id}`,
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    transforms: dedup
      ? [{ type: "dedup", source_id: "logs", config: { key: "attributes.event_id", time_window: "1h" } }]
      : [],
    sink: {
      type: "clickhouse",
      connection_params: {
        host: hostname,
        port: "9000",
        http_port: port,
        database: "default",
        username: user,
        password,
        secure: false,
      },
      table,
      max_batch_size: 100_000,
      max_delay_time: "500ms",
      mapping: MAPPING.map(([name, column_name, column_type]) => ({ name, column_name, column_type })),
    },
    metadata: { tags: ["bench"] },
  });
  await waitFor(
    async () => workersOf(system, id).map(({ stage, state, reason }) => ({ stage, state, reason })),
    (found) => found.length === 2 && found.every(({ state }) => state === "running"),
    WAIT_MS,
    `pipeline ${id} to run`,
  );
}

function workersOf(system: System, id: string) {
  return [...system.orchestrator.workers()].filter(({ pipelineId }) => pipelineId === id);
}

function throughSystem(system: System, pipeline: BenchPipeline, sender: LogSender, sent: Sent[]): Side {
  let expected = 0;
  return {
    processes: systemProcesses(system, pipeline),
    prepare: () => sender.make(REQUESTS, "protobuf"),
    async run() {
      expected += REQUESTS * RECORDS_PER_REQUEST;
      const result = await sender.send(system.otlpUrl, pipeline.id, CONCURRENCY);
      sent.push(result);
      await waitFor(
        async () => (await system.orchestrator.ledger(pipelineHash(pipeline.id)))?.written ?? 0,
        (written) => written >= expected,
        WAIT_MS,
        `${expected} rows of ${pipeline.id}`,
      );
      return { events: REQUESTS * RECORDS_PER_REQUEST, bytes: result.bytes };
    },
  };
}

/** `main` is this process: API, catalog and orchestrator, and the bench itself, which sleeps meanwhile. */
function systemProcesses(system: System, { id }: BenchPipeline): ProcessGroups {
  const { nats, clickhouse, receiver } = system.parts;
  const pidsOf = (wanted: "transform" | "sink") =>
    workersOf(system, id).filter(({ stage }) => stage === wanted).flatMap(({ pids }) => pids);
  return {
    main: [Deno.pid],
    receiver: [receiver.pid],
    transform: pidsOf("transform"),
    sink: pidsOf("sink"),
    nats: [nats!.pid],
    engine: [clickhouse!.pid],
  };
}

const OUR_GROUPS = ["main", "receiver", "transform", "sink"];

async function startNaive(system: System, url: string): Promise<Child> {
  const settings: NaiveSettings = {
    port: Number(new URL(url).port),
    natsUrl: system.natsUrl,
    clickhouse: system.clickhouse,
    table: BASELINE_TABLE,
  };
  const child = spawnChild({
    name: "baseline pipeline",
    command: Deno.execPath(),
    args: [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      fileURLToPath(new URL("./baseline/naive_pipeline.ts", import.meta.url)),
    ],
    env: { [NAIVE_VARIABLE]: JSON.stringify(settings) },
    onLine: (line) => console.error(line),
  });
  await child.ready(async () => (await fetch(url)).text());
  return child;
}

function throughNaive(system: System, sender: LogSender, url: string, pid: number): Side {
  let expected = 0;
  return {
    processes: { ours: [pid], nats: [system.parts.nats!.pid], engine: [system.parts.clickhouse!.pid] },
    prepare: () => sender.make(BASELINE_REQUESTS, "json"),
    async run() {
      expected += BASELINE_REQUESTS * RECORDS_PER_REQUEST;
      const { bytes } = await sender.send(url, "naive", CONCURRENCY);
      await waitFor(
        async () => Number(await runSql(system.clickhouse, `SELECT count() FROM ${BASELINE_TABLE}`)),
        (rows) => rows >= expected,
        WAIT_MS,
        `${expected} rows of the baseline`,
      );
      return { events: BASELINE_REQUESTS * RECORDS_PER_REQUEST, bytes };
    },
  };
}

/** A fast system that loses or doubles rows has measured nothing. */
async function compareTables(system: System): Promise<void> {
  for (const table of [DEDUP.table, PLAIN.table, BASELINE_TABLE]) {
    const [rows, ids] = (await runSql(system.clickhouse, `SELECT count(), uniqExact(event_id) FROM ${table}`)).split(
      "\t",
    );
    if (Number(rows) !== Number(ids)) throw new Error(`${table} has ${rows} rows of ${ids} events`);
  }
}

type SideName = "dedup" | "plain" | "baseline";

function figures(
  { dedup, plain, baseline }: Record<SideName, Measured>,
  sent: Record<"dedup" | "plain", readonly Sent[]>,
) {
  const naive = baseline.perCpuSecond("ours", "nats");
  const withDedup = details(dedup, sent.dedup, naive);
  return {
    value: withDedup.events_per_cpu_second,
    unit: "events/CPU-s",
    baseline: Math.round(naive),
    ratio: withDedup.ratio,
    cpu_seconds_per_million_events: {
      ours: dedup.perMillion(...OUR_GROUPS),
      nats: dedup.perMillion("nats"),
      engine: dedup.perMillion("engine"),
      baseline: baseline.perMillion("ours"),
      baseline_nats: baseline.perMillion("nats"),
      baseline_engine: baseline.perMillion("engine"),
    },
    with_dedup: withDedup,
    without_dedup: details(plain, sent.plain, naive),
    baseline_events_per_second: Math.round(baseline.rate),
    bytes_per_event: significant(dedup.samples[0].bytes! / dedup.samples[0].events),
  };
}

function details(ours: Measured, sent: readonly Sent[], naive: number) {
  const perCpuSecond = ours.perCpuSecond(...OUR_GROUPS, "nats");
  const measured = sent.slice(-ours.samples.length); // the first ones warmed up
  return {
    events_per_cpu_second: Math.round(perCpuSecond),
    ratio: significant(perCpuSecond / naive),
    events_per_second: Math.round(ours.rate),
    events_per_second_accepted: Math.round(
      median(measured.map(({ requests, seconds }) => requests * RECORDS_PER_REQUEST / seconds)),
    ),
    request_ms: {
      median: median(measured.map((each) => each.medianMs)),
      p99: median(measured.map((each) => each.p99Ms)),
    },
    retries: measured.reduce((sum, each) => sum + each.retries, 0),
    cpu_seconds_per_million: Object.fromEntries(
      [...OUR_GROUPS, "nats", "engine"].map((group) => [group, ours.perMillion(group)]),
    ),
  };
}
