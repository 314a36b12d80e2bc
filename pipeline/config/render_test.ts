import { strict as assert } from "node:assert";
import fc from "fast-check";
import { parsePipelineConfig, parsePipelineEdit, readPipeline } from "./parse.ts";
import { renderPipelineConfig } from "./render.ts";
import { type Body, joinBody, kafkaBody, kafkaSource, otlpBody, validBody } from "./sample_configs.ts";
import { redact, REDACTED, secretsOf } from "./secrets.ts";

const overTheWire = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("GET, posted back, changes nothing", () => {
  fc.assert(fc.property(validBody, (body) => {
    const config = parsePipelineConfig(overTheWire(body));
    const shown = overTheWire(renderPipelineConfig(config));
    const again = parsePipelineConfig(shown);
    assert.deepEqual(renderPipelineConfig(again), renderPipelineConfig(config));
    assert.deepEqual(again.resources, config.resources);
    assert.deepEqual(again.sources, config.sources);
    assert.deepEqual(again.sink, config.sink);
    assert.deepEqual(parsePipelineEdit(shown, config.pipeline_id, config), again);
  }));
});

Deno.test("the form of GET for an OTLP pipeline", () => {
  const transforms = [
    { type: "filter", source_id: "logs", config: { expression: "true" } },
    { type: "dedup", source_id: "logs", config: { key: "body", time_window: "1d" } },
  ];
  const shown = renderPipelineConfig(parsePipelineConfig(otlpBody({ transforms })));
  const worker = { replicas: 1, requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1500m", memory: "1.5Gi" } };
  assert.deepEqual(shown, {
    version: "v3",
    pipeline_id: "otel-logs-demo",
    name: "Logs",
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    transforms: [
      { type: "dedup", source_id: "logs", config: { key: "body", time_window: "24h0m0s" } },
      { type: "filter", source_id: "logs", config: { expression: "true", time_window: "0s" } },
    ],
    sink: { ...otlpBody().sink as Body, max_delay_time: "1m0s" },
    metadata: { tags: null },
    resources: {
      nats: { stream: { maxAge: "24h", maxBytes: "0", maxMsgs: 8000 } },
      transform: [{ source_id: "logs", ...worker, storage: { size: "10Gi" } }],
      sink: worker,
    },
  });
});

Deno.test("the form of GET for Kafka: registries complete, empty settings left out", () => {
  const source = kafkaSource("orders", { schema_registry: { url: "https://registry.example" }, schema_version: "42" });
  const shown = renderPipelineConfig(parsePipelineConfig(kafkaBody({ sources: [source] })));
  const [first] = shown.sources as Body[];
  assert.deepEqual(first.schema_registry, { url: "https://registry.example", api_key: "", api_secret: "" });
  assert.deepEqual(first.connection_params, source.connection_params);
  assert.equal("transforms" in shown || "join" in shown, false);
});

Deno.test("a join is shown as posted", () => {
  const { config } = readPipeline(joinBody());
  const join = renderPipelineConfig(config).join as Body;
  assert.deepEqual(join.left_source, { source_id: "orders", key: "customer_id", time_window: "1h0m0s" });
  assert.equal((join.output_fields as Body[]).length, 2);
});

Deno.test("a redacted configuration holds no secret, the original keeps them", () => {
  fc.assert(fc.property(validBody, (body) => {
    const config = parsePipelineConfig(overTheWire(body));
    for (const { path } of secretsOf(redact(config))) {
      const value = path.split(/[.[\]]+/).reduce((at: unknown, key) => (at as Body)[key], redact(config));
      assert.equal(value, REDACTED);
    }
    assert.equal(secretsOf(config).at(-1)?.value, config.sink.connection_params.password);
  }));
});

Deno.test("avro and protobuf: the schema's fields are shown, and posting them back changes nothing", () => {
  const avro =
    '{"type":"record","name":"A","fields":[{"name":"order_id","type":["null","string"]},{"name":"n","type":"int"}]}';
  const proto = 'syntax = "proto3"; message M { string order_id = 1; optional int32 n = 2; }';
  for (
    const [format, schema] of [["avro", { file: avro }], ["protobuf", { file: proto, message_type: "M" }]] as const
  ) {
    const source = kafkaSource("orders", { format, schema, schema_fields: null });
    const parsed = parsePipelineConfig(kafkaBody({ sources: [source] }));
    const rendered = renderPipelineConfig(parsed) as { sources: Record<string, unknown>[] };
    assert.equal(rendered.sources[0].format, format);
    assert.equal("schema_fields" in rendered.sources[0], false);
    assert.deepEqual(rendered.sources[0].schema, {
      ...schema,
      parsed_fields: [{ name: "order_id", type: "string" }, { name: "n", type: "int32" }],
    });
    assert.deepEqual(renderPipelineConfig(parsePipelineConfig(rendered)), rendered);
  }
});
