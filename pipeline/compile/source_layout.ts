/** The types in which a source's fields travel on the first edge. */
import { type FieldDecl, type Source, sourceFieldsOf } from "../config/mod.ts";
import type { Layout } from "../native/mod.ts";

/** Every field of a source in its fixed order. */
export function fieldsOfSource(source: Source): readonly FieldDecl[] {
  return sourceFieldsOf(source);
}

const INSTANTS = new Set(["timestamp", "observed_timestamp", "start_timestamp", "end_timestamp"]);

/** OTLP: timestamps as nanoseconds, unsigned 32-bit counts, maps of strings. JSON: one type per declared field type. */
export function sourceLayout(source: Source, fields: readonly FieldDecl[]): Layout {
  const typeOf = source.type === "kafka" ? jsonType : otlpType;
  return fields.map((field) => ({ name: field.name, type: typeOf(field) }));
}

function otlpType({ name, type }: FieldDecl): string {
  if (INSTANTS.has(name)) return "DateTime64(9, 'UTC')";
  return { string: "String", uint: "UInt32", int: "Int64", float: "Float64", bool: "Bool", map: MAP, array: "String" }[
    type
  ];
}

const MAP = "Map(String, String)";

function jsonType({ type }: FieldDecl): string {
  return {
    string: "String",
    bool: "Bool",
    int: "Int64",
    uint: "UInt64",
    float: "Float64",
    array: "String",
    map: "String",
  }[type];
}
