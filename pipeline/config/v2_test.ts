import { strict as assert } from "node:assert";
import { ConfigError } from "./config_error.ts";
import { parsePipelineConfig, readPipeline } from "./parse.ts";
import type { Body } from "./sample_configs.ts";
import { convertV2, isV2 } from "./v2.ts";
import { decodePassword } from "./v2_sink.ts";

const namesIn = (expression: string) => expression.match(/[a-z_]+/g) ?? [];
const connection = { brokers: ["b:9092"], protocol: "SASL_PLAINTEXT", mechanism: "NO_AUTH" };
const target = { host: "ch", port: "9000", http_port: "8123", database: "shop", username: "u", secure: false };

function v2(changes: Body = {}, topic: Body = {}): Body {
  return {
    version: "v2",
    pipeline_id: "shop-orders",
    name: "Orders",
    source: {
      type: "kafka",
      provider: "custom",
      connection_params: { ...connection, sasl_extra: 1 },
      topics: [{ id: "orders", name: "orders-topic", consumer_group_initial_offset: "latest", ...topic }],
    },
    schema: {
      fields: [
        { source_id: "orders", name: "order_id", type: "string", column_name: "OrderId", column_type: "String" },
        { source_id: "orders", name: "amount", type: "float64", column_name: "Amount", column_type: "Float64" },
      ],
    },
    sink: {
      type: "clickhouse",
      ...target,
      password: btoa("pass word"),
      table: "orders",
      max_batch_size: 10,
      max_delay_time: "1s",
    },
    ...changes,
  };
}
const convert = (body: unknown) => convertV2(body, namesIn);
const first = (value: unknown) => (value as Body[])[0];

Deno.test("v2 is what has a source and no sources", () => {
  assert.deepEqual([v2(), { Source: {} }, { source: {}, sources: [] }, {}, null, [], "x"].map(isV2), [
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("v2 ingest only: every property in its place, unknown ones gone, valid as it is", () => {
  const v3 = convert(v2({ metadata: { tags: ["a"], owner: "x" }, nonsense: 1 }));
  assert.deepEqual(v3, {
    version: "v3",
    pipeline_id: "shop-orders",
    name: "Orders",
    sources: [{
      type: "kafka",
      source_id: "orders",
      connection_params: connection,
      topic: "orders-topic",
      consumer_group_initial_offset: "latest",
      schema_fields: [{ name: "order_id", type: "string" }, { name: "amount", type: "float64" }],
    }],
    sink: {
      type: "clickhouse",
      connection_params: { ...target, password: "pass word" },
      table: "orders",
      max_batch_size: 10,
      max_delay_time: "1s",
      mapping: [
        { name: "order_id", column_name: "OrderId", column_type: "String" },
        { name: "amount", column_name: "Amount", column_type: "Float64" },
      ],
    },
    metadata: { tags: ["a"] },
  });
  parsePipelineConfig(v3);
});

Deno.test("v2 topics: without id the name is the id; registry only with url; fields of the topic itself", () => {
  const bare = convert(
    v2({ schema: { fields: [{ source_id: "orders-topic", name: "a", type: "int" }] } }, {
      id: undefined,
      schema_version: "7",
      schema_registry: { url: "" },
    }),
  );
  assert.deepEqual(first(bare.sources), {
    type: "kafka",
    source_id: "orders-topic",
    connection_params: connection,
    topic: "orders-topic",
    consumer_group_initial_offset: "latest",
    schema_version: "7",
    schema_fields: [{ name: "a", type: "int" }],
  });
  const own = first(
    convert(
      v2({}, {
        schema_registry: { url: "u", api_key: "k" },
        schema: { type: "json", fields: [{ name: "own", type: "bool" }] },
      }),
    ).sources,
  ) as Body;
  assert.deepEqual(own.schema_registry, { url: "u", api_key: "k" });
  assert.deepEqual((own.schema_fields as Body[]).map(({ name }) => name), ["own", "order_id", "amount"]);
});

Deno.test("v2 deduplication: key before id_field, only when enabled", () => {
  const dedup = (deduplication: Body) => convert(v2({}, { deduplication })).transforms;
  const on = { enabled: true, id_field: "amount", id_field_type: "string", time_window: "12h" };
  assert.equal(dedup({ ...on, enabled: false }), undefined);
  assert.deepEqual(dedup(on), [{ type: "dedup", source_id: "orders", config: { key: "amount", time_window: "12h" } }]);
  assert.equal((first(dedup({ ...on, key: "order_id" })).config as Body).key, "order_id");
});

Deno.test("v2 filter and stateless transform: expressions unchanged, names they read declared", () => {
  const v3 = convert(v2({
    filter: { enabled: true, expression: "amount > 0" },
    stateless_transformation: {
      id: "t",
      type: "expr_lang_transform",
      enabled: true,
      config: {
        transform: [{ expression: "order_id + extra", output_name: "id", output_type: "string" }, {
          expression: "id",
          output_name: "extra",
          output_type: "[]string",
        }],
      },
    },
    sink: { ...target, password: "x", table: "t", mapping: [{ name: "id", column_name: "c", column_type: "String" }] },
  }));
  assert.deepEqual(v3.transforms, [
    { type: "filter", source_id: "orders", config: { expression: "amount > 0" } },
    {
      type: "stateless",
      source_id: "orders",
      config: {
        transforms: [{ expression: "order_id + extra", output_name: "id", output_type: "string" }, {
          expression: "id",
          output_name: "extra",
          output_type: "[]string",
        }],
      },
    },
  ]);
  const fields = (first(v3.sources) as Body).schema_fields as Body[];
  assert.deepEqual(fields.slice(2), [{ name: "extra", type: "array" }, { name: "id", type: "string" }]);
  assert.deepEqual((v3.sink as Body).mapping, [{ name: "id", column_name: "c", column_type: "String" }]);
  parsePipelineConfig(v3);
});

function joined(changes: Body = {}): Body {
  const body = v2();
  const topics = [{ id: "orders", name: "o", replicas: 2 }, { id: "users", name: "u" }];
  return {
    ...body,
    source: { ...body.source as Body, topics },
    schema: {
      fields: [
        { source_id: "orders", name: "order_id", type: "string", column_name: "ORDER_ID", column_type: "String" },
        { source_id: "orders", name: "user", type: "string" },
        { source_id: "users", name: "user", type: "string" },
        { source_id: "users", name: "order_id", type: "string", column_name: "OTHER", column_type: "String" },
      ],
    },
    join: {
      enabled: true,
      type: "temporal",
      sources: [
        { source_id: "orders", join_key: "user", time_window: "1h", orientation: "left" },
        { source_id: "u", join_key: "user", time_window: "2h", orientation: "Right" },
      ],
      ...changes,
    },
  };
}

Deno.test("v2 join: sides, all fields named after their columns, mappings by those names", () => {
  const v3 = convert(joined());
  assert.deepEqual(v3.join, {
    enabled: true,
    type: "temporal",
    left_source: { source_id: "orders", key: "user", time_window: "1h" },
    right_source: { source_id: "users", key: "user", time_window: "2h" },
    output_fields: [
      { source_id: "orders", name: "order_id", output_name: "ORDER_ID" },
      { source_id: "orders", name: "user", output_name: "user" },
      { source_id: "users", name: "user", output_name: "users_user" },
      { source_id: "users", name: "order_id", output_name: "OTHER" },
    ],
  });
  assert.deepEqual((v3.sink as Body).mapping, [
    { name: "ORDER_ID", column_name: "ORDER_ID", column_type: "String" },
    { name: "OTHER", column_name: "OTHER", column_type: "String" },
  ]);
  assert.deepEqual(v3.resources, { sources: [{ source_id: "orders", replicas: 2 }] });
  assert.equal(readPipeline(v3).config.join?.output_fields.length, 4);
  const listed = convert(
    joined({
      fields: [{ source_id: "users", name: "order_id" }, { source_id: "orders", name: "user", output_name: "who" }],
    }),
  );
  assert.deepEqual((listed.join as Body).output_fields, [
    { source_id: "users", name: "order_id", output_name: "OTHER" },
    { source_id: "orders", name: "user", output_name: "who" },
  ]);
});

Deno.test("v2 that cannot be converted: 422 with the reason", () => {
  const one = [{ source_id: "orders", join_key: "user", time_window: "1h", orientation: "left" }];
  for (
    const [body, reason] of [
      [joined({ sources: one }), /exactly one left and one right/],
      [joined({ sources: [...one, ...one] }), /exactly one left and one right/],
      [
        v2({}, { deduplication: { enabled: true, time_window: "soon" } }),
        /expected duration .*body\.source\.topics\[0\]/,
      ],
      [v2({ sink: { host: 1 } }), /expected string \(body\.sink\.host\)/],
      [[], /expected object/],
    ] as [unknown, RegExp][]
  ) {
    assert.throws(() => convert(body), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual([error.status, error.code], [422, "unprocessable_entity"]);
      assert.match(String(error.details?.error), reason);
      return true;
    });
  }
});

Deno.test("v2 sink: nested connection wins, missing delay is 0s, explicit mapping before the schema's", () => {
  const sink = convert(v2({
    sink: {
      ...target,
      password: "x",
      host: "old",
      connection_params: { host: "new", port: "", password: btoa("kept") },
      table: "t",
      table_mapping: [{}],
    },
  })).sink as Body;
  assert.deepEqual(sink.connection_params, { ...target, host: "new", password: btoa("kept") });
  assert.equal(sink.max_delay_time, "0s");
  assert.deepEqual((sink.mapping as Body[]).map(({ name }) => name), ["order_id", "amount"]);
  const mapping = [{ name: "order_id", column_name: "event_id", column_type: "UUID" }];
  assert.deepEqual((convert(v2({ sink: { ...target, mapping } })).sink as Body).mapping, mapping);
});

Deno.test("v2 passwords: decoded only when that gives readable text", () => {
  for (
    const [written, meant] of [
      [btoa("secret"), "secret"],
      ["cMOkc3M=", "p\u00e4ss"],
      ["password", "password"],
      ["test", "test"],
      ["a b", "a b"],
      ["", ""],
      [btoa("\x00\x01"), btoa("\x00\x01")],
      ["c2VjcmV0IQ", "c2VjcmV0IQ"],
    ]
  ) {
    assert.equal(decodePassword(written), meant);
  }
});

Deno.test("v2 resources by component become resources by source", () => {
  const amounts = { requests: { cpu: "1" }, limits: { memory: "1Gi" } };
  const pipeline_resources = {
    nats: { stream: { maxAge: "48h", maxMsgs: 7 } },
    ingestor: { base: { ...amounts, replicas: 3 } },
    transform: { replicas: 2, storage: { size: "5Gi" } },
    join: { replicas: 1 },
    sink: { replicas: 4, unknown: true },
  };
  const deduplication = { enabled: true, key: "order_id", time_window: "1h" };
  const v3 = convert(v2({ pipeline_resources }, { replicas: 9, deduplication }));
  assert.deepEqual(v3.resources, {
    nats: pipeline_resources.nats,
    sources: [{ source_id: "orders", ...amounts, replicas: 3 }],
    transform: [{ source_id: "orders", replicas: 2, storage: { size: "5Gi" } }],
    sink: { replicas: 4 },
  });
  parsePipelineConfig(v3);
  const without = convert(v2({ pipeline_resources })).resources as Body;
  assert.deepEqual(without.transform, [{ source_id: "orders", replicas: 2 }], "storage needs dedup");
  const sides = { left: { replicas: 5 }, right: { replicas: 6 } };
  const both = convert({ ...joined(), pipeline_resources: { ingestor: sides } }).resources as Body;
  assert.deepEqual(both.sources, [{ source_id: "orders", replicas: 5 }, { source_id: "users", replicas: 6 }]);
});

Deno.test("v2 OTLP source: type, id and deduplication are kept", () => {
  const v3 = convert(v2({
    source: { type: "otlp.logs", id: "logs", deduplication: { enabled: true, key: "trace_id", time_window: "1h" } },
    schema: {
      fields: [{ source_id: "logs", name: "body", type: "string", column_name: "Body", column_type: "String" }],
    },
    pipeline_resources: { ingestor: { base: { replicas: 2 } }, transform: { replicas: 2 } },
  }));
  assert.deepEqual(v3.sources, [{ type: "otlp.logs", source_id: "logs" }]);
  assert.deepEqual(v3.transforms, [{
    type: "dedup",
    source_id: "logs",
    config: { key: "trace_id", time_window: "1h" },
  }]);
  assert.deepEqual(v3.resources, { transform: [{ source_id: "logs", replicas: 2 }] });
  assert.equal(parsePipelineConfig(v3).dedup[0].key, "trace_id");
});
