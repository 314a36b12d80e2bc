/** The pipelines and the table of a check: every step of the protocol is on their way. */
import { KEPT_SEVERITY, REFUSED_AMOUNT } from "./events.ts";

/** A topic with the events as JSON records. */
export interface CheckTopic {
  readonly connection: Readonly<Record<string, unknown>>;
  readonly topic: string;
  readonly replicas?: number;
}

export interface CheckPipelineOptions {
  /** Absent: the events come by OTLP. */
  readonly kafka?: CheckTopic;
  readonly id: string;
  readonly table: string;
  readonly dedup: boolean;
  /** `connection_params` of the sink. */
  readonly connection: Readonly<Record<string, unknown>>;
  readonly maxBatchSize?: number;
  readonly maxDelay?: string;
  /** Bytes an edge may hold. */
  readonly maxBytes?: string;
}

export function checkTable(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    event_id String, at DateTime64(9, 'UTC'), severity LowCardinality(String), service LowCardinality(String),
    amount Int64, body String, note Nullable(String), attributes Map(LowCardinality(String), String),
    CONSTRAINT sound CHECK amount != ${REFUSED_AMOUNT}
  ) ENGINE = MergeTree ORDER BY event_id SETTINGS non_replicated_deduplication_window = 10000`;
}

const LOGS: [string, string, string][] = [
  ["event_id", 'attributes["event_id"]', "string"],
  ["at", "timestamp", "string"],
  ["severity", "severity_text", "string"],
  ["service", 'resource_attributes["service.name"]', "string"],
  ["amount", 'int(attributes["amount"])', "int"],
  ["body", "body", "string"],
  ["note", 'attributes["note"]', "string"],
  ["attributes", "attributes", "map"],
];

const RECORDS: [string, string, string][] = [
  ["event_id", "event_id", "string"],
  ["at", "at", "string"],
  ["severity", "severity_text", "string"],
  ["service", "meta.service", "string"],
  ["amount", 'int(attributes["amount"])', "int"],
  ["body", "body", "string"],
  ["note", 'attributes["note"]', "string"],
  ["attributes", "attributes", "map"],
];

/** filter → (dedup) → stateless → table, with pass-through, map look-ups, functions and conversions. */
export function checkPipeline(options: CheckPipelineOptions): Record<string, unknown> {
  const source_id = options.kafka ? "records" : "logs";
  const outputs = options.kafka ? RECORDS : LOGS;
  const columns: Record<string, string> = {
    event_id: "String",
    at: "DateTime64(9, 'UTC')",
    severity: "LowCardinality(String)",
    service: "LowCardinality(String)",
    amount: "Int64",
    body: "String",
    note: "Nullable(String)",
    attributes: "Map(LowCardinality(String), String)",
  };
  return {
    version: "v3",
    pipeline_id: options.id,
    name: `Check ${options.id}`,
    sources: [options.kafka ? kafkaSource(options.kafka, source_id) : { type: "otlp.logs", source_id }],
    transforms: [
      { type: "filter", source_id, config: { expression: `severity_number >= ${KEPT_SEVERITY}` } },
      ...(options.dedup
        ? [{
          type: "dedup",
          source_id,
          config: { key: options.kafka ? "event_id" : "attributes.event_id", time_window: "1h" },
        }]
        : []),
      {
        type: "stateless",
        source_id,
        config: {
          transforms: outputs.map(([output_name, expression, output_type]) => ({
            expression,
            output_name,
            output_type,
          })),
        },
      },
    ],
    sink: {
      type: "clickhouse",
      connection_params: options.connection,
      table: options.table,
      max_batch_size: options.maxBatchSize ?? 5_000,
      max_delay_time: options.maxDelay ?? "200ms",
      mapping: Object.entries(columns).map(([name, column_type]) => ({ name, column_name: name, column_type })),
    },
    metadata: { tags: ["check"] },
    resources: {
      ...(options.maxBytes ? { nats: { stream: { maxBytes: options.maxBytes } } } : {}),
      ...(options.kafka?.replicas ? { sources: [{ source_id, replicas: options.kafka.replicas }] } : {}),
    },
  };
}

function kafkaSource({ connection, topic }: CheckTopic, source_id: string): Record<string, unknown> {
  const fields: Record<string, string> = {
    event_id: "string",
    at: "string",
    severity_number: "int",
    severity_text: "string",
    "meta.service": "string",
    body: "string",
    attributes: "map",
  };
  return {
    type: "kafka",
    source_id,
    connection_params: connection,
    topic,
    consumer_group_initial_offset: "earliest",
    schema_fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  };
}
