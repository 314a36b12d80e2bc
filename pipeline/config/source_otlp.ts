/**
 * OTLP sources: their fixed schemas, and the rule that such a source declares nothing but its type and id.
 * Fields are listed in the order of the predefined schema, then the additive ones.
 */
import { type Problems, quote } from "./config_error.ts";
import type { FieldDecl, FieldType } from "./field_type.ts";

export const OTLP_SOURCE_TYPES = ["otlp.logs", "otlp.traces", "otlp.metrics"] as const;
export type OtlpSourceType = typeof OTLP_SOURCE_TYPES[number];

export interface OtlpSource {
  readonly type: OtlpSourceType;
  readonly source_id: string;
}

function fields(type: FieldType, names: string): FieldDecl[] {
  return names.split(" ").map((name) => ({ name, type }));
}

const SCHEMA_URLS = fields("string", "resource_schema_url scope_schema_url");
const DROPPED_COUNTS = fields("uint", "resource_dropped_attributes_count scope_dropped_attributes_count");

const LOGS: readonly FieldDecl[] = [
  ...fields("string", "timestamp observed_timestamp"),
  ...fields("uint", "severity_number"),
  ...fields("string", "severity_text body trace_id span_id"),
  ...fields("uint", "flags dropped_attributes_count"),
  ...fields("map", "resource_attributes"),
  ...fields("string", "scope_name scope_version"),
  ...fields("map", "scope_attributes attributes"),
  ...fields("string", "event_name"),
  ...SCHEMA_URLS,
  ...DROPPED_COUNTS,
];

const TRACES: readonly FieldDecl[] = [
  ...fields("string", "trace_id span_id parent_span_id trace_state"),
  ...fields("uint", "flags"),
  ...fields("string", "name kind start_timestamp end_timestamp"),
  ...fields("uint", "duration_ns"),
  ...fields("string", "status_code status_message"),
  ...fields("uint", "dropped_attributes_count dropped_events_count dropped_links_count"),
  ...fields("array", "events links"),
  ...fields("map", "resource_attributes"),
  ...fields("string", "scope_name scope_version"),
  ...fields("map", "scope_attributes attributes"),
  ...SCHEMA_URLS,
  ...DROPPED_COUNTS,
];

const METRICS: readonly FieldDecl[] = [
  ...fields("string", "timestamp start_timestamp metric_name metric_description metric_unit metric_type"),
  ...fields("string", "aggregation_temporality"),
  ...fields("bool", "is_monotonic"),
  ...fields("uint", "flags"),
  ...fields("float", "value_double"),
  ...fields("int", "value_int"),
  ...fields("uint", "count"),
  ...fields("float", "sum min max"),
  ...fields("array", "bucket_counts explicit_bounds"),
  ...fields("map", "resource_attributes"),
  ...fields("string", "scope_name scope_version"),
  ...fields("map", "scope_attributes attributes"),
  ...SCHEMA_URLS,
  ...DROPPED_COUNTS,
  ...fields("map", "metric_metadata"),
  ...fields("array", "exemplars"),
  ...fields("int", "scale"),
  ...fields("uint", "zero_count"),
  ...fields("float", "zero_threshold"),
  ...fields("int", "positive_offset"),
  ...fields("array", "positive_bucket_counts"),
  ...fields("int", "negative_offset"),
  ...fields("array", "negative_bucket_counts quantile_values"),
  ...fields("float", "value"),
  ...fields("int", "aggregation_temporality_number"),
];

/** The schema of every OTLP source type. */
export const OTLP_FIELDS: Readonly<Record<OtlpSourceType, readonly FieldDecl[]>> = {
  "otlp.logs": LOGS,
  "otlp.traces": TRACES,
  "otlp.metrics": METRICS,
};

/** Properties of a source entry an OTLP source must not have; the other Kafka settings are ignored. */
const FORBIDDEN = ["connection_params", "topic", "schema_fields", "schema_registry"] as const;

/** The same for JSON Schema: properties that may only be empty. */
export const OTLP_MUST_NOT: Readonly<Record<string, unknown>> = Object.fromEntries(
  FORBIDDEN.map((name) => [name, { anyOf: [{ enum: [null, ""] }, { type: "array", maxItems: 0 }] }]),
);

export function readOtlpSource(
  wire: Readonly<Record<string, unknown>>,
  type: OtlpSourceType,
  sourceId: string,
  at: string,
  problems: Problems,
): OtlpSource {
  for (const name of FORBIDDEN) {
    const value = wire[name];
    if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    problems.add(`${at}.${name}`, `source ${quote(sourceId)}: OTLP source must not declare ${name}`);
  }
  return { type, source_id: sourceId };
}
