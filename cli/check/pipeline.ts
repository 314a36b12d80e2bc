/** The pipelines and the table of a check: every step of the protocol is on their way. */
import { KEPT_SEVERITY, REFUSED_AMOUNT } from "./events.ts";

export interface CheckPipelineOptions {
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

/** filter → (dedup) → stateless → table, with pass-through, map look-ups, functions and conversions. */
export function checkPipeline(options: CheckPipelineOptions): Record<string, unknown> {
  const source_id = "logs";
  const outputs: [string, string, string][] = [
    ["event_id", 'attributes["event_id"]', "string"],
    ["at", "timestamp", "string"],
    ["severity", "severity_text", "string"],
    ["service", 'resource_attributes["service.name"]', "string"],
    ["amount", 'int(attributes["amount"])', "int"],
    ["body", "body", "string"],
    ["note", 'attributes["note"]', "string"],
    ["attributes", "attributes", "map"],
  ];
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
    sources: [{ type: "otlp.logs", source_id }],
    transforms: [
      { type: "filter", source_id, config: { expression: `severity_number >= ${KEPT_SEVERITY}` } },
      ...(options.dedup
        ? [{ type: "dedup", source_id, config: { key: "attributes.event_id", time_window: "1h" } }]
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
    ...(options.maxBytes ? { resources: { nats: { stream: { maxBytes: options.maxBytes } } } } : {}),
  };
}
