import { strict as assert } from "node:assert";
import { ConfigError } from "./config_error.ts";
import { parseMetadata, parsePipelineConfig, parseRename } from "./parse.ts";
import { type Body, kafkaBody, kafkaSource, otlpBody, sink } from "./sample_configs.ts";

function shapeError(body: unknown): string {
  try {
    parsePipelineConfig(body);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.status, 422);
    assert.equal(error.code, "");
    assert.equal(error.details, undefined);
    return error.message;
  }
  assert.fail("no error");
}

function without(body: Body, name: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));
}

const connection = sink().connection_params as Body;
const broker = kafkaSource().connection_params as Body;
const stateless = (entry: unknown) => [{ type: "stateless", source_id: "orders", config: { transforms: [entry] } }];

const REFUSED: [string, unknown, string][] = [
  ["no object", [], "expected object (body)"],
  ["null", null, "expected object (body)"],
  ["text", "{}", "expected object (body)"],
  ["no id", without(kafkaBody(), "pipeline_id"), "expected required property pipeline_id to be present (body)"],
  ["null id", kafkaBody({ pipeline_id: null }), "expected string (body.pipeline_id)"],
  ["no sources", without(kafkaBody(), "sources"), "expected required property sources to be present (body)"],
  ["sources not a list", kafkaBody({ sources: {} }), "expected array (body.sources)"],
  ["source not an object", kafkaBody({ sources: [null] }), "expected object (body.sources[0])"],
  ["no sink", without(kafkaBody(), "sink"), "expected required property sink to be present (body)"],
  ["empty sink", kafkaBody({ sink: {} }), "expected required property type to be present (body.sink)"],
  [
    "no password",
    kafkaBody({ sink: sink({ connection_params: without(connection, "password") }) }),
    "expected required property password to be present (body.sink.connection_params)",
  ],
  [
    "port as number",
    kafkaBody({ sink: sink({ connection_params: { ...connection, port: 9000 } }) }),
    "expected string (body.sink.connection_params.port)",
  ],
  [
    "flag as text",
    kafkaBody({ sink: sink({ connection_params: { ...connection, secure: "true" } }) }),
    "expected boolean (body.sink.connection_params.secure)",
  ],
  ["batch as text", kafkaBody({ sink: sink({ max_batch_size: "10" }) }), "expected integer (body.sink.max_batch_size)"],
  [
    "fractional batch",
    kafkaBody({ sink: sink({ max_batch_size: 1.5 }) }),
    "expected integer (body.sink.max_batch_size)",
  ],
  [
    "mapping entry",
    kafkaBody({ sink: sink({ mapping: [{ name: 1, column_name: "a", column_type: "String" }] }) }),
    "expected string (body.sink.mapping[0].name)",
  ],
  [
    "null in a list of objects",
    kafkaBody({ sink: sink({ mapping: [null] }) }),
    "expected object (body.sink.mapping[0])",
  ],
  ["unknown root property", kafkaBody({ extra: 1 }), "unexpected property (body.extra)"],
  ["prototype property", JSON.parse('{"__proto__":{"version":"v3"}}'), ""],
  ["unknown sink property", kafkaBody({ sink: sink({ engine: "x" }) }), "unexpected property (body.sink.engine)"],
  [
    "unknown property of a connection",
    kafkaBody({ sources: [kafkaSource("orders", { connection_params: { ...broker, sasl: 1 } })] }),
    "unexpected property (body.sources[0].connection_params.sasl)",
  ],
  ["a value as property name", kafkaBody({ "hunter2 is my password": 1 }), "unexpected property (body.(unnamed))"],
  ["a name in two spellings", { ...kafkaBody(), Name: "x" }, "unexpected property (body.Name)"],
  [
    "duration as number",
    kafkaBody({ sink: sink({ max_delay_time: 60 }) }),
    "expected string (body.sink.max_delay_time)",
  ],
  [
    "duration that is none",
    kafkaBody({ sink: sink({ max_delay_time: "soon" }) }),
    "expected duration such as 30s, 1h30m or 7d (body.sink.max_delay_time)",
  ],
  [
    "fractional days",
    otlpBody({ transforms: [{ type: "dedup", source_id: "logs", config: { key: "body", time_window: "1.5d" } }] }),
    "expected duration with whole days (body.transforms[0].config.time_window)",
  ],
  [
    "transform without config",
    kafkaBody({ transforms: [{ type: "filter", source_id: "orders" }] }),
    "expected required property config to be present (body.transforms[0])",
  ],
  [
    "stateless output",
    kafkaBody({ transforms: stateless({ expression: "a", output_name: "b" }) }),
    "expected required property output_type to be present (body.transforms[0].config.transforms[0])",
  ],
  [
    "metadata without tags",
    kafkaBody({ metadata: {} }),
    "expected required property tags to be present (body.metadata)",
  ],
  [
    "join without enabled",
    kafkaBody({ join: {} }),
    "expected required property enabled to be present (body.join)",
  ],
  [
    "resource entry without source",
    kafkaBody({ resources: { sources: [{ replicas: 1 }] } }),
    "expected required property source_id to be present (body.resources.sources[0])",
  ],
  ["first in order of declaration", kafkaBody({ sources: 1, sink: 1, extra: 1 }), "expected array (body.sources)"],
  ["known before unknown", kafkaBody({ extra: 1, sink: 1 }), "expected object (body.sink)"],
];
for (const [title, body, message] of REFUSED) {
  Deno.test(`shape: ${title}`, () => {
    const text = shapeError(body);
    if (message !== "") assert.equal(text, `validation failed: ${message}`);
  });
}

Deno.test("what older services demanded may be absent or null", () => {
  const { mechanism: _, ...anonymous } = broker;
  const { http_port: _http, secure: _secure, ...bare } = connection;
  const config = parsePipelineConfig({
    pipeline_id: " shop-orders ",
    sources: [kafkaSource("orders", { connection_params: anonymous })],
    sink: { type: "clickhouse", connection_params: bare, table: "t", source_id: "orders", mapping: null },
    transforms: null,
    join: { enabled: false },
    metadata: null,
    resources: null,
  });
  assert.equal(config.pipeline_id, "shop-orders");
  assert.equal(config.name, "Shop Orders");
  assert.equal(config.sink.max_batch_size, 1000);
  assert.equal(String(config.sink.max_delay_time), "1m0s");
  assert.equal(config.sink.connection_params.http_port, "");
  assert.equal(config.sources[0].type === "kafka" && config.sources[0].connection_params.mechanism, "NO_AUTH");
  assert.equal(config.join, undefined);
});

Deno.test("property names match in any case, and stream limits in either spelling", () => {
  const body = JSON.parse(
    JSON.stringify(otlpBody({ resources: { nats: { stream: { max_age: "48h", MAXBYTES: "1Gi" } } } }))
      .replace('"sources"', '"Sources"').replace('"max_batch_size":1000', '"Max_Batch_Size":2000.0'),
  );
  const config = parsePipelineConfig(body);
  assert.equal(config.sink.max_batch_size, 2000);
  assert.deepEqual(config.resources.nats, { stream: { maxAge: "48h", maxBytes: "1Gi" } });
});

Deno.test("bodies of rename and metadata", () => {
  assert.deepEqual(parseRename({ Name: "" }), { name: "" });
  assert.throws(() => parseRename({}), /expected required property name to be present \(body\)/);
  assert.throws(() => parseRename({ name: "a", resources: {} }), /unexpected property \(body.resources\)/);
  assert.deepEqual(parseMetadata({ metadata: { tags: null } }), { tags: null });
  assert.deepEqual(parseMetadata({ metadata: { tags: ["a"] } }), { tags: ["a"] });
  assert.throws(() => parseMetadata({ metadata: { tags: [1] } }), /expected string \(body.metadata.tags\[0\]\)/);
});
