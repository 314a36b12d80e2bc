import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { otlpBody, sink } from "../config/sample_configs.ts";
import { comparable, Engine } from "../native/testing/engine.ts";
import { instantiateTransform } from "./instantiate.ts";
import { planPipeline } from "./plan.ts";
import { sourceBlock } from "./testing/source_rows.ts";

/** The log table that OpenTelemetry dashboards are built on, and a few columns more. */
const MAPPING = [
  ["timestamp", "Timestamp", "DateTime64(9)"],
  ["timestamp", "TimestampTime", "DateTime"],
  ["timestamp", "Day", "Date"],
  ["trace_id", "TraceId", "String"],
  ["trace_id", "Trace", "Nullable(UUID)"],
  ["span_id", "SpanId", "String"],
  ["flags", "TraceFlags", "UInt8"],
  ["severity_text", "SeverityText", "LowCardinality(String)"],
  ["severity_number", "SeverityNumber", "UInt8"],
  ["severity_text", "Level", "Enum8('INFO' = 1, 'WARN' = 2, '' = 0)"],
  ["resource_attributes['service.name']", "ServiceName", "LowCardinality(String)"],
  ["attributes.peer", "Peer", "Nullable(IPv4)"],
  ["body", "Body", "String"],
  ["resource_attributes", "ResourceAttributes", "Map(LowCardinality(String), String)"],
  ["attributes", "LogAttributes", "Map(LowCardinality(String), String)"],
] as const;

Deno.test("the engine reads what a compiled transform writes", async () => {
  const config = parsePipelineConfig(otlpBody({
    transforms: [{ type: "filter", source_id: "logs", config: { expression: 'body != "drop"' } }],
    sink: sink({ mapping: MAPPING.map(([name, column_name, column_type]) => ({ name, column_name, column_type })) }),
  }));
  const plan = planPipeline(config, null);
  const row = (changes: Record<string, unknown>) => ({
    timestamp: 1_740_824_430_123_456_789n,
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    span_id: "00f067aa0ba902b7",
    flags: 1,
    severity_text: "INFO",
    severity_number: 9,
    body: "ünï\n🎉",
    resource_attributes: { "service.name": "shop", zone: "a" },
    attributes: { peer: "10.0.0.1" },
    ...changes,
  });
  const rows = [
    row({}),
    row({ body: "drop" }),
    row({ flags: 300 }),
    row({ severity_text: "FATAL" }),
    row({ timestamp: 0n, trace_id: "", severity_text: "", resource_attributes: {}, attributes: {} }),
  ];
  const instance = instantiateTransform(plan).create();
  const out = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(sourceBlock(plan.input, rows), 0, rows.length, 0, 0, null, out);
  assert.deepEqual({ ...out, dead: out.dead.length }, { positions: [0, 4], filtered: [1], deduplicated: [], dead: 2 });
  const engine = new Engine();
  try {
    const lines = await engine.text(`SELECT * FROM ${engine.table(instance.take().block)}`);
    const same = {
      Body: "ünï\n🎉",
      SeverityNumber: "#9",
      SpanId: "00f067aa0ba902b7",
      TraceFlags: "#1",
    };
    assert.deepEqual(comparable(lines), [
      {
        ...same,
        Day: "2025-03-01",
        Level: "INFO",
        LogAttributes: { peer: "10.0.0.1" },
        Peer: "10.0.0.1",
        ResourceAttributes: { "service.name": "shop", zone: "a" },
        ServiceName: "shop",
        SeverityText: "INFO",
        Timestamp: "2025-03-01T10:20:30.123456789Z",
        TimestampTime: "2025-03-01T10:20:30Z",
        Trace: "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
        TraceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      },
      {
        ...same,
        Day: "1970-01-01",
        Level: "",
        LogAttributes: {},
        Peer: null,
        ResourceAttributes: {},
        ServiceName: "",
        SeverityText: "",
        Timestamp: "1970-01-01T00:00:00Z",
        TimestampTime: "1970-01-01T00:00:00Z",
        Trace: null,
        TraceId: "",
      },
    ]);
  } finally {
    engine.close();
  }
});
