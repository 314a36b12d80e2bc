/** Records and schemas as discovery shows them. */
import { SchemaError } from "../../pipeline/formats/errors.ts";
import type { FormatField } from "../../pipeline/formats/field.ts";
import { avroFields } from "../../pipeline/formats/avro/fields.ts";
import { parseAvro } from "../../pipeline/formats/avro/schema.ts";
import { jsonFields } from "../../pipeline/formats/json/fields.ts";
import { protoFields } from "../../pipeline/formats/protobuf/fields.ts";
import { parseProto } from "../../pipeline/formats/protobuf/schema.ts";
import type { RegisteredSchema } from "../../pipeline/formats/records.ts";
import type { SampleEvent } from "../../runtime/discovery/kafka.ts";

/** Bytes of a key or value that are shown. */
const MOST_BYTES = 256 << 10;

/** Text as it is, other bytes in base64. `schema_id`: what a registry's header in front of the value says. */
export function shownEvent({ offset, timestamp, key, value }: SampleEvent): Record<string, unknown> {
  const framed = value !== null && value.length >= 5 && value[0] === 0;
  return {
    offset,
    timestamp: new Date(timestamp).toISOString(),
    key: key && shownBytes(key),
    value: value && shownBytes(value),
    ...(framed ? { schema_id: new DataView(value.buffer, value.byteOffset).getUint32(1) } : {}),
  };
}

function shownBytes(bytes: Uint8Array): Record<string, unknown> {
  const shown = bytes.subarray(0, MOST_BYTES);
  const more = shown.length < bytes.length ? { truncated: true, size: bytes.length } : {};
  try {
    // A cut may be within a character.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(shown, { stream: shown.length < bytes.length });
    if (!text.includes("\0")) return { text, ...more };
  } catch {
    // no text; shown as bytes
  }
  return { base64: shown.toBase64(), ...more };
}

export function shownSchema(schema: RegisteredSchema & { id: number; version?: number }): Record<string, unknown> {
  const { id, version, type, text } = schema;
  const about = { id, ...(version !== undefined ? { version } : {}), format: type.toLowerCase(), schema: text };
  try {
    return { ...about, ...fieldsOf(schema) };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return { ...about, problem: error.message };
  }
}

function fieldsOf({ type, text, references }: RegisteredSchema): Record<string, unknown> {
  const shown = (fields: readonly FormatField[]) => fields.map(({ name, spelling }) => ({ name, type: spelling }));
  switch (type) {
    case "AVRO":
      return { fields: shown(avroFields(parseAvro(text, references.map((each) => each.text)))) };
    case "PROTOBUF": {
      const { messages, order } = parseProto(text, references);
      const message_types = order.map(({ name }) => name);
      return { message_types, fields: order.length > 0 ? shown(protoFields(messages.get(order[0].name)!)) : [] };
    }
    case "JSON":
      return { fields: shown(jsonFields(text)) };
    default:
      return { problem: `schemas of type ${type} cannot be read` };
  }
}
