/**
 * Kafka sources: wire schema, model and rules. A Kafka source declares its connection, topic and fields itself.
 */
import { z } from "zod";
import { ConfigError, Problems, quote } from "./config_error.ts";
import { readBody } from "./shape.ts";
import { BASIC_FIELD_TYPES, FIELD_TYPE_SPELLINGS, type FieldType, normaliseFieldType } from "./field_type.ts";
import { checkLogin, KAFKA_MECHANISMS, type KafkaMechanism } from "./kafka_login.ts";
import { KAFKA_FORMATS, type KafkaFormat, messageType, readSchemaFile } from "./source_format.ts";
import { isRegistryUrl } from "./target_host.ts";
import { choice, chosen, filled, flag, list, optional, required, rule, text } from "./wire.ts";

export const KAFKA_PROTOCOLS = ["PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL"] as const;
export type KafkaProtocol = typeof KAFKA_PROTOCOLS[number];

const INITIAL_OFFSETS = ["earliest", "latest"] as const;

const exactly = (name: string, values: readonly string[]) =>
  choice(values, `unsupported ${name}; use one of ${values.join(", ")}`, { exact: true });

export const kafkaConnectionSchema = z.strictObject({
  brokers: rule(
    list(filled(text, "brokers must not be blank"), "Bootstrap servers as `host:port`; at least one."),
    (brokers) => brokers !== null && brokers.length > 0,
    "at least one broker is needed",
    { minItems: 1 },
  ),
  mechanism: optional(
    exactly("mechanism", KAFKA_MECHANISMS),
    "SASL mechanism; NO_AUTH = none.",
    {
      default: "NO_AUTH",
    },
  ),
  protocol: required(
    exactly("protocol", KAFKA_PROTOCOLS),
    "Security protocol, one of PLAINTEXT, SASL_PLAINTEXT, SSL, SASL_SSL.",
  ),
  username: optional(text, "User name; needed for PLAIN and SCRAM."),
  password: optional(text, "Password; needed for PLAIN and SCRAM.", { secret: true }),
  kerberos_service_name: optional(text, "Kerberos service name; needed for GSSAPI."),
  kerberos_realm: optional(text, "Kerberos realm; needed for GSSAPI."),
  kerberos_keytab: optional(text, "Keytab file, base64; needed for GSSAPI.", { secret: true }),
  kerberos_config: optional(text, "Contents of krb5.conf; needed for GSSAPI."),
  oauth_token_endpoint: optional(text, "URL that gives tokens for client credentials; needed for OAUTHBEARER."),
  oauth_client_id: optional(text, "Client id at the token endpoint; needed for OAUTHBEARER."),
  oauth_client_secret: optional(text, "Client secret at the token endpoint; needed for OAUTHBEARER.", { secret: true }),
  oauth_scope: optional(text, "Scopes to ask for, separated by spaces; OAUTHBEARER."),
  oauth_audience: optional(text, "Audience to ask for, where the provider wants one; OAUTHBEARER."),
  oauth_extensions: optional(
    text,
    "SASL extensions as `name=value,name=value`, such as Confluent Cloud's logicalCluster; OAUTHBEARER.",
  ),
  aws_region: optional(text, "Region of the Amazon MSK cluster; needed for AWS_MSK_IAM."),
  aws_access_key_id: optional(text, "AWS access key id; needed for AWS_MSK_IAM."),
  aws_secret_access_key: optional(text, "AWS secret access key; needed for AWS_MSK_IAM.", { secret: true }),
  aws_session_token: optional(text, "Session token of temporary AWS keys; AWS_MSK_IAM.", { secret: true }),
  root_ca: optional(
    text,
    "PEM of the certificate authority that signed the brokers' certificates; system roots if absent.",
  ),
  client_cert: optional(text, "PEM of the client certificate for mutual TLS."),
  client_key: optional(text, "PEM of the client certificate's private key.", { secret: true }),
  skip_tls_verification: optional(flag, "Accept any broker certificate. For tests only.", { default: false }),
  skip_auth: optional(flag, "Kept for compatibility; has no effect.", { default: false }),
});

/** What the scanner looks for. */
const DEEPEST_FIELD = 64;

export const schemaFieldSchema = z.strictObject({
  name: required(
    rule(
      filled(text, "field names must not be blank"),
      (name) => name.split(".").length <= DEEPEST_FIELD,
      `field names must have at most ${DEEPEST_FIELD} parts between dots`,
    ),
    "Field name; dots address nested objects, a literal dotted key wins.",
    {
      examples: ["user.id"],
    },
  ),
  type: required(
    choice(
      BASIC_FIELD_TYPES,
      (type) => `unknown type ${quote(type)}; use ${BASIC_FIELD_TYPES.join(", ")}`,
      { also: [...FIELD_TYPE_SPELLINGS.keys()].filter((name) => !BASIC_FIELD_TYPES.some((each) => each === name)) },
    ),
    "One of string, bool, int, uint, float, array, map, or a sized or alternative spelling (int8-int64, " +
      "uint8-uint64, float32, float64, bytes, datetime, integer, number, boolean, object).",
  ),
});

export const schemaRegistrySchema = z.strictObject({
  url: optional(text, "Base URL of the schema registry."),
  api_key: optional(text, "User name for basic authentication.", { secret: true }),
  api_secret: optional(text, "Password for basic authentication.", { secret: true }),
});

const kafkaSchemaFileSchema = z.strictObject({
  file: optional(
    text,
    "Schema text of the seed version: Avro (JSON, at most 64 KiB) or Protobuf (.proto, at most 256 KiB).",
  ),
  message_type: optional(text, "Message type in the file; needed for protobuf."),
  fields: optional(z.array(schemaFieldSchema), "Fields of a JSON source; the same as `schema_fields`."),
  parsed_fields: optional(z.array(z.unknown()), "Read only: the fields found in the file. Ignored on input."),
});

const format = choice(KAFKA_FORMATS, `unsupported format; use ${KAFKA_FORMATS.join(", ")}`, { blank: true });

/** Properties of a source entry that only Kafka sources use. */
export const kafkaSourceShape = {
  connection_params: optional(kafkaConnectionSchema, "How to reach the brokers."),
  topic: optional(text, "Topic to read."),
  consumer_group_initial_offset: optional(
    choice(INITIAL_OFFSETS, "unsupported consumer_group_initial_offset; use earliest or latest", { blank: true }),
    "Where a new consumer group starts: earliest or latest.",
    { default: "earliest" },
  ),
  format: optional(format, "Message format, one of json, avro, protobuf.", { default: "json" }),
  schema_version: optional(text, "Version id of the schema; the registry's schema id when a registry is used.", {
    default: "1",
  }),
  schema_fields: optional(
    z.array(schemaFieldSchema),
    "Fields of JSON messages; at least one. Avro and Protobuf have theirs in `schema.file`.",
  ),
  schema: optional(kafkaSchemaFileSchema, "Schema in its other form; see `schema_fields`."),
  schema_registry: optional(schemaRegistrySchema, "Schema registry of the topic."),
};
const kafkaSourceProperties = z.strictObject(kafkaSourceShape);

/** A field as declared: `type` as written, `field_type` the basic type behind it. */
export interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly field_type: FieldType;
  /** The message may lack it or have null. Only of fields that a schema declares, or a registry's records. */
  readonly nullable?: boolean;
}

/** The schema that an Avro or Protobuf source was made with. */
export interface SchemaFile {
  readonly file: string;
  /** Empty for Avro. */
  readonly message_type: string;
}

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly mechanism: KafkaMechanism;
  readonly protocol: KafkaProtocol;
  readonly username: string;
  readonly password: string;
  readonly kerberos_service_name: string;
  readonly kerberos_realm: string;
  readonly kerberos_keytab: string;
  readonly kerberos_config: string;
  readonly oauth_token_endpoint: string;
  readonly oauth_client_id: string;
  readonly oauth_client_secret: string;
  readonly oauth_scope: string;
  readonly oauth_audience: string;
  readonly oauth_extensions: string;
  readonly aws_region: string;
  readonly aws_access_key_id: string;
  readonly aws_secret_access_key: string;
  readonly aws_session_token: string;
  readonly root_ca: string;
  readonly client_cert: string;
  readonly client_key: string;
  readonly skip_tls_verification: boolean;
  readonly skip_auth: boolean;
}

export interface SchemaRegistry {
  readonly url: string;
  readonly api_key: string;
  readonly api_secret: string;
}

export interface KafkaSource {
  readonly type: "kafka";
  readonly source_id: string;
  readonly connection_params: KafkaConnection;
  readonly topic: string;
  readonly consumer_group_initial_offset: "earliest" | "latest";
  readonly format: KafkaFormat;
  /** Present exactly when the format is not json. */
  readonly schema?: SchemaFile;
  readonly schema_version: string;
  readonly schema_fields: readonly SchemaField[];
  readonly schema_registry?: SchemaRegistry;
}

export type KafkaWire = z.infer<typeof kafkaSourceProperties>;
type Wire = KafkaWire;
type WireConnection = z.infer<typeof kafkaConnectionSchema>;

/** Applies defaults and checks the rules; findings go to `problems`, the result is then not to be used. */
export function readKafkaSource(wire: Wire, sourceId: string, at: string, problems: Problems): KafkaSource {
  const source = `source ${quote(sourceId)}`;
  if (!wire.connection_params) {
    problems.add(`${at}.connection_params`, `${source}: Kafka source needs connection_params`);
  }
  const connection = readConnection(wire.connection_params ?? { brokers: [], protocol: "" });
  if (wire.connection_params) checkLogin(connection, source, `${at}.connection_params`, problems);
  const topic = wire.topic ?? "";
  if (topic.trim() === "") problems.add(`${at}.topic`, `${source}: Kafka source needs a topic`);
  const registry = wire.schema_registry ?? undefined;
  if (registry && !registry.url?.trim()) {
    problems.add(`${at}.schema_registry.url`, `${source}: schema_registry needs a url`);
  } else if (registry && !isRegistryUrl(registry.url!)) {
    problems.add(
      `${at}.schema_registry.url`,
      `${source}: the registry's url must be http:// or https:// without a user in it; give api_key and api_secret`,
    );
  }
  if (registry && !wire.schema_version?.trim()) {
    problems.add(`${at}.schema_version`, `${source}: schema_version is required with a schema registry`);
  }
  const kind = chosen(KAFKA_FORMATS, wire.format ?? "") ?? "json";
  return {
    type: "kafka",
    source_id: sourceId,
    connection_params: connection,
    topic,
    consumer_group_initial_offset: chosen(INITIAL_OFFSETS, wire.consumer_group_initial_offset ?? "") ?? "earliest",
    format: kind,
    ...(kind !== "json" && { schema: { file: wire.schema?.file ?? "", message_type: messageType(wire, kind) } }),
    schema_version: wire.schema_version?.trim() || "1",
    schema_fields: kind === "json"
      ? readFields(wire, source, at, problems, registry !== undefined)
      : readSchemaFile(wire, kind, source, at, problems),
    ...(registry && {
      schema_registry: {
        url: registry.url ?? "",
        api_key: registry.api_key ?? "",
        api_secret: registry.api_secret ?? "",
      },
    }),
  };
}

/** A connection by itself. @throws {ConfigError} */
export function parseKafkaConnection(input: unknown, at: string): KafkaConnection {
  const { value, broken } = readBody(kafkaConnectionSchema, input, at);
  const problems = new Problems();
  problems.issues.push(...broken);
  const connection = readConnection(value);
  if (!problems.any) checkLogin(connection, "the connection", at, problems);
  if (problems.any) throw ConfigError.rule(problems.issues);
  return connection;
}

function readConnection(wire: WireConnection): KafkaConnection {
  return {
    brokers: wire.brokers ?? [],
    mechanism: (wire.mechanism ?? "NO_AUTH") as KafkaMechanism,
    protocol: wire.protocol as KafkaProtocol,
    username: wire.username ?? "",
    password: wire.password ?? "",
    kerberos_service_name: wire.kerberos_service_name ?? "",
    kerberos_realm: wire.kerberos_realm ?? "",
    kerberos_keytab: wire.kerberos_keytab ?? "",
    kerberos_config: wire.kerberos_config ?? "",
    oauth_token_endpoint: wire.oauth_token_endpoint ?? "",
    oauth_client_id: wire.oauth_client_id ?? "",
    oauth_client_secret: wire.oauth_client_secret ?? "",
    oauth_scope: wire.oauth_scope ?? "",
    oauth_audience: wire.oauth_audience ?? "",
    oauth_extensions: wire.oauth_extensions ?? "",
    aws_region: wire.aws_region ?? "",
    aws_access_key_id: wire.aws_access_key_id ?? "",
    aws_secret_access_key: wire.aws_secret_access_key ?? "",
    aws_session_token: wire.aws_session_token ?? "",
    root_ca: wire.root_ca ?? "",
    client_cert: wire.client_cert ?? "",
    client_key: wire.client_key ?? "",
    skip_tls_verification: wire.skip_tls_verification ?? false,
    skip_auth: wire.skip_auth ?? false,
  };
}

function readFields(wire: Wire, source: string, at: string, problems: Problems, nullable: boolean): SchemaField[] {
  const top = wire.schema_fields ?? [];
  const inner = wire.schema?.fields ?? [];
  const [declared, path] = top.length > 0 ? [top, `${at}.schema_fields`] : [inner, `${at}.schema.fields`];
  if (declared.length === 0) problems.add(`${at}.schema_fields`, `${source}: Kafka source needs schema_fields`);
  if (top.length > 0 && inner.length > 0) {
    problems.add(`${at}.schema.fields`, `${source}: give either schema_fields or schema.fields, not both`);
  }
  const seen = new Set<string>();
  return declared.map((field, i) => {
    const fieldType = normaliseFieldType(field.type);
    if (seen.has(field.name)) {
      problems.add(`${path}[${i}].name`, `${source}: field ${quote(field.name)} is declared twice`);
    }
    seen.add(field.name);
    return {
      name: field.name,
      type: field.type.trim(),
      field_type: fieldType ?? "string",
      ...(nullable && { nullable }),
    };
  });
}
