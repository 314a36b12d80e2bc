/** Avro schemas: JSON text → types, with every name resolved. Records may contain themselves. */
import { SchemaError } from "../errors.ts";

export type AvroType =
  | { readonly kind: "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" }
  | { readonly kind: "decimal"; readonly scale: number; /** −1: bytes of any length. */ readonly size: number }
  | { readonly kind: "fixed"; readonly name: string; readonly size: number }
  | { readonly kind: "enum"; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: "array" | "map"; readonly items: AvroType }
  | { readonly kind: "union"; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: "record";
  readonly name: string;
  readonly fields: { readonly name: string; readonly type: AvroType }[];
}

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;
const MAX_DEPTH = 64;

type Names = Map<string, AvroType>;

/**
 * The record that a schema describes. `references`: schemas whose names it uses, in an order in which each needs only those
 * before it.
 *
 * @throws {SchemaError}
 */
export function parseAvro(text: string, references: readonly string[] = []): AvroRecord {
  const names: Names = new Map();
  for (const each of references) read(json(each), "", names, 0);
  const type = read(json(text), "", names, 0);
  if (type.kind !== "record") throw new SchemaError(`the root of an Avro schema must be a record, not ${type.kind}`);
  return type;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SchemaError("the Avro schema is not valid JSON");
  }
}

function read(schema: unknown, namespace: string, names: Names, depth: number): AvroType {
  if (depth > MAX_DEPTH) throw new SchemaError(`the Avro schema is nested more than ${MAX_DEPTH} levels deep`);
  if (typeof schema === "string") return named(schema, namespace, names);
  if (Array.isArray(schema)) {
    if (schema.length === 0) throw new SchemaError("an Avro union needs a branch");
    return { kind: "union", branches: schema.map((each) => read(each, namespace, names, depth + 1)) };
  }
  if (schema === null || typeof schema !== "object") {
    throw new SchemaError("an Avro type is a name, a list or an object");
  }
  const { type, logicalType } = schema as Record<string, unknown>;
  const inner = schema as Record<string, unknown>;
  switch (type) {
    case "record":
    case "error":
      return record(inner, namespace, names, depth);
    case "enum": {
      const [name] = nameOf(inner, namespace);
      const { symbols } = inner;
      if (!Array.isArray(symbols) || !symbols.every((each) => typeof each === "string")) {
        throw new SchemaError(`the Avro enum ${name} needs symbols`);
      }
      return define(names, name, { kind: "enum", name, symbols });
    }
    case "fixed": {
      const [name] = nameOf(inner, namespace);
      const { size } = inner;
      if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > 1 << 24) {
        throw new SchemaError(`the Avro fixed ${name} needs a size`);
      }
      return define(
        names,
        name,
        logicalType === "decimal" ? { kind: "decimal", scale: scaleOf(inner), size } : { kind: "fixed", name, size },
      );
    }
    case "array":
      return { kind: "array", items: read(inner.items, namespace, names, depth + 1) };
    case "map":
      return { kind: "map", items: read(inner.values, namespace, names, depth + 1) };
    case "bytes":
      return logicalType === "decimal" ? { kind: "decimal", scale: scaleOf(inner), size: -1 } : { kind: "bytes" };
    default:
      return read(type, namespace, names, depth + 1);
  }
}

function scaleOf({ scale = 0 }: Record<string, unknown>): number {
  if (typeof scale !== "number" || !Number.isInteger(scale) || scale < 0 || scale > 1_000) {
    throw new SchemaError("the scale of an Avro decimal must be a whole number from 0 to 1000");
  }
  return scale;
}

function record(schema: Record<string, unknown>, namespace: string, names: Names, depth: number): AvroRecord {
  const [name, space] = nameOf(schema, namespace);
  const { fields } = schema;
  if (!Array.isArray(fields)) throw new SchemaError(`the Avro record ${name} needs fields`);
  const made: AvroRecord = { kind: "record", name, fields: [] };
  define(names, name, made);
  const seen = new Set<string>();
  for (const field of fields as unknown[]) {
    const { name: fieldName, type } = (field ?? {}) as Record<string, unknown>;
    if (typeof fieldName !== "string" || !/^[A-Za-z_]\w*$/.test(fieldName)) {
      throw new SchemaError(`a field of the Avro record ${name} has no valid name`);
    }
    if (seen.has(fieldName)) throw new SchemaError(`the Avro record ${name} has the field ${fieldName} twice`);
    seen.add(fieldName);
    made.fields.push({ name: fieldName, type: read(type, space, names, depth + 1) });
  }
  return made;
}

/** Full name, and the namespace of what is inside. */
function nameOf({ name, namespace: own }: Record<string, unknown>, outer: string): [name: string, namespace: string] {
  if (typeof name !== "string" || !/^[A-Za-z_][\w.]*$/.test(name)) {
    throw new SchemaError("an Avro record, enum or fixed has no valid name");
  }
  const dot = name.lastIndexOf(".");
  if (dot >= 0) return [name, name.slice(0, dot)];
  const space = typeof own === "string" ? own : outer;
  return [space === "" ? name : `${space}.${name}`, space];
}

function named(name: string, namespace: string, names: Names): AvroType {
  const primitive = PRIMITIVES.find((each) => each === name);
  if (primitive) return { kind: primitive };
  const found = names.get(name.includes(".") || namespace === "" ? name : `${namespace}.${name}`) ?? names.get(name);
  if (!found) {
    throw new SchemaError(`the Avro schema uses the type ${JSON.stringify(name.slice(0, 100))} without defining it`);
  }
  return found;
}

function define(names: Names, name: string, type: AvroType): AvroType {
  if (names.has(name)) throw new SchemaError(`the Avro schema defines ${name} twice`);
  names.set(name, type);
  return type;
}
