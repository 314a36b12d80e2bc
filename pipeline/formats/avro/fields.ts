/**
 * The fields of an Avro record: each field, and those inside of records under dotted names. A union is its first branch that
 * is not null; with null among its branches the field may be null, as may everything below a record that may be.
 */
import type { FieldType } from "../../scan/mod.ts";
import { SchemaError } from "../errors.ts";
import { type FormatField, MAX_FIELDS, MAX_LEVELS } from "../field.ts";
import type { AvroRecord, AvroType } from "./schema.ts";

const TYPES: Readonly<Record<AvroType["kind"], readonly [FieldType, string] | null>> = {
  null: null,
  union: null,
  boolean: ["bool", "bool"],
  int: ["int", "int32"],
  long: ["int", "int64"],
  float: ["float", "float32"],
  double: ["float", "float64"],
  bytes: ["string", "bytes"],
  fixed: ["string", "bytes"],
  decimal: ["string", "string"],
  string: ["string", "string"],
  enum: ["string", "string"],
  array: ["array", "array"],
  map: ["map", "map"],
  record: ["map", "map"],
};

/** @throws {SchemaError} */
export function avroFields(root: AvroRecord): FormatField[] {
  const fields: FormatField[] = [];
  const walk = ({ fields: members }: AvroRecord, prefix: string, nullable: boolean, around: readonly AvroRecord[]) => {
    for (const { name, type } of members) {
      const main = mainBranch(type);
      const known = main && TYPES[main.kind];
      if (!known) continue; // always null
      const mayBeNull = nullable || isNullable(type);
      fields.push({ name: prefix + name, type: known[0], spelling: known[1], nullable: mayBeNull });
      if (fields.length > MAX_FIELDS) throw new SchemaError(`the Avro schema has more than ${MAX_FIELDS} fields`);
      if (main.kind === "record" && !around.includes(main) && around.length < MAX_LEVELS) {
        walk(main, `${prefix}${name}.`, mayBeNull, [...around, main]);
      }
    }
  };
  walk(root, "", false, [root]);
  if (fields.length === 0) throw new SchemaError("the Avro schema has no fields");
  return fields;
}

/** The branch that gives a union its type; null when it has only null. */
export function mainBranch(type: AvroType): AvroType | null {
  if (type.kind !== "union") return type.kind === "null" ? null : type;
  return type.branches.find(({ kind }) => kind !== "null") ?? null;
}

function isNullable(type: AvroType): boolean {
  return type.kind === "union" && type.branches.some(({ kind }) => kind === "null");
}
