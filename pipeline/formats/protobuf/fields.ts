/** The fields of a Protobuf message: each field, and those inside of messages under dotted names. */
import type { FieldType } from "../../scan/mod.ts";
import { SchemaError } from "../errors.ts";
import { type FormatField, MAX_FIELDS, MAX_LEVELS } from "../field.ts";
import type { ProtoField, ProtoMessage, Scalar } from "./schema.ts";

const TYPES: Readonly<Record<Scalar, readonly [FieldType, string]>> = {
  double: ["float", "float64"],
  float: ["float", "float32"],
  int32: ["int", "int32"],
  sint32: ["int", "int32"],
  sfixed32: ["int", "int32"],
  int64: ["int", "int64"],
  sint64: ["int", "int64"],
  sfixed64: ["int", "int64"],
  uint32: ["uint", "uint32"],
  fixed32: ["uint", "uint32"],
  uint64: ["uint", "uint64"],
  fixed64: ["uint", "uint64"],
  bool: ["bool", "bool"],
  string: ["string", "string"],
  bytes: ["string", "bytes"],
};

/** A field that knows "absent" may be null, as may everything below a message. @throws {SchemaError} */
export function protoFields(root: ProtoMessage): FormatField[] {
  const fields: FormatField[] = [];
  const walk = (message: ProtoMessage, prefix: string, nullable: boolean, around: readonly ProtoMessage[]) => {
    for (const field of message.fields) {
      const [type, spelling] = columnOf(field);
      const mayBeNull = nullable || (field.presence && !field.required);
      fields.push({ name: prefix + field.name, type, spelling, nullable: mayBeNull });
      if (fields.length > MAX_FIELDS) throw new SchemaError(`the Protobuf schema has more than ${MAX_FIELDS} fields`);
      const inner = messageIn(field);
      if (inner && !around.includes(inner) && around.length < MAX_LEVELS) {
        walk(inner, `${prefix}${field.name}.`, mayBeNull, [...around, inner]);
      }
    }
  };
  walk(root, "", false, [root]);
  if (fields.length === 0) throw new SchemaError(`the Protobuf message ${root.name} has no fields`);
  return fields;
}

/** The message of a field that has one, and just one. */
export function messageIn({ type, repeated, key }: ProtoField): ProtoMessage | null {
  return type.kind === "message" && !repeated && key === null ? type.message : null;
}

export function columnOf({ type, repeated, key }: ProtoField): readonly [FieldType, string] {
  if (key !== null) return ["map", "map"];
  if (repeated) return ["array", "array"];
  if (type.kind === "message") return ["map", "map"];
  return type.kind === "enum" ? ["string", "string"] : TYPES[type.scalar];
}
