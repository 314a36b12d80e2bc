/**
 * The first pipeline of every installation: the system's own OpenTelemetry logs, sent by Deno's built-in exporter. It is
 * created through the HTTP API, as any user's pipeline is.
 */
import { OWN_LOGS_PIPELINE } from "../tools/otel.mjs";
import type { System } from "./system.ts";
import { apiRequest, connectionParams, runSql } from "./client.ts";

export const OWN_LOGS_TABLE = "glassflow_logs";

const TABLE = `CREATE TABLE IF NOT EXISTS ${OWN_LOGS_TABLE} (
  Timestamp DateTime64(9), SeverityNumber UInt8, SeverityText LowCardinality(String), ServiceName LowCardinality(String),
  Body String, TraceId String, SpanId String, ResourceAttributes Map(LowCardinality(String), String),
  LogAttributes Map(LowCardinality(String), String)
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, Timestamp)
SETTINGS non_replicated_deduplication_window = 10000`;

const MAPPING: readonly (readonly [string, string, string])[] = [
  ["timestamp", "Timestamp", "DateTime64(9)"],
  ["severity_number", "SeverityNumber", "UInt8"],
  ["severity_text", "SeverityText", "LowCardinality(String)"],
  ["resource_attributes['service.name']", "ServiceName", "LowCardinality(String)"],
  ["body", "Body", "String"],
  ["trace_id", "TraceId", "String"],
  ["span_id", "SpanId", "String"],
  ["resource_attributes", "ResourceAttributes", "Map(LowCardinality(String), String)"],
  ["attributes", "LogAttributes", "Map(LowCardinality(String), String)"],
];

/** Creates table and pipeline unless they are there; a pipeline that somebody stopped stays stopped. */
export async function ensureOwnLogs(system: System): Promise<void> {
  await runSql(system.clickhouse, TABLE);
  const existing = await apiRequest(system.apiUrl, "GET", "/api/v1/pipeline") as { pipeline_id: string }[];
  if (existing.some((pipeline) => pipeline.pipeline_id === OWN_LOGS_PIPELINE)) return;
  await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", {
    version: "v3",
    pipeline_id: OWN_LOGS_PIPELINE,
    name: "GlassFlow's own logs",
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    transforms: [],
    sink: {
      type: "clickhouse",
      connection_params: connectionParams(system.clickhouse),
      table: OWN_LOGS_TABLE,
      max_batch_size: 10_000,
      max_delay_time: "500ms",
      mapping: MAPPING.map(([name, column_name, column_type]) => ({ name, column_name, column_type })),
    },
    metadata: { tags: ["glassflow"] },
  });
}
