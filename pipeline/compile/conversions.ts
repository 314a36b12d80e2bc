/**
 * Which source values fit which column types. Beyond what the original accepts: numbers to any numeric column, `uint` to
 * date-times, arrays and maps to String as JSON text, decimals, wide integers, tuples and JSON. Texts go into decimals and into
 * integers beyond 64 bits, since JSON producers write as texts what their numbers cannot hold.
 */
import type { FieldType } from "../config/mod.ts";
import { type ChType, parseType, type TupleType } from "../native/mod.ts";
import type { OutputSource } from "./plan.ts";
import { bareType } from "./row/bare_type.ts";
import type { TargetColumn } from "./target_columns.ts";

/** What a value is when it meets its column: a declared type, or an instant that is carried as ticks. */
export type ValueKind = FieldType | "instant";

export function kindOf(from: OutputSource, column: TargetColumn): ValueKind {
  if (from.key !== undefined) return "string";
  if (from.kind === "output") return column.field.type;
  return isInstant(from.field.columnType) ? "instant" : from.field.type;
}

function isInstant(type: string): boolean {
  const parsed = parseType(type);
  return parsed.kind === "DateTime64";
}

/** Names both sides, or null if values of the source go into the column. */
export function conversionProblem(from: OutputSource, column: TargetColumn): string | null {
  const kind = kindOf(from, column);
  if (fits(kind, column.type)) return null;
  const given = kind === "instant" ? "a timestamp" : `type ${kind}`;
  return `field ${column.mapped} has ${given}, which does not fit column ${column.name} of type ${column.typeText}: ` +
    "map another field, change the column's type, or convert the value in a stateless transform";
}

export function fits(kind: ValueKind, target: ChType): boolean {
  const type = bareType(target);
  switch (type.kind) {
    case "String":
      return kind === "string" || kind === "instant" || kind === "array" || kind === "map";
    case "FixedString":
      return kind === "string" || kind === "instant";
    case "UUID":
    case "Enum":
    case "IPv4":
    case "IPv6":
      return kind === "string";
    case "Date":
    case "Date32":
    case "DateTime":
    case "DateTime64":
      return kind !== "bool" && kind !== "array" && kind !== "map";
    case "Bool":
      return kind === "bool";
    case "Int":
    case "UInt":
      return isNumber(kind) || (kind === "bool" && type.bits === 8) || (kind === "string" && type.bits > 64);
    case "Float":
      return isNumber(kind);
    case "Map":
      return kind === "map" && isKey(type.key) && fitsInside(type.value);
    case "Array":
      return kind === "array" && fitsInside(type.inner);
    case "Decimal":
    case "Time":
    case "Time64":
      return kind === "string" || isNumber(kind);
    case "JSON":
      return kind === "string" || kind === "map";
    case "Tuple":
      return (kind === "array" || (kind === "map" && isNamed(type))) && fitsInside(type);
  }
}

/** Types that have one text for every value, so that the keys of JSON objects can be read as them. */
const KEYS: ReadonlySet<string> = new Set(
  "String FixedString UUID Enum IPv4 IPv6 Int UInt Decimal Date Date32 DateTime DateTime64 Time Time64".split(" "),
);

function isNamed(type: TupleType): boolean {
  return type.elements[0].name !== undefined;
}

function isNumber(kind: ValueKind): boolean {
  return kind === "int" || kind === "uint" || kind === "float";
}

function isKey(type: ChType): boolean {
  return KEYS.has(bareType(type).kind);
}

/** Elements of arrays and values of maps have no declared type: what does not fit is judged row by row. */
function fitsInside(target: ChType): boolean {
  const type = bareType(target);
  if (type.kind === "Array") return fitsInside(type.inner);
  if (type.kind === "Map") return isKey(type.key) && fitsInside(type.value);
  return type.kind !== "Tuple" || type.elements.every((element) => fitsInside(element.type));
}
