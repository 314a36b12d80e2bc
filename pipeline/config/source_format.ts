/** The format of a Kafka source's messages, and the fields of those that are not JSON: what their schema says. */
import { SchemaError } from "../formats/errors.ts";
import type { FormatField } from "../formats/field.ts";
import { fieldsOfAvro, MAX_AVRO_BYTES } from "../formats/avro/mod.ts";
import { fieldsOfProto, MAX_PROTO_BYTES } from "../formats/protobuf/mod.ts";
import type { Problems } from "./config_error.ts";
import type { KafkaWire, SchemaField } from "./source_kafka.ts";

export const KAFKA_FORMATS = ["json", "avro", "protobuf"] as const;
export type KafkaFormat = typeof KAFKA_FORMATS[number];

const LIMITS = { avro: MAX_AVRO_BYTES, protobuf: MAX_PROTO_BYTES } as const;

export function messageType(wire: KafkaWire, format: KafkaFormat): string {
  return format === "protobuf" ? wire.schema?.message_type?.trim() ?? "" : "";
}

/** The fields of `schema.file`; findings go to `problems`. */
export function readSchemaFile(
  wire: KafkaWire,
  format: "avro" | "protobuf",
  source: string,
  at: string,
  problems: Problems,
): SchemaField[] {
  const { file } = wire.schema ?? {};
  const message = messageType(wire, format);
  if ((wire.schema_fields ?? []).length > 0 || (wire.schema?.fields ?? []).length > 0) {
    problems.add(
      `${at}.schema_fields`,
      `${source}: the fields of ${format} are those of schema.file; leave schema_fields out`,
    );
  }
  if (!file?.trim()) {
    problems.add(`${at}.schema.file`, `${source}: format ${format} needs its schema in schema.file`);
    return [];
  }
  if (new TextEncoder().encode(file).length > LIMITS[format]) {
    problems.add(
      `${at}.schema.file`,
      `${source}: the schema of ${format} must have at most ${LIMITS[format] >> 10} KiB`,
    );
    return [];
  }
  if (format === "protobuf" && message === "") {
    problems.add(`${at}.schema.message_type`, `${source}: format protobuf needs schema.message_type`);
    return [];
  }
  try {
    return (format === "avro" ? fieldsOfAvro(file) : fieldsOfProto(file, message)).map(schemaField);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    problems.add(`${at}.schema.file`, `${source}: ${error.message}`);
    return [];
  }
}

function schemaField({ name, type, spelling, nullable }: FormatField): SchemaField {
  return { name, type: spelling, field_type: type, ...(nullable && { nullable }) };
}
