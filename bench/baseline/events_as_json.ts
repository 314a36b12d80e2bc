/** Frozen baseline: every log record becomes a flat object and a JSON text of its own. */
import type { AnyValue, Attribute, ExportObject } from "./protobuf_objects.ts";

export function eventTexts({ resourceLogs }: ExportObject): string[] {
  const texts: string[] = [];
  for (const { resource, scopeLogs } of resourceLogs) {
    const resource_attributes = flat(resource.attributes);
    for (const { scope, logRecords } of scopeLogs) {
      for (const record of logRecords) {
        texts.push(JSON.stringify({
          timestamp: String(record.timeUnixNano),
          observed_timestamp: String(record.observedTimeUnixNano),
          severity_number: record.severityNumber,
          severity_text: record.severityText,
          body: text(record.body),
          trace_id: record.traceId,
          span_id: record.spanId,
          resource_attributes,
          scope_name: scope.name,
          attributes: flat(record.attributes),
        }));
      }
    }
  }
  return texts;
}

function flat(attributes: readonly Attribute[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { key, value } of attributes) out[key] = text(value);
  return out;
}

function text(value: AnyValue): string {
  return String(value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue);
}
