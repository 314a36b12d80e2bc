/** Protobuf sources: the fields of their message, and their records → columns. */
import type { Target } from "../../scan/mod.ts";
import type { Cursor } from "../cursor.ts";
import { SchemaError } from "../errors.ts";
import { type FormatField, incompatibility } from "../field.ts";
import { BinaryRecords, type MakeReader, type RecordSource } from "../records.ts";
import { protoFields } from "./fields.ts";
import { protoReader } from "./reader.ts";
import { type MessagePlace, parseProto, type ProtoFile, type ProtoMessage } from "./schema.ts";

export const MAX_PROTO_BYTES = 256 << 10;

/** @throws {SchemaError} */
export function fieldsOfProto(file: string, messageType: string): FormatField[] {
  return protoFields(messageNamed(parseProto(file), messageType));
}

/** By its full name, or by its last part if only one message has that. */
function messageNamed({ messages, order }: ProtoFile, name: string): ProtoMessage {
  const own = new Set<string>();
  const note = (places: readonly MessagePlace[]) => {
    for (const place of places) {
      own.add(place.name);
      note(place.inside);
    }
  };
  note(order);
  const found = [...own].filter((each) => each === name || each.endsWith(`.${name}`));
  const exact = found.find((each) => each === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return messages.get(exact)!;
  throw new SchemaError(
    found.length > 1
      ? `message_type ${name} is more than one message of the Protobuf schema: ${found.join(", ")}`
      : `message_type ${name} is not in the Protobuf schema, which has ${[...own].join(", ") || "no message"}`,
  );
}

export const makeProtoReader: MakeReader = ({ type, text, references }, { fields, messageType }) => {
  if (type !== "PROTOBUF") throw new SchemaError(`it is of type ${type}, the source reads protobuf`);
  const file = parseProto(text, references);
  const message = messageNamed(file, messageType);
  const problem = incompatibility(fields, protoFields(message));
  if (problem !== null) throw new SchemaError(problem);
  const read = protoReader(message, fields);
  return (cursor, slots) => {
    const name = writtenMessage(cursor, file.order);
    if (name !== message.name) {
      cursor.fail(
        name === null ? "its message is not in the schema" : `it is a ${name}, the source reads ${message.name}`,
      );
    }
    read(cursor, slots);
  };
};

/** The message that the path in front of the payload leads to; null: to none. */
function writtenMessage(c: Cursor, order: readonly MessagePlace[]): string | null {
  c.zigzag();
  const length = c.hi === 0 && c.lo >= 0 ? c.lo : c.fail("a path to its message of no valid length");
  if (length === 0) return order[0]?.name ?? null; // short for [0]
  let places = order;
  let name: string | null = null;
  for (let i = 0; i < length; i++) {
    c.zigzag();
    const place: MessagePlace | undefined = c.hi === 0 ? places[c.lo] : undefined;
    name = place?.name ?? null;
    places = place?.inside ?? [];
  }
  return name;
}

export const bindRecords = (source: RecordSource, columns: readonly (Target | null)[]) =>
  new BinaryRecords(source, makeProtoReader, "PROTOBUF", columns);
