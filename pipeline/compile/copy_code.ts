/**
 * Generated code that brings a source field into an output column without a JavaScript value in between: one statement
 * per row, and for columns that pass through unchanged one call for many rows.
 */
import { type ChType, formatType } from "../native/mod.ts";
import { quote } from "./code.ts";
import type { ColumnCode, SliceCode, SourceCode } from "./column_code.ts";
import { kindOf } from "./conversions.ts";
import type { OutputColumn } from "./plan.ts";
import { bareType } from "./row/bare_type.ts";

export interface PutCode {
  /** Statements that append exactly one value for row `i`, or throw. */
  readonly row: string;
  /** A call that appends rows `rows[0]` to `rows[n - 1]`. */
  readonly bulk?: string;
  /** Some values may not fit. */
  readonly fallible: boolean;
}

/** Names of the output column's parts in generated code. */
export interface TargetCode {
  /** The column's writer. */
  readonly writer: string;
  /** The writer inside Nullable, else the writer. */
  readonly inner: string;
  /** A function of {@link valueWriter} for the whole column. */
  putValue(): string;
  /** A function of {@link numberTextWriter} for the inner writer. */
  putNumberText(): string;
  /** A {@link jsonObjectWriter} for the inner writer. */
  putJson(): string;
  /** A function of {@link instantWriter} for the inner writer. */
  putInstant(): string;
}

interface Present {
  readonly row: string;
  readonly bulk?: string;
  readonly fallible: boolean;
}

export function fieldCode(output: OutputColumn, source: SourceCode, target: TargetCode): PutCode {
  const { from, type } = output;
  if (from.kind !== "field") throw new TypeError("not a field");
  const column = source.column(from.field.name);
  if (from.key !== undefined) return keyCode(column, from.key, type, target);
  const present = presentCode(output, column, target);
  if (present === null) return { row: `${target.putValue()}(${column.exactValue});`, fallible: true };
  const { absent } = column;
  if (absent === null || (from.field.omitEmpty && takesEmpty(type))) {
    return type.kind === "Nullable" ? { ...present, row: nullable(target, present.row), bulk: undefined } : present;
  }
  const lacking = type.kind === "Array" ? `${target.putValue()}(null);` : absentCode(type, target);
  const row = type.kind === "Nullable" ? nullable(target, present.row) : present.row;
  return { row: `if (${absent}) { ${lacking} } else { ${row} }`, fallible: present.fallible || type.kind === "Array" };
}

/** An empty text and an absent one are the same in the column. */
function takesEmpty(type: ChType): boolean {
  if (type.kind === "LowCardinality") return takesEmpty(type.inner);
  return type.kind === "String" || type.kind === "FixedString";
}

function keyCode(column: ColumnCode, key: string, type: ChType, target: TargetCode): PutCode {
  if (column.type.kind !== "Map") {
    return { row: `${target.putValue()}(ops.memberOf(${column.exactValue}, ${quote(key)}));`, fallible: true };
  }
  const code = sliceCode(column.valueSlice("at"), type, target);
  if (code === null) {
    const { bytes, start, end } = column.valueSlice("at");
    const text = `native.decodeText(${bytes}, ${start}, ${end})`;
    return {
      row: `{ const at = ${column.findKey(key)}; ${target.putValue()}(at < 0 ? null : ${text}); }`,
      fallible: true,
    };
  }
  const { row, fallible } = code;
  const found = type.kind === "Nullable" ? nullable(target, row) : row;
  return {
    row: `{ const at = ${column.findKey(key)}; if (at < 0) { ${absentCode(type, target)} } else { ${found} } }`,
    fallible,
  };
}

function nullable(target: TargetCode, row: string): string {
  return `${target.writer}.beginValue(); ${row}`;
}

/** NULL where the column has one, else the type's default. */
function absentCode(type: ChType, { writer }: TargetCode): string {
  const orNull = type.kind === "Nullable" || (type.kind === "LowCardinality" && type.inner.kind === "Nullable");
  return orNull ? `${writer}.putNull();` : `${writer}.putDefault();`;
}

/** A value that is there, into `target.inner`; null if only the way over a JavaScript value is known. */
function presentCode(output: OutputColumn, column: ColumnCode, target: TargetCode): Present | null {
  const { type } = output;
  const into = bareType(type);
  const low = type.kind === "LowCardinality" || (type.kind === "Nullable" && type.inner.kind === "LowCardinality");
  switch (column.type.kind) {
    case "String": {
      if (column.field.exact && (into.kind === "Int" || into.kind === "UInt" || into.kind === "Float")) {
        return numberTextCode(column.slice, target);
      }
      if (column.field.type === "map" && into.kind === "JSON") return jsonCode(column.slice, target);
      if (column.field.type !== "string" && into.kind !== "String" && into.kind !== "Decimal") return null;
      const code = sliceCode(column.slice, type, target);
      const whole = into.kind === "String" && !column.field.nullable;
      return whole && code !== null
        ? { ...code, bulk: `ops.copyStrings(${column.column}, rows, n, ${target.inner});` }
        : code;
    }
    case "Map":
      return into.kind === "Map" && isText(into.key) && isText(into.value) ? mapCode(column, target) : null;
    case "DateTime64":
      return instantCode(output, column, into, target);
    case "Int":
    case "UInt":
      if (kindOf(output.from, output) === "string" || into.kind.startsWith("Date")) return null;
      return column.type.bits === 64 ? wideCode(column, into, target, low) : numberCode(column, into, target, low);
    case "Float":
      if (into.kind !== "Float" || into.bits === 16) return null;
      return into.bits === 64
        ? {
          row: `${target.inner}.putNumber(${column.number});`,
          bulk: low ? undefined : numbers(column, target),
          fallible: false,
        }
        : {
          row: `{ const v = ${column.number}; if (v > 3.4028234663852886e38 || v < -3.4028234663852886e38) {
            if (v < Infinity && v > -Infinity) throw ops.outOfRange("float32", v); } ${target.inner}.putNumber(v); }`,
          fallible: true,
        };
    case "Bool":
      return {
        row: `${target.inner}.putNumber(${column.number});`,
        bulk: low ? undefined : numbers(column, target),
        fallible: false,
      };
    default:
      return null;
  }
}

function sliceCode({ bytes, start, end }: SliceCode, type: ChType, target: TargetCode): Present | null {
  const into = bareType(type);
  if (into.kind.startsWith("Date")) {
    return { row: `ops.putTimeSlice(${target.putInstant()}, ${bytes}, ${start}, ${end});`, fallible: true };
  }
  switch (into.kind) {
    case "Decimal":
    case "Int":
    case "UInt":
      return numberTextCode({ bytes, start, end }, target);
    case "Time":
    case "Time64":
    case "JSON":
      return null;
    default:
      return { row: `${target.inner}.putSlice(${bytes}, ${start}, ${end});`, fallible: into.kind !== "String" };
  }
}

/** A number's text, or a text that holds a number. */
function numberTextCode({ bytes, start, end }: SliceCode, target: TargetCode): Present {
  return { row: `${target.putNumberText()}(${bytes}, ${start}, ${end});`, fallible: true };
}

/** An object's JSON text, which the scanner has found to be valid. */
function jsonCode({ bytes, start, end }: SliceCode, target: TargetCode): Present {
  return { row: `${target.putJson()}.slice(${bytes}, ${start}, ${end});`, fallible: true };
}

/** String or LowCardinality(String): bytes go in as they are. */
function isText(type: ChType): boolean {
  return type.kind === "String" || (type.kind === "LowCardinality" && type.inner.kind === "String");
}

function mapCode(column: ColumnCode, target: TargetCode): Present {
  const bulk = `ops.copyMaps(${column.column}, rows, n, ${target.inner});`;
  return { row: bulk, bulk, fallible: false };
}

function instantCode(output: OutputColumn, column: ColumnCode, into: ChType, target: TargetCode): Present | null {
  const { lo, hi } = column.words;
  if (into.kind === "DateTime64" && into.scale === 9) {
    return {
      row: `${target.inner}.putI64(${lo}, ${hi});`,
      bulk: `ops.copyWords(${column.column}, rows, n, ${target.inner});`,
      fallible: false,
    };
  }
  if (into.kind === "DateTime64") {
    return { row: `ops.scaleTicks(${target.inner}, ${lo}, ${hi}, ${into.scale});`, fallible: false };
  }
  if (into.kind.startsWith("Date")) {
    return { row: `ops.putTicks(${target.putInstant()}, ${lo}, ${hi});`, fallible: true };
  }
  if (into.kind === "String" && output.type.kind !== "Nullable") {
    return { row: `${target.inner}.putText(ops.instantText(${lo}, ${hi}));`, fallible: false };
  }
  return null;
}

/** Up to 32 bits: always a small integer in JavaScript. */
function numberCode(column: ColumnCode, into: ChType, target: TargetCode, low: boolean): Present | null {
  const given = column.type as IntegerType;
  if (into.kind === "Float") return { row: `${target.inner}.putNumber(${column.number});`, fallible: false };
  if (into.kind !== "Int" && into.kind !== "UInt") return null;
  const value = column.number;
  const [min, max] = range(given), [least, most] = range(into);
  const tests = [...(min < least ? [`v < ${least}`] : []), ...(max > most ? [`v > ${most}`] : [])];
  if (tests.length === 0) {
    const same = into.bits === given.bits && !low;
    return {
      row: `${target.inner}.putNumber(${value});`,
      bulk: same ? numbers(column, target) : undefined,
      fallible: false,
    };
  }
  return {
    row: `{ const v = ${value}; if (${tests.join(" || ")}) throw ops.outOfRange("${
      nameOf(into)
    }", v); ${target.inner}.putNumber(v); }`,
    fallible: true,
  };
}

function wideCode(column: ColumnCode, into: ChType, target: TargetCode, low: boolean): Present | null {
  const given = column.type as IntegerType;
  if (into.kind === "Float") return { row: `${target.inner}.putNumber(${column.wideNumber});`, fallible: false };
  if (into.kind !== "Int" && into.kind !== "UInt") return null;
  if (into.bits > 64) return low ? null : widerCode(column, into, target);
  const { lo, hi } = column.words;
  const fail = `throw ops.outOfRange("${nameOf(into)}", ${column.column}.values[i]);`;
  if (into.bits === 64) {
    const row = `${target.inner}.putI64(${lo}, ${hi});`;
    if (into.kind !== given.kind) return { row: `if (${hi} < 0) ${fail} ${row}`, fallible: true };
    const bulk = low ? undefined : `ops.copyWords(${column.column}, rows, n, ${target.inner});`;
    return { row, bulk, fallible: false };
  }
  const [least, most] = range(into);
  return {
    row: `{ const v = ${column.wideNumber}; if (v < ${least} || v > ${most}) ${fail} ${target.inner}.putNumber(v); }`,
    fallible: true,
  };
}

/** 64 bits into 128 or 256: only the sign can be in the way. */
function widerCode(column: ColumnCode, into: IntegerType, target: TargetCode): Present {
  const given = column.type as IntegerType;
  const { lo, hi } = column.words;
  if (given.kind === "UInt") return { row: `${target.inner}.putU64(${lo}, ${hi});`, fallible: false };
  const row = `${target.inner}.putI64(${lo}, ${hi});`;
  if (into.kind === "Int") return { row, fallible: false };
  return {
    row: `if (${hi} < 0) throw ops.outOfRange("${nameOf(into)}", ${column.number}); ${row}`,
    fallible: true,
  };
}

type IntegerType = ChType & { kind: "Int" | "UInt" };

function range({ kind, bits }: IntegerType): [number, number] {
  return kind === "Int" ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

function nameOf(type: ChType): string {
  return formatType(type).toLowerCase();
}

function numbers(column: ColumnCode, target: TargetCode): string {
  return `ops.copyNumbers(${column.column}, rows, n, ${target.inner});`;
}
