/**
 * Values as JSON text: what the dead-letter queue, samples and tests show of a block.
 *
 * Integers and decimals keep every digit. JSON columns show their text. Dates are `YYYY-MM-DD`, instants RFC 3339 in UTC. Maps and named tuples are
 * objects (of equal keys the last wins, where it first stood), arrays and unnamed tuples are arrays. Floats are the
 * shortest decimal that reads back equal; NaN and infinities, which JSON lacks, are null. Strings that are not UTF-8
 * show U+FFFD.
 */
import { formatIPv4, formatIPv6 } from "./address.ts";
import { formatDate, formatInstant, fromTicks } from "./calendar.ts";
import { type Column, decodeText } from "./columns.ts";
import { formatScaled } from "./decimal.ts";
import type { Block } from "./read_block.ts";
import { formatTime } from "./time_of_day.ts";
import type { ChType, EnumType } from "./types.ts";
import { formatUuid } from "./uuid.ts";
import { readWide } from "./wide_writer.ts";

/** One row as a JSON object, its keys the column names in the block's order. */
export function rowJson(block: Block, row: number): string {
  const fields = block.columns.map(({ name, type, column }) =>
    `${JSON.stringify(name)}:${jsonValue(column, type, row)}`
  );
  return `{${fields.join(",")}}`;
}

/** One value as JSON text. `type` must be the column's. */
export function jsonValue(column: Column, type: ChType, row: number): string {
  switch (column.kind) {
    case "strings":
      // Line breaks in JSON text are white space between tokens.
      return type.kind === "JSON" ? column.text(row).replace(/[\r\n]/g, " ") : JSON.stringify(column.text(row));
    case "bytes":
      return bytesJson(column.bytes, column.start + row * column.width, column.width, type);
    case "nullable":
      return column.nulls[row] !== 0 ? "null" : jsonValue(column.inner, inner(type), row);
    case "lowCardinality": {
      const index = column.index[row];
      if (!column.nullable) return jsonValue(column.dictionary, inner(type), index);
      return index === 0 ? "null" : jsonValue(column.dictionary, inner(inner(type)), index);
    }
    case "array": {
      const parts: string[] = [];
      for (let i = column.start(row); i < column.offsets[row]; i++) {
        parts.push(jsonValue(column.inner, inner(type), i));
      }
      return `[${parts.join(",")}]`;
    }
    case "map": {
      if (type.kind !== "Map") throw mismatch(type, column);
      const entries = new Map<string, string>();
      for (let i = column.start(row); i < column.offsets[row]; i++) {
        const key = jsonValue(column.keys, type.key, i);
        entries.set(key[0] === '"' ? key : `"${key}"`, jsonValue(column.values, type.value, i));
      }
      return `{${Array.from(entries, ([key, value]) => `${key}:${value}`).join(",")}}`;
    }
    case "tuple": {
      if (type.kind !== "Tuple") throw mismatch(type, column);
      const values = type.elements.map((element, i) => jsonValue(column.elements[i], element.type, row));
      if (type.elements[0].name === undefined) return `[${values.join(",")}]`;
      return `{${values.map((value, i) => `${JSON.stringify(type.elements[i].name)}:${value}`).join(",")}}`;
    }
    case "fixed":
      return fixedJson(column.values[row], column.words, type, row);
  }
}

function bytesJson(bytes: Uint8Array, at: number, width: number, type: ChType): string {
  switch (type.kind) {
    case "UUID":
      return `"${formatUuid(bytes, at)}"`;
    case "IPv6":
      return `"${formatIPv6(bytes, at)}"`;
    case "Int":
    case "UInt":
      return String(readWide(bytes, at, width, type.kind === "Int"));
    case "Decimal":
      return formatScaled(readWide(bytes, at, width, true), type.scale);
    case "Float":
      return floatJson(bfloat16(bytes[at] | (bytes[at + 1] << 8)), 32);
    default:
      return JSON.stringify(decodeText(bytes, at, at + width));
  }
}

const instant = { seconds: 0, nanos: 0 };

function fixedJson(value: number | bigint, words: Int32Array, type: ChType, row: number): string {
  switch (type.kind) {
    case "Bool":
      return value === 0 ? "false" : "true";
    case "Float":
      return floatJson(Number(value), type.bits === 64 ? 64 : 32);
    case "Decimal":
      return formatScaled(BigInt(value), type.scale);
    case "Time":
      return `"${formatTime(BigInt(value), 0)}"`;
    case "Time64":
      return `"${formatTime(BigInt(value), type.scale)}"`;
    case "Date":
    case "Date32":
      return `"${formatDate(Number(value))}"`;
    case "DateTime":
      return `"${formatInstant(Number(value), 0)}"`;
    case "DateTime64":
      fromTicks(words[row * 2], words[row * 2 + 1], type.scale, instant);
      return `"${formatInstant(instant.seconds, instant.nanos)}"`;
    case "Enum":
      return enumJson(type, Number(value));
    case "IPv4":
      return `"${formatIPv4(Number(value))}"`;
    default:
      return String(value);
  }
}

const half = new Uint32Array(1);
const single = new Float32Array(half.buffer);

function bfloat16(bits: number): number {
  half[0] = bits << 16;
  return single[0];
}

function floatJson(value: number, bits: 32 | 64): string {
  if (!Number.isFinite(value)) return "null";
  if (Object.is(value, -0)) return "-0";
  if (bits === 64) return String(value);
  // Six digits always suffice to be tried first, except for subnormals, which hold fewer.
  for (let digits = Math.abs(value) < 2 ** -126 ? 1 : 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

const labels = new WeakMap<EnumType, Map<number, string>>();

/** The label; a number that has none stays a number. */
function enumJson(type: EnumType, value: number): string {
  let names = labels.get(type);
  if (names === undefined) {
    names = new Map([...type.values].map(([label, number]) => [number, JSON.stringify(label)]));
    labels.set(type, names);
  }
  return names.get(value) ?? String(value);
}

function inner(type: ChType): ChType {
  if (!("inner" in type)) throw new TypeError(`${type.kind} has no inner type`);
  return type.inner;
}

function mismatch(type: ChType, column: Column): TypeError {
  return new TypeError(`a ${column.kind} column cannot have type ${type.kind}`);
}
