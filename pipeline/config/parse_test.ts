import { strict as assert } from "node:assert";
import { feedingSchema, sourceFields, transformationType } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { JOIN_NOT_AVAILABLE } from "./join.ts";
import { parsePipelineConfig, parsePipelineEdit, readPipeline } from "./parse.ts";
import { type Body, joinBody, kafkaBody, kafkaSource, otlpBody, sink } from "./sample_configs.ts";
import { renderPipelineConfig } from "./render.ts";

function failure(act: () => unknown): ConfigError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail("no error");
}

const connection = kafkaSource().connection_params as Body;
const OAUTH = {
  protocol: "SASL_SSL",
  mechanism: "OAUTHBEARER",
  oauth_token_endpoint: "https://login.example/token",
  oauth_client_id: "a",
  oauth_client_secret: "b",
};
const AWS = {
  protocol: "SASL_SSL",
  mechanism: "AWS_MSK_IAM",
  aws_region: "eu-west-1",
  aws_access_key_id: "a",
  aws_secret_access_key: "b",
};
const withConnection = (changes: Body) =>
  kafkaBody({ sources: [kafkaSource("orders", { connection_params: { ...connection, ...changes } })] });
const oauth = (changes: Body) => withConnection({ ...OAUTH, ...changes });
const aws = (changes: Body) => withConnection({ ...AWS, ...changes });
const AVRO = '{"type":"record","name":"A","fields":[{"name":"order_id","type":["null","string"]}]}';
const kafkaWith = (changes: Body) => kafkaBody({ sources: [kafkaSource("orders", changes)] });
const otlp = (id: string) => ({ type: "otlp.logs", source_id: id });
const dedup = (config: Body, source_id = "logs") => ({ type: "dedup", source_id, config });
const filter = (source_id = "orders") => ({ type: "filter", source_id, config: { expression: 'order_id != ""' } });
const output = (changes: Body = {}) => ({
  expression: "lower(order_id)",
  output_name: "id",
  output_type: "string",
  ...changes,
});
const stateless = (...transforms: Body[]) => ({ type: "stateless", source_id: "orders", config: { transforms } });
const mapped = (name: string, column_type: string) => sink({ mapping: [{ name, column_name: "Column", column_type }] });
const sinkConnection = (changes: Body) =>
  kafkaBody({ sink: sink({ connection_params: { ...sink().connection_params as Body, ...changes } }) });

const REFUSED: [string, Body, string][] = [
  ["version v2", kafkaBody({ version: "v2" }), "unsupported version"],
  ["short id", kafkaBody({ pipeline_id: " test " }), "pipeline ID must be at least 5 characters"],
  ["no sources", kafkaBody({ sources: [] }), "at least one source"],
  ["null sources", kafkaBody({ sources: null }), "at least one source"],
  ["three sources", kafkaBody({ sources: ["a", "b", "c"].map((id) => kafkaSource(id)) }), "at most 2 sources"],
  ["empty source id", kafkaBody({ sources: [kafkaSource(" ")] }), "empty source_id"],
  ["duplicate source id", joinBody({ sources: [kafkaSource("a"), kafkaSource("a ")] }), "duplicate source_id"],
  ["unknown source type", kafkaWith({ type: "rabbitmq" }), 'source "orders": unsupported type "rabbitmq"'],
  [
    "mixed sources",
    kafkaBody({ sources: [kafkaSource(), otlp("logs")] }),
    "mixed kafka and OTLP sources are not supported",
  ],
  ["two OTLP sources", otlpBody({ sources: [otlp("a1"), otlp("b1")] }), "at most one OTLP source is supported"],
  ["two Kafka without join", joinBody({ join: null }), "two kafka sources need an enabled join"],
  [
    "different brokers",
    joinBody({
      sources: [kafkaSource(), kafkaSource("users", { connection_params: { ...connection, brokers: ["x:1"] } })],
    }),
    "the same connection_params",
  ],
  [
    "OTLP with connection",
    otlpBody({ sources: [{ ...otlp("logs"), connection_params: connection }] }),
    'source "logs": OTLP source must not declare connection_params',
  ],
  ["OTLP with topic", otlpBody({ sources: [{ ...otlp("logs"), topic: "x" }] }), "must not declare topic"],
  [
    "OTLP with fields",
    otlpBody({ sources: [{ ...otlp("logs"), schema_fields: [{ name: "a", type: "int" }] }] }),
    "must not declare schema_fields",
  ],
  [
    "OTLP with registry",
    otlpBody({ sources: [{ ...otlp("logs"), schema_registry: { url: "x" } }] }),
    "must not declare schema_registry",
  ],
  ["OTLP with join", otlpBody({ join: joinBody().join }), "join is not supported for OTLP pipelines"],
  ["join of one source", joinBody({ sources: [kafkaSource()] }), "join needs two kafka sources"],

  ["no connection", kafkaWith({ connection_params: null }), "needs connection_params"],
  ["no topic", kafkaWith({ topic: " " }), "needs a topic"],
  ["no fields", kafkaWith({ schema_fields: [] }), "needs schema_fields"],
  ["blank field", kafkaWith({ schema_fields: [{ name: " ", type: "int" }] }), "must not be blank"],
  ["deep field", kafkaWith({ schema_fields: [{ name: "a" + ".b".repeat(64), type: "int" }] }), "at most 64 parts"],
  [
    "field twice",
    kafkaWith({ schema_fields: [{ name: "order_id", type: "int" }, { name: "order_id", type: "int" }] }),
    '"order_id" is declared twice',
  ],
  ["unknown field type", kafkaWith({ schema_fields: [{ name: "order_id", type: "money" }] }), 'unknown type "money"'],
  ["avro without a schema", kafkaWith({ format: "avro", schema_fields: null }), "needs its schema in schema.file"],
  [
    "avro with fields besides its schema",
    kafkaWith({ format: "avro", schema: { file: AVRO } }),
    "the fields of avro are those of schema.file",
  ],
  [
    "avro without a record",
    kafkaWith({ format: "avro", schema_fields: null, schema: { file: '"string"' } }),
    "must be a record",
  ],
  [
    "avro too large",
    kafkaWith({ format: "avro", schema_fields: null, schema: { file: AVRO + " ".repeat(1 << 16) } }),
    "at most 64 KiB",
  ],
  [
    "protobuf without a message type",
    kafkaWith({ format: "protobuf", schema_fields: null, schema: { file: "message M { }" } }),
    "needs schema.message_type",
  ],
  [
    "protobuf with an unknown message type",
    kafkaWith({
      format: "protobuf",
      schema_fields: null,
      schema: { file: "message M { optional int32 n = 1; }", message_type: "N" },
    }),
    "message_type N is not in the Protobuf schema",
  ],
  [
    "a registry's account in its url",
    kafkaWith({ schema_registry: { url: "https://me:secret@registry.example" }, schema_version: "1" }),
    "without a user in it",
  ],
  ["unknown format", kafkaWith({ format: "xml" }), "unsupported format"],
  ["registry without url", kafkaWith({ schema_registry: {}, schema_version: "7" }), "schema_registry needs a url"],
  ["registry without version", kafkaWith({ schema_registry: { url: "https://r" } }), "schema_version is required"],
  ["unknown offset", kafkaWith({ consumer_group_initial_offset: "badvalue" }), "consumer_group_initial_offset"],
  ["no brokers", withConnection({ brokers: [] }), "at least one broker"],
  ["blank broker", withConnection({ brokers: ["a:1", " "] }), "brokers must not be blank"],
  ["unknown mechanism", withConnection({ mechanism: "plain" }), "unsupported mechanism"],
  ["empty mechanism", withConnection({ mechanism: "" }), "unsupported mechanism"],
  ["unknown protocol", withConnection({ protocol: "ssl" }), "unsupported protocol"],
  ["PLAIN without user", withConnection({ mechanism: "PLAIN", password: "p" }), "needs username"],
  ["SCRAM without password", withConnection({ mechanism: "SCRAM-SHA-512", username: "u" }), "needs password"],
  ["OAUTHBEARER without a secret", oauth({ oauth_client_secret: "" }), "OAUTHBEARER needs oauth_client_secret"],
  ["a token endpoint that is no URL", oauth({ oauth_token_endpoint: "login" }), "must be an http or https URL"],
  ["a token endpoint with a password", oauth({ oauth_token_endpoint: "https://a:b@c" }), "without user name or"],
  ["extensions without names", oauth({ oauth_extensions: "lkc-1" }), "oauth_extensions must look like"],
  ["an extension that is the token", oauth({ oauth_extensions: "auth=Bearer" }), "oauth_extensions must look like"],
  ["AWS keys without a region", aws({ aws_region: " " }), "AWS_MSK_IAM needs aws_region"],
  ["a region that is a host", aws({ aws_region: "evil.example/" }), "is no region"],
  ["AWS keys in clear text", aws({ protocol: "SASL_PLAINTEXT" }), "needs protocol SASL_SSL"],
  [
    "GSSAPI without realm",
    withConnection({ mechanism: "GSSAPI", kerberos_service_name: "k" }),
    "GSSAPI needs kerberos_realm",
  ],

  ["unknown transform", kafkaBody({ transforms: [{ ...filter(), type: "map" }] }), "unsupported transform type"],
  ["transform of no source", kafkaBody({ transforms: [filter("users")] }), '"users" does not match any source'],
  ["blank filter", kafkaBody({ transforms: [{ ...filter(), config: {} }] }), "filter transform needs an expression"],
  ["empty stateless", kafkaBody({ transforms: [stateless()] }), "stateless transformation needs at least one entry"],
  [
    "blank output",
    kafkaBody({ transforms: [stateless(output({ output_name: "" }))] }),
    "output_name must not be blank",
  ],
  ["output twice", kafkaBody({ transforms: [stateless(output(), output())] }), '"id" is declared twice'],
  ["output type", kafkaBody({ transforms: [stateless(output({ output_type: "x" }))] }), 'unknown type "x"'],
  [
    "blank output expression",
    kafkaBody({ transforms: [stateless(output({ expression: "" }))] }),
    "needs an expression",
  ],
  [
    "a language that does not exist",
    kafkaBody({
      transforms: [{ type: "filter", source_id: "orders", config: { expression: "true", language: "lua" } }],
    }),
    'unknown expression language "lua"; use expr or cel',
  ],
  ["two dedups", otlpBody({ transforms: [dedup({ key: "body", time_window: "1h" }), dedup({})] }), "at most one dedup"],
  ["dedup without key", otlpBody({ transforms: [dedup({ time_window: "1h" })] }), "key is required"],
  ["dedup without window", otlpBody({ transforms: [dedup({ key: "body" })] }), "time_window must be greater than 0"],
  [
    "dedup with long window",
    otlpBody({ transforms: [dedup({ key: "body", time_window: "168h1ns" })] }),
    "time_window must be at most 168h",
  ],
  ["dedup key", otlpBody({ transforms: [dedup({ key: "x", time_window: "1h" })] }), 'key field "x" not found'],
  ["dedup path", otlpBody({ transforms: [dedup({ key: "a.#", time_window: "1h" })] }), "key must be a field"],
  [
    "Kafka dedup key",
    kafkaBody({ transforms: [dedup({ key: "x", time_window: "1h" }, "orders")] }),
    'key "x" not found in schema_fields',
  ],
  [
    "join and stateless",
    joinBody({ transforms: [stateless(output())] }),
    "filter/stateless transforms are not supported with join",
  ],
  ["join and filter", joinBody({ transforms: [filter()] }), "filter/stateless transforms are not supported with join"],
  ["join", joinBody(), JOIN_NOT_AVAILABLE],

  ["sink type", kafkaBody({ sink: sink({ type: "postgres" }) }), "unsupported sink type"],
  ["sink host", sinkConnection({ host: " " }), "connection_params.host must not be blank"],
  ["sink port", sinkConnection({ port: "" }), "connection_params.port must not be blank"],
  ["sink database", sinkConnection({ database: "" }), "connection_params.database must not be blank"],
  ["sink user", sinkConnection({ username: "" }), "connection_params.username must not be blank"],
  ["sink password", sinkConnection({ password: "" }), "connection_params.password must not be empty"],
  ["sink table", kafkaBody({ sink: sink({ table: " " }) }), "sink table must not be blank"],
  ["batch of none", kafkaBody({ sink: sink({ max_batch_size: 0 }) }), "max_batch_size must be at least 1"],
  ["negative batch", kafkaBody({ sink: sink({ max_batch_size: -5 }) }), "max_batch_size must be at least 1"],
  [
    "mapping of no field",
    kafkaBody({ sink: mapped("users", "String") }),
    'mapping field "users" not found in schema for source_id "orders"',
  ],
  [
    "mapping of a field the stateless transform drops",
    kafkaBody({ transforms: [stateless(output())], sink: mapped("order_id", "String") }),
    'mapping field "order_id" is not an output of the stateless transform',
  ],
  [
    "column type",
    kafkaBody({ sink: mapped("order_id", "Unsupported") }),
    'field "order_id" (column "Column"): unsupported ClickHouse column type: "Unsupported"',
  ],
  [
    "column twice",
    kafkaBody({
      sink: sink({ mapping: [1, 2].map(() => ({ name: "order_id", column_name: "A", column_type: "String" })) }),
    }),
    'column "A" is mapped twice',
  ],

  [
    "resources of no source",
    kafkaBody({ resources: { sources: [{ source_id: "x" }] } }),
    'resources.sources[0]: source_id "x" does not match any source',
  ],
  [
    "resources of an OTLP source",
    otlpBody({ resources: { sources: [{ source_id: "logs" }] } }),
    'resources.sources[0]: per-source resources are not supported for OTLP source "logs"',
  ],
  [
    "storage without dedup",
    otlpBody({ resources: { transform: [{ source_id: "logs", storage: { size: "1Gi" } }] } }),
    "storage needs a dedup transform",
  ],
];
for (const [title, body, rule] of REFUSED) {
  Deno.test(`rule: ${title}`, () => {
    const error = failure(() => parsePipelineConfig(body));
    assert.equal(error.status, 422);
    assert.equal(error.code, "unprocessable_entity");
    assert.ok(error.message.includes("failed to convert request to pipeline model"), error.message);
    assert.ok(String(error.details?.error).includes(rule), String(error.details?.error));
    assert.deepEqual(Object.keys(error.toBody()), ["status", "code", "message", "details", "errors"]);
  });
}

for (const pipeline_id of ["Shop-Orders", "1shop", "shop-", "shop--orders", "shop_orders", "a".repeat(41), "shöps"]) {
  Deno.test(`id ${pipeline_id.slice(0, 12)} is a bad request`, () => {
    const error = failure(() => parsePipelineConfig(kafkaBody({ pipeline_id })));
    assert.deepEqual([error.status, error.code], [400, "bad_request"]);
    assert.deepEqual(error.details, { pipeline_id });
    assert.match(error.message, /invalid/);
  });
}
for (const pipeline_id of ["abcde", "a-b-c", "a1234", "a".repeat(40)]) {
  Deno.test(`id ${pipeline_id.slice(0, 12)} is accepted`, () => {
    assert.equal(parsePipelineConfig(kafkaBody({ pipeline_id })).pipeline_id, pipeline_id);
  });
}

for (
  const [title, changes] of Object.entries<Body>({
    "TLS with system roots": { protocol: "SASL_SSL" },
    "TLS with a client certificate only": { protocol: "SSL", client_cert: "pem" },
    "TLS without verification": { protocol: "SASL_SSL", skip_tls_verification: true },
    "a user name": { mechanism: "PLAIN", username: "u", password: "p" },
    kerberos: {
      mechanism: "GSSAPI",
      kerberos_service_name: "a",
      kerberos_realm: "b",
      kerberos_keytab: "c",
      kerberos_config: "d",
    },
    "OAuth client credentials": { ...OAUTH, oauth_extensions: "logicalCluster=lkc-1, identityPoolId=pool-2" },
    "AWS keys": AWS,
  })
) {
  Deno.test(`connection with ${title}`, () => void parsePipelineConfig(withConnection(changes)));
}

Deno.test("several filters and stateless transforms keep their order; the last one feeds the sink", () => {
  const more = { type: "filter", source_id: "orders", config: { expression: "true", language: " CEL " } };
  const last = stateless(output({ expression: "id", output_name: "again" }));
  const transforms = [filter(), stateless(output()), more, last];
  const config = parsePipelineConfig(kafkaBody({ transforms, sink: mapped("again", "String") }));
  assert.deepEqual(config.filters.map(({ index, language }) => [index, language]), [[0, "expr"], [2, "cel"]]);
  assert.deepEqual(config.stateless.map(({ index }) => index), [1, 3]);
  assert.deepEqual(feedingSchema(config), [{ name: "again", type: "string" }]);
  const shown = renderPipelineConfig(config).transforms as Body[];
  assert.deepEqual(shown.map(({ type }) => type), ["filter", "filter", "stateless", "stateless"]);
  assert.deepEqual(shown[1].config, { expression: "true", language: "cel", time_window: "0s" });
});

Deno.test("all transforms, in any order", () => {
  const transforms = [
    stateless(output({ expression: "lower(order_id)" })),
    dedup({ key: "order_id", time_window: "7d" }, "orders"),
    filter(),
  ];
  const config = parsePipelineConfig(kafkaBody({ transforms, sink: mapped("id", "LowCardinality(String)") }));
  assert.deepEqual(config.filters.map(({ index, language }) => [index, language]), [[2, "expr"]]);
  assert.equal(config.dedup[0].time_window.milliseconds, 168 * 3600e3);
  assert.deepEqual(config.transforms.map((each) => each.type), ["stateless", "dedup", "filter"]);
  assert.deepEqual(feedingSchema(config), [{ name: "id", type: "string" }]);
  assert.equal(transformationType(config), "Deduplication");
});

Deno.test("OTLP: maps by key, two columns from one field, keys of several values", () => {
  const config = parsePipelineConfig(otlpBody({
    sources: [{ type: " OTLP.Traces ", source_id: "spans" }],
    transforms: [dedup({ key: '{"a":trace_id,"b":span_id}', time_window: "1h" }, "spans")],
    sink: sink({
      mapping: [
        { name: "resource_attributes.service.name", column_name: "ServiceName", column_type: "LowCardinality(String)" },
        { name: "attributes['http.method']", column_name: "Method", column_type: "String" },
        { name: "name", column_name: "A", column_type: "String" },
        { name: "name", column_name: "B", column_type: "Nullable(String)" },
      ],
    }),
  }));
  assert.deepEqual(config.sink.mapping.map((each) => each.ref), [
    { field: "resource_attributes", key: "service.name" },
    { field: "attributes", key: "http.method" },
    { field: "name" },
    { field: "name" },
  ]);
  assert.equal(config.dedup[0].path.kind, "object");
  assert.equal(sourceFields(config, "spans").length, 26);
  assert.throws(() => sourceFields(config, "logs"), /no source/);
});

Deno.test("schemas of OTLP sources: predefined fields first", () => {
  const names = (type: string) =>
    sourceFields(
      parsePipelineConfig(otlpBody({ sources: [{ type, source_id: "s" }], sink: sink({ mapping: [] }) })),
      "s",
    )
      .map((field) => field.name);
  assert.equal(names("otlp.logs").slice(0, 14).at(-1), "attributes");
  assert.equal(names("otlp.logs")[14], "event_name");
  assert.equal(names("otlp.traces").slice(0, 22).at(-1), "attributes");
  assert.equal(names("otlp.metrics").slice(0, 22).at(-1), "attributes");
  for (const type of ["otlp.logs", "otlp.traces", "otlp.metrics"]) {
    assert.equal(new Set(names(type)).size, names(type).length);
  }
});

Deno.test("a join is read completely, though not available yet", () => {
  const { config } = readPipeline(joinBody());
  assert.equal(config.join?.left_source.key, "customer_id");
  assert.deepEqual(feedingSchema(config).map((field) => field.name), ["ORDER_ID", "email"]);
  for (
    const [changes, rule] of [
      [{ left_source: null }, /needs left_source/],
      [{ right_source: { source_id: "x", key: "a", time_window: "1h" } }, /"x" does not match any source/],
      [{ right_source: { source_id: "orders", key: "order_id", time_window: "1h" } }, /two different sources/],
      [{ left_source: { source_id: "orders", key: "x", time_window: "1h" } }, /key "x" not found/],
      [{ left_source: { source_id: "orders", key: "order_id", time_window: "0s" } }, /greater than 0/],
      [{ left_source: { source_id: "orders", key: "order_id", time_window: "8d" } }, /at most 168h/],
      [{ output_fields: [] }, /needs output_fields/],
      [{ output_fields: [{ source_id: "users", name: "x" }] }, /"x" not found/],
      [{ type: "stream" }, /use temporal/],
    ] as [Body, RegExp][]
  ) {
    const join = { ...joinBody().join as Body, ...changes };
    assert.match(String(failure(() => parsePipelineConfig(joinBody({ join }))).details?.error), rule);
  }
});

Deno.test("the expression checker sees the whole configuration and its findings name the transform", () => {
  const body = kafkaBody({
    transforms: [filter(), stateless(output({ expression: "invalid ??? syntax" }))],
    sink: mapped("id", "String"),
  });
  const error = failure(() =>
    parsePipelineConfig(body, (config) => {
      assert.equal(config.stateless[0].transforms[0].expression, "invalid ??? syntax");
      return [{ path: "body.transforms[1].config.transforms[0].expression", message: "unexpected token" }];
    })
  );
  assert.equal(error.details?.error, "stateless transformation: unexpected token");
  assert.equal(parsePipelineConfig(body, () => []).filters[0].expression, 'order_id != ""');
});

Deno.test("every finding is listed, the first is the message", () => {
  const error = failure(() =>
    parsePipelineConfig(kafkaBody({ version: "v9", sink: sink({ table: "", max_batch_size: 0 }) }))
  );
  assert.deepEqual(error.issues.map((issue) => issue.path), [
    "body.version",
    "body.sink.table",
    "body.sink.max_batch_size",
  ]);
});

Deno.test("edit: another id in the body is refused before the rules", () => {
  const stored = parsePipelineConfig(kafkaBody());
  const error = failure(() =>
    parsePipelineEdit(kafkaBody({ pipeline_id: "other-id", sources: [] }), "shop-orders", stored)
  );
  assert.deepEqual([error.status, error.code], [400, "bad_request"]);
  assert.ok(error.message.includes("pipeline ID in request body must match"));
  assert.deepEqual(error.details, { route_id: "shop-orders", json_id: "other-id" });
  const empty = failure(() => parsePipelineEdit(kafkaBody({ sources: [] }), "shop-orders", stored));
  assert.deepEqual([empty.status, empty.code], [422, "unprocessable_entity"]);
});

Deno.test("edit: what clients cannot express is kept", () => {
  const stored = parsePipelineConfig({
    ...withConnection({ protocol: "SSL", client_cert: "cert", client_key: "key", skip_auth: true }),
    resources: { nats: { stream: { maxAge: "48h", maxBytes: "1Gi", maxMsgs: 77 } } },
  });
  const edited = parsePipelineEdit(
    { ...withConnection({ protocol: "SSL", client_key: "" }), resources: { nats: { stream: { maxAge: "48h" } } } },
    "shop-orders",
    stored,
  );
  assert.deepEqual(edited.resources.nats, stored.resources.nats);
  const source = edited.sources[0];
  assert.ok(source.type === "kafka");
  assert.equal(source.connection_params.client_cert, "cert");
  assert.equal(source.connection_params.client_key, "");
  assert.equal(source.connection_params.skip_auth, true);
});

Deno.test("texts that no store can keep as they are", () => {
  for (const broken of ["a\0", "\ud800", "a\udc00b"]) {
    for (const body of [otlpBody({ name: broken }), kafkaWith({ schema_fields: [{ name: broken, type: "int" }] })]) {
      assert.throws(() => parsePipelineConfig(body), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.status, 422);
        assert.match(error.message, /without NUL|well-formed Unicode/);
        return true;
      });
    }
  }
  assert.doesNotThrow(() => parsePipelineConfig(otlpBody({ name: "😀" })));
});
