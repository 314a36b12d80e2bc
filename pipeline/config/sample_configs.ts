/**
 * Bodies for tests: one of each kind, and generators of valid bodies. Not used by the product.
 */
import fc from "fast-check";
import { OTLP_FIELDS, OTLP_SOURCE_TYPES, type OtlpSourceType } from "./source_otlp.ts";

export type Body = Record<string, unknown>;

/** A Kafka source with one field, without authentication. */
export function kafkaSource(id = "orders", changes: Body = {}): Body {
  return {
    type: "kafka",
    source_id: id,
    connection_params: { brokers: ["broker.example:9092"], protocol: "SASL_PLAINTEXT", mechanism: "NO_AUTH" },
    topic: `${id}-topic`,
    schema_fields: [{ name: "order_id", type: "string" }],
    ...changes,
  };
}

export function sink(changes: Body = {}): Body {
  return {
    type: "clickhouse",
    connection_params: {
      host: "clickhouse.example",
      port: "9000",
      http_port: "8123",
      database: "shop",
      username: "writer",
      password: "sink-password",
      secure: false,
    },
    table: "orders",
    max_batch_size: 1000,
    max_delay_time: "60s",
    mapping: [{ name: "order_id", column_name: "OrderId", column_type: "String" }],
    ...changes,
  };
}

export function kafkaBody(changes: Body = {}): Body {
  return {
    version: "v3",
    pipeline_id: "shop-orders",
    name: "Orders",
    sources: [kafkaSource()],
    sink: sink(),
    ...changes,
  };
}

export function otlpBody(changes: Body = {}): Body {
  return {
    version: "v3",
    pipeline_id: "otel-logs-demo",
    name: "Logs",
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    sink: sink({ mapping: [{ name: "body", column_name: "Body", column_type: "String" }] }),
    ...changes,
  };
}

/** Two Kafka sources and a complete join. */
export function joinBody(changes: Body = {}): Body {
  return kafkaBody({
    sources: [
      kafkaSource("orders", {
        schema_fields: [{ name: "order_id", type: "string" }, { name: "customer_id", type: "string" }],
      }),
      kafkaSource("users", {
        schema_fields: [{ name: "user_id", type: "string" }, { name: "email", type: "string" }],
      }),
    ],
    join: {
      enabled: true,
      type: "temporal",
      left_source: { source_id: "orders", key: "customer_id", time_window: "1h" },
      right_source: { source_id: "users", key: "user_id", time_window: "1h" },
      output_fields: [
        { source_id: "orders", name: "order_id", output_name: "ORDER_ID" },
        { source_id: "users", name: "email" },
      ],
    },
    sink: sink({ mapping: [{ name: "ORDER_ID", column_name: "OrderId", column_type: "String" }] }),
    ...changes,
  });
}

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const value = fc.stringMatching(/^[A-Za-z0-9!$%&*+ -]{1,12}$/).filter((text) => text.trim() !== "");
const duration = fc.constantFrom("1s", "90s", "1h30m", "1d", "7d", "500ms", "1.5s", "168h");
const columnType = fc.constantFrom("String", "Nullable(Int64)", "DateTime64(9, 'UTC')", "Map(String, Array(UInt8))");
const pipelineId = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{2,5}$/), { minLength: 2, maxLength: 4 })
  .map((words) => words.join("-"));
const amounts = fc.record({ cpu: fc.constantFrom("500m", "2"), memory: fc.constantFrom("256Mi", "1.5Gi") }, {
  requiredKeys: [],
});
const workers = fc.record({ replicas: fc.integer({ min: 1, max: 9 }), requests: amounts, limits: amounts }, {
  requiredKeys: [],
});
const stream = fc.record({
  maxAge: fc.constantFrom("24h", "90m"),
  maxBytes: fc.constantFrom("0", "10Gi", "1.5TB"),
  maxMsgs: fc.constantFrom(-1, 0, 500),
}, { requiredKeys: [] });
const stateless = fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).chain((names) =>
  fc.tuple(...names.map((output_name) =>
    fc.record({
      expression: value,
      output_name: fc.constant(output_name),
      output_type: fc.constantFrom("string", "int64", "[]string", "map", "float"),
    })
  ))
);

const kafka = fc.record({
  type: fc.constantFrom("kafka", " Kafka "),
  source_id: name,
  connection_params: fc.record({
    brokers: fc.array(value, { minLength: 1, maxLength: 3 }),
    mechanism: fc.constantFrom("SCRAM-SHA-256", "PLAIN"),
    protocol: fc.constantFrom("SASL_SSL", "SASL_PLAINTEXT"),
    username: value,
    password: value,
    root_ca: value,
    client_cert: value,
    client_key: value,
    skip_tls_verification: fc.boolean(),
  }, { requiredKeys: ["brokers", "protocol", "username", "password"] }),
  topic: value,
  consumer_group_initial_offset: fc.constantFrom("latest", "EARLIEST", ""),
  schema_version: fc.constantFrom("1", "42"),
  schema_fields: fc.uniqueArray(
    fc.record({ name, type: fc.constantFrom("string", "int32", "datetime", "object", "Boolean") }),
    { selector: (field) => field.name, minLength: 1, maxLength: 5 },
  ),
}, { requiredKeys: ["type", "source_id", "connection_params", "topic", "schema_fields", "schema_version"] });

const otlp = fc.record({ type: fc.constantFrom<OtlpSourceType>(...OTLP_SOURCE_TYPES), source_id: name });

interface Chosen {
  source: { source_id: string; [key: string]: unknown };
  fields: { name: string }[];
  otlp: boolean;
}

const chosen: fc.Arbitrary<Chosen> = fc.oneof(
  kafka.map((source): Chosen => ({ source, fields: source.schema_fields, otlp: false })),
  otlp.map((source): Chosen => ({ source, fields: [...OTLP_FIELDS[source.type]], otlp: true })),
);

/** Valid bodies of create: Kafka and OTLP, every combination of transforms, full and partial resources. */
export const validBody: fc.Arbitrary<Body> = chosen.chain(({ source, fields, otlp }) =>
  fc.record({
    pipeline_id: pipelineId,
    name: fc.option(value, { nil: undefined }),
    key: fc.constantFrom(...fields.map((field) => field.name)),
    window: duration,
    use: fc.record({ dedup: fc.boolean(), filter: fc.option(value), stateless: fc.option(stateless) }),
    columns: fc.uniqueArray(fc.tuple(name, columnType, fc.nat()), { selector: ([column]) => column, maxLength: 5 }),
    connection: fc.record({
      host: fc.constantFrom("clickhouse.example", "10.0.0.1", "::1", "a_b"),
      port: value,
      database: value,
      username: value,
      password: value,
      secure: fc.boolean(),
    }),
    table: value,
    batch: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
    delay: fc.option(fc.oneof(duration, fc.constant("0s")), { nil: undefined }),
    tags: fc.option(fc.array(value, { maxLength: 3 })),
    nats: fc.option(fc.record({ stream }, { requiredKeys: [] }), { nil: undefined }),
    workers: fc.record({ source: workers, transform: workers, sink: workers }, { requiredKeys: [] }),
    size: fc.option(fc.constantFrom("20Gi", "500M"), { nil: undefined }),
    reversed: fc.boolean(),
  }).map((pick): Body => {
    const { source_id } = source;
    const transforms: Body[] = [];
    if (pick.use.dedup) {
      transforms.push({ type: "dedup", source_id, config: { key: pick.key, time_window: pick.window } });
    }
    if (pick.use.filter) {
      transforms.push({ type: "filter", source_id, config: { expression: pick.use.filter } });
    }
    if (pick.use.stateless) {
      transforms.push({ type: "stateless", source_id, config: { transforms: pick.use.stateless } });
    }
    if (pick.reversed) transforms.reverse();
    const feed = pick.use.stateless?.map((output) => output.output_name) ?? fields.map((field) => field.name);
    return {
      pipeline_id: pick.pipeline_id,
      name: pick.name,
      sources: [source],
      transforms,
      sink: {
        type: "clickhouse",
        connection_params: pick.connection,
        table: pick.table,
        max_batch_size: pick.batch,
        max_delay_time: pick.delay,
        mapping: pick.columns.map(([column_name, column_type, at]) => ({
          name: feed[at % feed.length],
          column_name,
          column_type,
        })),
      },
      metadata: { tags: pick.tags },
      resources: {
        nats: pick.nats,
        sources: otlp || !pick.workers.source ? undefined : [{ source_id, ...pick.workers.source }],
        transform: pick.workers.transform && [{
          source_id,
          ...pick.workers.transform,
          storage: pick.use.dedup && pick.size ? { size: pick.size } : undefined,
        }],
        sink: pick.workers.sink,
      },
    };
  })
);
