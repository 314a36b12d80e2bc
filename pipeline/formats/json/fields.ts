/**
 * The fields of a JSON Schema: objects are flattened to dotted names, arrays stay one field. Properties without a type, and
 * objects without properties, give no field.
 */
import type { FieldType } from "../../scan/mod.ts";
import { SchemaError } from "../errors.ts";
import { type FormatField, MAX_FIELDS, MAX_LEVELS } from "../field.ts";

const TYPES: Readonly<Record<string, FieldType>> = {
  string: "string",
  integer: "int",
  number: "float",
  boolean: "bool",
  array: "array",
};

/** @throws {SchemaError} */
export function jsonFields(text: string): FormatField[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new SchemaError("invalid schema: it is not valid JSON");
  }
  if (!isObject(root) || root.type !== "object") {
    throw new SchemaError("invalid schema: its root must be of type object");
  }
  if (!isObject(root.properties) && root.additionalProperties === undefined) {
    throw new SchemaError("invalid schema: its root needs properties");
  }
  const fields: FormatField[] = [];
  const walk = (schema: Record<string, unknown>, prefix: string, level: number) => {
    if (!isObject(schema.properties)) return;
    for (const [name, property] of Object.entries(schema.properties)) {
      if (!isObject(property)) continue;
      const [kind, nullable] = typeOf(property.type);
      if (kind === "object" && level < MAX_LEVELS) walk(property, `${prefix}${name}.`, level + 1);
      const type = kind !== undefined && Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined;
      if (type) fields.push({ name: prefix + name, type, spelling: type, nullable });
      if (fields.length > MAX_FIELDS) throw new SchemaError(`the schema has more than ${MAX_FIELDS} fields`);
    }
  };
  walk(root, "", 1);
  return fields;
}

/** A list of types is its first one besides null. */
function typeOf(type: unknown): [kind: string | undefined, nullable: boolean] {
  if (typeof type === "string") return [type, false];
  if (!Array.isArray(type)) return [undefined, false];
  return [type.find((each): each is string => typeof each === "string" && each !== "null"), type.includes("null")];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
