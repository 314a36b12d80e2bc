/**
 * How a source's fields travel on the first edge: column types, and what a missing value looks like there.
 *
 * OTLP logs: the predefined schema with instants as nanoseconds and counts as UInt32. JSON sources: one type per
 * declared field type; arrays and maps as the raw JSON text.
 */
import { type FieldDecl, isOtlp, type Source } from "../config/mod.ts";
import type { FieldDeclaration } from "../expr/mod.ts";
import { OTLP_FIELDS } from "../config/mod.ts";
import type { Layout } from "../native/mod.ts";

export interface SourceField extends FieldDecl {
  /** Type of the column on the edge. */
  readonly columnType: string;
  /** The column is Nullable: the value may be null or absent. */
  readonly nullable: boolean;
  /** An empty text stands for an absent value: the original leaves such keys out. */
  readonly omitEmpty: boolean;
  /** A number that travels as its JSON text, so that no digit is lost. */
  readonly exact?: boolean;
}

/** Every field of a source in its fixed order. */
export function sourceFieldsOf(source: Source): readonly SourceField[] {
  if (isOtlp(source)) return OTLP_FIELDS[source.type].map((field) => otlpField(source.type, field));
  return source.schema_fields.map(({ name, field_type, nullable = false }): SourceField => ({
    name,
    type: field_type,
    columnType: columnOf(JSON_TYPES[field_type], nullable),
    nullable,
    omitEmpty: false,
  }));
}

/** All fields of a source as columns. */
export function fullLayout(source: Source): Layout {
  return sourceFieldsOf(source).map(({ name, columnType }) => ({ name, type: columnType }));
}

/** The field with all its digits, if it is a JSON number that goes into a column which can hold more than a double or 64 bits. */
export function withDigits(field: SourceField, columnTypes: readonly string[]): SourceField {
  const wider = WIDER[field.type];
  const { nullable } = field;
  if (wider === undefined || field.columnType !== columnOf(JSON_TYPES[field.type], nullable)) return field;
  if (!columnTypes.some((type) => wider.test(type))) return field;
  return { ...field, columnType: columnOf("String", nullable), exact: true };
}

/** What the expression checker is told of a field. */
export function declarationOf(field: SourceField): FieldDeclaration {
  const { name, type, columnType } = field;
  return {
    name,
    type,
    nullable: field.nullable || field.omitEmpty,
    small: /^(Nullable\()?U?Int(8|16|32)\b/.test(columnType),
  };
}

function columnOf(type: string, nullable: boolean): string {
  return nullable ? `Nullable(${type})` : type;
}

const INSTANT = "DateTime64(9, 'UTC')";
const INSTANTS = new Set(["timestamp", "observed_timestamp", "start_timestamp", "end_timestamp"]);
const OMIT_EMPTY = new Set(["trace_id", "span_id", "parent_span_id", "trace_state", "status_message", "scope_version"]);
/** Metric fields that are null where they do not apply. */
const NULLABLE = new Set(
  ("aggregation_temporality is_monotonic value_double value_int count sum min max scale zero_count zero_threshold " +
    "positive_offset negative_offset").split(" "),
);
const WIDE = new Set(["duration_ns", "count", "zero_count"]);

function otlpField(source: string, { name, type }: FieldDecl): SourceField {
  const nullable = source === "otlp.metrics" && NULLABLE.has(name);
  const plain = INSTANTS.has(name)
    ? INSTANT
    : type === "uint" && !WIDE.has(name)
    ? "UInt32"
    : type === "map"
    ? "Map(String, String)"
    : JSON_TYPES[type];
  return {
    name,
    type,
    columnType: nullable ? `Nullable(${plain})` : plain,
    nullable,
    omitEmpty: OMIT_EMPTY.has(name),
  };
}

const WIDER: Readonly<Partial<Record<FieldDecl["type"], RegExp>>> = {
  int: /\b(?:Decimal|U?Int(?:128|256)\b)/,
  uint: /\b(?:Decimal|U?Int(?:128|256)\b)/,
  float: /\b(?:Decimal|U?Int(?:64|128|256)\b)/,
};

const JSON_TYPES: Readonly<Record<FieldDecl["type"], string>> = {
  string: "String",
  bool: "Bool",
  int: "Int64",
  uint: "UInt64",
  float: "Float64",
  array: "String",
  map: "String",
};
