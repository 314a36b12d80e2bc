/** The innermost converters: one JavaScript value that is not null into a column of one scalar type. */
import {
  type ChType,
  type ColumnWriter,
  type DecimalType,
  Enum16Writer,
  Enum8Writer,
  FixedStringWriter,
  formatType,
  IPv4Writer,
  IPv6Writer,
  LowCardinalityWriter,
  StringWriter,
  UUIDWriter,
} from "../../native/mod.ts";
import { asBool, asFloat, asInteger, asText, kindName } from "./coerce.ts";
import { outOfRange, RowError } from "./errors.ts";
import { ExactNumber, exactTextWriter, FLOAT32_MAX, type IntegerType, numeric } from "./exact_number.ts";
import { jsonObjectWriter } from "./json_object.ts";
import { putTimeOfDay, timeOfDayWriter } from "./time_of_day.ts";
import { instantWriter, putTimeMilliseconds, putTimeNumber, putTimeText } from "./times.ts";
import type { DeclaredType, PutValue } from "./value_writer.ts";

const WHOLE = /^[+-]?\d+$/;

export function scalarWriter(
  writer: ColumnWriter,
  type: ChType,
  declared: DeclaredType,
  milliseconds: boolean,
): PutValue {
  switch (type.kind) {
    case "LowCardinality":
    case "Nullable":
      return scalarWriter(writer, type.inner, declared, milliseconds);
    case "String":
    case "FixedString":
    case "UUID":
    case "Enum":
    case "IPv4":
    case "IPv6":
      return textWriter(writer, type, declared);
    case "Date":
    case "Date32":
    case "DateTime":
    case "DateTime64":
      return timeWriter(writer, type, declared, milliseconds);
    case "Time":
    case "Time64":
      return timeOfDay(writer, type, declared);
    case "Decimal":
      return exactWriter(writer, type, declared);
    case "Int":
    case "UInt":
      return type.bits > 64 || declared === "key"
        ? exactWriter(writer, type, declared)
        : integerWriter(writer, type, declared);
    case "Float":
      return floatWriter(writer, type, declared);
    case "Bool": {
      const numbers = numeric(writer);
      return (value) => {
        if (declared === "element" && typeof value === "object" && !isNumeric(value)) throw unfit(value, type);
        numbers.putNumber(asBool(value) ? 1 : 0);
      };
    }
    case "JSON": {
      const put = jsonObjectWriter(writer);
      return declared === "string" ? (value) => put.text(asText(value)) : (value) => put.value(value);
    }
    default:
      throw new TypeError(`${formatType(type)} is not a scalar type`);
  }
}

/** Integers beyond 64 bits, and decimals: every digit of a number, a bigint or a text counts. */
function exactWriter(writer: ColumnWriter, type: IntegerType | DecimalType, declared: DeclaredType): PutValue {
  const put = exactTextWriter(writer, type);
  switch (declared) {
    case "string":
      return (value) => put(asText(value));
    case "key":
      return (value) => {
        const text = asText(value);
        // Keys that differ must not become equal.
        if (type.kind !== "Decimal" && !WHOLE.test(text)) throw new RowError(`the key is no whole number`);
        put(text);
      };
    case "int":
    case "uint":
      return (value) => put(String(asInteger(value)));
    case "float":
      return (value) => put(digitsOf(value));
    default:
      return (value) => {
        if (typeof value !== "string" && !isNumeric(value)) throw unfit(value, type);
        put(typeof value === "string" ? value : digitsOf(value));
      };
  }
}

/** Of a double the shortest digits that read back as the same double. */
function digitsOf(value: unknown): string {
  return value instanceof ExactNumber || typeof value === "bigint" ? String(value) : String(asFloat(value));
}

function timeOfDay(writer: ColumnWriter, type: ChType & { kind: "Time" | "Time64" }, declared: DeclaredType): PutValue {
  const put = timeOfDayWriter(writer, type);
  switch (declared) {
    case "string":
    case "key":
      return (value) => putTimeOfDay(put, asText(value));
    case "int":
    case "uint":
    case "float":
      return (value) => putTimeOfDay(put, declared === "float" ? asFloat(value) : Number(asInteger(value)));
    default:
      return (value) => {
        if (typeof value !== "string" && typeof value !== "number") throw unfit(value, type);
        putTimeOfDay(put, value);
      };
  }
}

function textWriter(writer: ColumnWriter, type: ChType, declared: DeclaredType): PutValue {
  const texts = textual(writer);
  if (declared !== "element") return (value) => texts.putText(asText(value));
  return (value) => {
    if (typeof value !== "string") throw unfit(value, type);
    texts.putText(value);
  };
}

function timeWriter(writer: ColumnWriter, type: ChType, declared: DeclaredType, milliseconds: boolean): PutValue {
  const put = instantWriter(writer, type);
  switch (declared) {
    case "int":
    case "uint":
      if (milliseconds) return (value) => putTimeMilliseconds(put, Number(asInteger(value)));
      return (value) => putTimeNumber(put, Number(asInteger(value)));
    case "float":
      return (value) => putTimeNumber(put, asFloat(value));
    case "string":
    case "key":
      return (value) => putTimeText(put, asText(value));
    default:
      return (value) => {
        if (typeof value === "string") putTimeText(put, value);
        else if (isNumeric(value) && typeof value !== "boolean") putTimeNumber(put, Number(value));
        else throw unfit(value, type);
      };
  }
}

function integerWriter(
  writer: ColumnWriter,
  type: IntegerType,
  declared: DeclaredType,
): PutValue {
  const numbers = numeric(writer);
  const { bits } = type;
  const name = formatType(type).toLowerCase();
  const [min, end] = type.kind === "Int" ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits];
  const read = numberReader(type, declared);
  return (value) => {
    const number = read(value);
    const whole = typeof number === "bigint" ? number : Math.trunc(number);
    if (!(whole >= min && whole < end)) throw outOfRange(name, whole);
    if (typeof whole === "bigint") numbers.putBigInt(whole);
    else numbers.putNumber(whole);
  };
}

function floatWriter(writer: ColumnWriter, type: ChType & { kind: "Float" }, declared: DeclaredType): PutValue {
  const numbers = numeric(writer);
  const single = type.bits < 64;
  const name = formatType(type).toLowerCase();
  const read = numberReader(type, declared);
  return (value) => {
    const float = Number(read(value));
    if (single && Math.abs(float) > FLOAT32_MAX) throw outOfRange(name, float);
    numbers.putNumber(float);
  };
}

/** First the declared type, then the column's: what is declared whole loses its fraction in float columns too. */
function numberReader(type: ChType, declared: DeclaredType): (value: unknown) => number | bigint {
  switch (declared) {
    case "int":
    case "uint":
      return asInteger;
    case "bool":
      return (value) => asBool(value) ? 1 : 0;
    case "element":
      return (value) => {
        if (!isNumeric(value)) throw unfit(value, type);
        return type.kind === "Float" ? asFloat(value) : asInteger(value);
      };
    default:
      return asFloat;
  }
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ||
    value instanceof ExactNumber;
}

function unfit(value: unknown, type: ChType): RowError {
  const kind = kindName(value);
  return new RowError(`${kind === "array" ? "an" : "a"} ${kind} does not fit ${formatType(type)}`);
}

function textual(writer: ColumnWriter): { putText(text: string): void } {
  if (
    writer instanceof StringWriter || writer instanceof LowCardinalityWriter || writer instanceof FixedStringWriter ||
    writer instanceof UUIDWriter || writer instanceof Enum8Writer || writer instanceof Enum16Writer ||
    writer instanceof IPv4Writer || writer instanceof IPv6Writer
  ) return writer;
  throw new TypeError(`${formatType(writer.type)} takes no texts`);
}
