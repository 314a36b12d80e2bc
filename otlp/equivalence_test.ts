/** Both encodings of a request give the same blocks; and these hold what a plain, slow reading of the request gives. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { resources } from "./testing/arbitrary_logs.ts";
import {
  type Attribute,
  encodeJson,
  encodeProto,
  hex,
  type ResourceData,
  type Value,
} from "./testing/export_request.ts";
import { frame, type Row, rowsOf } from "./testing/frame_rows.ts";
import { logsLayout } from "./logs_layout.ts";
import { plainDouble } from "./number_text.ts";
import { formatTimestamp } from "./record_key.ts";

Deno.test("protobuf and JSON give identical blocks, and the expected rows", () => {
  fc.assert(
    fc.property(resources, (data) => {
      const proto = frame("protobuf", encodeProto(data));
      const json = frame("json", encodeJson(data));
      assert.deepEqual(json.blocks.map((each) => each.block), proto.blocks.map((each) => each.block));
      assert.deepEqual(rowsOf(proto), expectedRows(data));
      assert.equal(json.unusualIds, proto.unusualIds);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a layout with fewer fields gives the same values of these", () => {
  const fields = ["timestamp", "body", "resource_attributes", "scope_name"];
  fc.assert(
    fc.property(resources, (data) => {
      const plan = { layout: logsLayout(fields), shards: 1 };
      const expected = expectedRows(data).map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])));
      assert.deepEqual(rowsOf(frame("protobuf", encodeProto(data), plan)), expected);
      assert.deepEqual(rowsOf(frame("json", encodeJson(data), plan)), expected);
    }),
    { numRuns: 50 },
  );
});

function expectedRows(data: ResourceData[]): Row[] {
  return data.flatMap((resource) =>
    resource.scopes.flatMap((scope) =>
      scope.logs.map((log) => ({
        timestamp: time(log.time),
        observed_timestamp: time(log.observed),
        severity_number: (log.severityNumber ?? 0) >>> 0,
        severity_text: log.severityText ?? "",
        body: log.body ? plain(log.body) : "",
        trace_id: id(log.traceId),
        span_id: id(log.spanId),
        flags: log.flags ?? 0,
        dropped_attributes_count: log.dropped ?? 0,
        resource_attributes: map(resource.attributes),
        scope_name: scope.name ?? "",
        scope_version: scope.version ?? "",
        scope_attributes: map(scope.attributes),
        attributes: map(log.attributes),
        event_name: log.eventName ?? "",
        resource_schema_url: resource.schemaUrl ?? "",
        scope_schema_url: scope.schemaUrl ?? "",
        resource_dropped_attributes_count: resource.dropped ?? 0,
        scope_dropped_attributes_count: scope.dropped ?? 0,
      }))
    )
  );
}

const id = (bytes: Uint8Array = new Uint8Array(0)) => bytes.every((byte) => byte === 0) ? "" : hex(bytes);
const time = (value = 0n) => formatTimestamp(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
const utf8 = new TextEncoder();

function distinct(list: readonly Attribute[] = []): Attribute[] {
  return [...new Map(list)].sort(([a], [b]) => compare(utf8.encode(a), utf8.encode(b)));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

const map = (list?: readonly Attribute[]) =>
  Object.fromEntries(distinct(list).map(([key, value]) => [key, plain(value)]));

function plain(value: Value): string {
  switch (value.kind) {
    case "unset":
      return "";
    case "string":
      return value.value;
    case "double":
      return plainDouble(value.value);
    case "bytes":
      return hex(value.value);
    case "bool":
    case "int":
      return String(value.value);
    default:
      return nested(value);
  }
}

function nested(value: Value): string {
  switch (value.kind) {
    case "unset":
      return "null";
    case "string":
      return escaped(value.value);
    case "bool":
    case "int":
      return String(value.value);
    case "double":
      if (Object.is(value.value, -0)) return "-0";
      return Number.isFinite(value.value) ? String(value.value) : `"${value.value}"`;
    case "bytes":
      return `"${btoa(String.fromCharCode(...value.value))}"`;
    case "array":
      return `[${value.value.map(nested).join(",")}]`;
    case "kvlist":
      return `{${distinct(value.value).map(([key, each]) => `${escaped(key)}:${nested(each)}`).join(",")}}`;
  }
}

/** Only what JSON demands; the engine also escapes lone surrogates, which do not occur here. */
const escaped = (text: string) => JSON.stringify(text);
