/**
 * The wire schema of configurations of version 2, as far as they are converted; see v2.ts. Properties that are not
 * listed are ignored, as every reader of version 2 did.
 */
import { z } from "zod";
import { pipelineResourcesSchema } from "./resources_schema.ts";
import { kafkaConnectionSchema, schemaRegistrySchema } from "./source_kafka.ts";
import { durationText, flag, integer, optional, required, text } from "./wire.ts";

const dedupSchema = z.object({
  enabled: optional(flag, "Whether records are deduplicated."),
  key: optional(text, "Field whose value makes a record unique."),
  id_field: optional(text, "Older name of `key`, which wins."),
  time_window: optional(durationText, "How long a key is remembered."),
});

const fieldSchema = z.object({
  source_id: optional(text, "Id or name of the topic; not needed with one topic."),
  name: required(text, "Field name."),
  type: optional(text, "Field type."),
  column_name: optional(text, "Column the field goes to."),
  column_type: optional(text, "ClickHouse type of that column."),
});

const topicSchema = z.object({
  id: optional(text, "Id of the topic; its name if absent."),
  name: required(text, "Topic to read."),
  consumer_group_initial_offset: optional(text, "earliest or latest."),
  schema_version: optional(text, "Version id of the schema."),
  schema_registry: optional(looseOf(schemaRegistrySchema), "Schema registry of the topic."),
  replicas: optional(integer, "Number of workers that read the topic."),
  deduplication: optional(dedupSchema, "Deduplication of the topic's records."),
  schema: optional(z.object({ fields: optional(z.array(fieldSchema), "Fields.") }), "The topic's own schema."),
  schema_fields: optional(z.array(fieldSchema), "The same in its other form."),
});

const connectionShape = {
  host: optional(text, "Host name or address of the server."),
  port: optional(text, "Port of the native protocol, as text."),
  http_port: optional(text, "Port of the HTTP interface, as text."),
  database: optional(text, "Database of the table."),
  username: optional(text, "User name."),
  password: optional(text, "Password; base64 outside `connection_params`.", { secret: true }),
  secure: optional(flag, "Use TLS."),
  skip_certificate_verification: optional(flag, "Accept any server certificate."),
};

export const v2Schema = z.object({
  pipeline_id: required(text, "Id of the pipeline."),
  name: optional(text, "Display name."),
  metadata: optional(z.object({ tags: optional(z.array(text), "Free labels.") }), "Labels of the pipeline."),
  source: required(
    z.object({
      type: required(text, "kafka, otlp.logs, otlp.traces or otlp.metrics."),
      id: optional(text, "Name of an OTLP source."),
      connection_params: optional(looseOf(kafkaConnectionSchema), "How to reach the brokers."),
      topics: optional(z.array(topicSchema), "One topic, or two with a join."),
      deduplication: optional(dedupSchema, "Deduplication of an OTLP source."),
    }),
    "Where records come from.",
  ),
  filter: optional(
    z.object({ enabled: optional(flag, "Whether it is used."), expression: optional(text, "The expression.") }),
    "Filter of the first source.",
  ),
  stateless_transformation: optional(
    z.object({
      enabled: optional(flag, "Whether it is used."),
      source_id: optional(text, "Source it reads; the first if absent."),
      config: optional(
        z.object({
          transform: optional(
            z.array(z.object({
              expression: required(text, "Expression that gives the value."),
              output_name: required(text, "Name of the output field."),
              output_type: required(text, "Type of the output field."),
            })),
            "Output fields.",
          ),
        }),
        "Settings.",
      ),
    }),
    "Stateless transform.",
  ),
  join: optional(
    z.object({
      enabled: optional(flag, "Whether the topics are joined."),
      type: optional(text, "Only temporal."),
      sources: optional(
        z.array(z.object({
          source_id: required(text, "Id or name of the topic."),
          join_key: required(text, "Field whose values are matched."),
          time_window: required(durationText, "How long a record waits for its partner."),
          orientation: required(text, "left or right."),
        })),
        "Exactly one left and one right.",
      ),
      fields: optional(
        z.array(z.object({
          source_id: required(text, "Id or name of the topic."),
          name: required(text, "Field of that topic."),
          output_name: optional(text, "Name in the joined record."),
        })),
        "Fields of the joined record; all fields if absent.",
      ),
    }),
    "Join of two topics.",
  ),
  schema: optional(z.object({ fields: optional(z.array(fieldSchema), "Fields.") }), "Fields and their columns."),
  sink: required(
    z.object({
      type: optional(text, "Always clickhouse."),
      ...connectionShape,
      connection_params: optional(z.object(connectionShape), "The same, nested; wins where it is not empty."),
      table: optional(text, "Table to insert into."),
      max_batch_size: optional(integer, "Rows per insert at most."),
      max_delay_time: optional(durationText, "Longest wait before an incomplete batch is inserted."),
      mapping: optional(
        z.array(z.object({
          source_id: optional(text, "Id or name of the topic; tells fields of one name apart."),
          name: required(text, "Field."),
          column_name: required(text, "Column of the table."),
          column_type: required(text, "ClickHouse type of the column."),
        })),
        "Which field goes to which column; made from `schema.fields` if absent.",
      ),
    }),
    "Where records go.",
  ),
  pipeline_resources: optional(looseOf(pipelineResourcesSchema), "Workers and limits by component."),
});

export type WireV2 = z.infer<typeof v2Schema>;
export type V2Topic = z.infer<typeof topicSchema>;
export type V2Field = z.infer<typeof fieldSchema>;

/** The same properties at every level, others ignored. */
function looseOf<S extends z.ZodType>(schema: S): S {
  const loose = (inner: z.core.$ZodType): z.ZodType => {
    if (inner instanceof z.ZodOptional) return z.optional(loose(inner.unwrap()));
    if (inner instanceof z.ZodNullable) return z.nullable(loose(inner.unwrap()));
    if (!(inner instanceof z.ZodObject)) return inner as z.ZodType;
    const shape = inner.shape as z.ZodRawShape;
    const same = Object.entries(shape).map(([name, field]) => [name, keepingNames(loose(field), field)] as const);
    return z.object(Object.fromEntries(same));
  };
  return loose(schema) as unknown as S;
}

/** Other spellings of a property are known by what its schema says of itself. */
function keepingNames(loose: z.ZodType, original: z.core.$ZodType): z.ZodType {
  return loose.meta({ ...(original as z.ZodType).meta() });
}
