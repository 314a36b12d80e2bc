/**
 * The columns an OTLP log record becomes, in their fixed order. A pipeline carries a subset of them, in this order.
 * Names and types are the predefined schema of source type `otlp.logs`; the last five are additions to the original's.
 */
import type { Layout, LayoutColumn } from "../pipeline/native/mod.ts";

export const LOGS_LAYOUT = [
  { name: "timestamp", type: "DateTime64(9, 'UTC')" },
  { name: "observed_timestamp", type: "DateTime64(9, 'UTC')" },
  { name: "severity_number", type: "UInt32" },
  { name: "severity_text", type: "String" },
  { name: "body", type: "String" },
  { name: "trace_id", type: "String" },
  { name: "span_id", type: "String" },
  { name: "flags", type: "UInt32" },
  { name: "dropped_attributes_count", type: "UInt32" },
  { name: "resource_attributes", type: "Map(String, String)" },
  { name: "scope_name", type: "String" },
  { name: "scope_version", type: "String" },
  { name: "scope_attributes", type: "Map(String, String)" },
  { name: "attributes", type: "Map(String, String)" },
  { name: "event_name", type: "String" },
  { name: "resource_schema_url", type: "String" },
  { name: "scope_schema_url", type: "String" },
  { name: "resource_dropped_attributes_count", type: "UInt32" },
  { name: "scope_dropped_attributes_count", type: "UInt32" },
] as const satisfies Layout;

export type LogsField = typeof LOGS_LAYOUT[number]["name"];

/** A subset of {@link LOGS_LAYOUT}, in its order. */
export type LogsLayout = readonly LayoutColumn[];

const FIELDS: ReadonlySet<string> = new Set(LOGS_LAYOUT.map((column) => column.name));

export function isLogsField(name: string): name is LogsField {
  return FIELDS.has(name);
}

/** The layout that carries just these fields. */
export function logsLayout(fields: Iterable<string>): LogsLayout {
  const wanted = new Set(fields);
  return LOGS_LAYOUT.filter((column) => wanted.has(column.name));
}
