/**
 * For tests: values as plain data, appended through the public writer methods, and fast-check arbitraries of types
 * and of values that the engine accepts for them.
 */
import fc from "fast-check";
import {
  ArrayWriter,
  BlockWriter,
  type ChType,
  type ColumnWriter,
  Enum16Writer,
  Enum8Writer,
  FixedStringWriter,
  FixedWriter,
  formatType,
  type IntegerBits,
  IPv4Writer,
  IPv6Writer,
  type Layout,
  LowCardinalityWriter,
  MapWriter,
  NullableWriter,
  StringWriter,
  TupleWriter,
  UUIDWriter,
} from "../mod.ts";

/** Integers, ticks and days as bigint or number; texts as string; Array and Tuple as list; Map as list of pairs. */
export type Value = null | boolean | number | bigint | string | readonly Value[];

export function put(writer: ColumnWriter, value: Value): void {
  if (writer instanceof NullableWriter) {
    if (value === null) writer.putNull();
    else {
      writer.beginValue();
      put(writer.inner, value);
    }
  } else if (writer instanceof ArrayWriter) {
    for (const element of value as readonly Value[]) put(writer.inner, element);
    writer.endRow();
  } else if (writer instanceof MapWriter) {
    for (const [k, v] of value as readonly (readonly Value[])[]) {
      put(writer.keys, k);
      put(writer.values, v);
    }
    writer.endRow();
  } else if (writer instanceof TupleWriter) {
    writer.elements.forEach((element, i) => put(element, (value as readonly Value[])[i]));
    writer.endRow();
  } else putScalar(writer, value);
}

function putScalar(writer: ColumnWriter, value: Value): void {
  if (value === null && writer instanceof LowCardinalityWriter) return writer.putNull();
  if (typeof value === "string") {
    if (
      writer instanceof StringWriter || writer instanceof FixedStringWriter || writer instanceof UUIDWriter ||
      writer instanceof IPv4Writer || writer instanceof IPv6Writer || writer instanceof Enum8Writer ||
      writer instanceof Enum16Writer || writer instanceof LowCardinalityWriter
    ) return writer.putText(value);
  } else if (writer instanceof FixedWriter) {
    if (typeof value === "boolean") return writer.putBool(value);
    if (typeof value === "bigint") return writer.putBigInt(value);
    return writer.putNumber(value as number);
  } else if (writer instanceof LowCardinalityWriter) {
    if (typeof value === "bigint") return writer.putBigInt(value);
    return writer.putNumber(Number(value));
  }
  throw new TypeError(`no way to put a ${typeof value} into ${formatType(writer.type)}`);
}

export function blockOf(layout: Layout, rows: readonly (readonly Value[])[]): BlockWriter {
  const writer = new BlockWriter(layout);
  for (const row of rows) row.forEach((value, i) => put(writer.columns[i], value));
  return writer;
}

const integerType = fc.tuple(fc.constantFrom("Int" as const, "UInt" as const), bits()).map(
  ([kind, bits]): ChType => ({ kind, bits }),
);
const stringType = fc.constant<ChType>({ kind: "String" });
const fixedStringType = fc.integer({ min: 1, max: 20 }).map((length): ChType => ({ kind: "FixedString", length }));

function bits(): fc.Arbitrary<IntegerBits> {
  return fc.constantFrom(8, 16, 32, 64, 128, 256);
}
const decimalType = fc.integer({ min: 1, max: 76 }).chain((precision) =>
  fc.integer({ min: 0, max: precision }).map((scale): ChType => ({ kind: "Decimal", precision, scale }))
);

const scalarType: fc.Arbitrary<ChType> = fc.oneof(
  { arbitrary: stringType, weight: 4 },
  integerType,
  fixedStringType,
  decimalType,
  fc.constantFrom<ChType>({ kind: "Float", bits: 16 }, { kind: "Float", bits: 32 }, { kind: "Float", bits: 64 }),
  fc.constantFrom<ChType>({ kind: "JSON", parameters: "" }, { kind: "JSON", parameters: "max_dynamic_paths=2" }),
  fc.constantFrom<ChType>({ kind: "Time" }, { kind: "Time64", scale: 0 }, { kind: "Time64", scale: 6 }),
  fc.constantFrom<ChType>(
    { kind: "Bool" },
    { kind: "UUID" },
    { kind: "Date" },
    { kind: "Date32" },
    { kind: "IPv4" },
    { kind: "IPv6" },
    { kind: "DateTime" },
    { kind: "DateTime", zone: "Europe/Berlin" },
  ),
  fc.integer({ min: 0, max: 9 }).map((scale): ChType => ({ kind: "DateTime64", scale, zone: "UTC" })),
  fc.constantFrom<ChType>(
    { kind: "Enum", bits: 8, values: new Map([["b'c", -2], ["", 0], ["a", 1]]) },
    { kind: "Enum", bits: 16, values: new Map([["x y", 500], ["\\", 501]]) },
  ),
);

const dictionaryInner = fc.oneof({ arbitrary: stringType, weight: 3 }, fixedStringType, integerType);
const lowCardinality: fc.Arbitrary<ChType> = fc.tuple(dictionaryInner, fc.boolean()).map(([inner, nullable]) => ({
  kind: "LowCardinality",
  inner: nullable ? { kind: "Nullable", inner } : inner,
}));
const keyType: fc.Arbitrary<ChType> = fc.oneof(
  { arbitrary: stringType, weight: 3 },
  fc.constant<ChType>({ kind: "LowCardinality", inner: { kind: "String" } }),
  integerType,
);

/** Any type the engine accepts for a column, up to three levels deep. */
export const anyType: fc.Arbitrary<ChType> = fc.letrec<{ type: ChType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { arbitrary: scalarType, weight: 4 },
    { arbitrary: scalarType.map((inner): ChType => ({ kind: "Nullable", inner })), weight: 2 },
    { arbitrary: lowCardinality, weight: 2 },
    tie("type").map((inner): ChType => ({ kind: "Array", inner })),
    fc.tuple(keyType, tie("type")).map(([key, value]): ChType => ({ kind: "Map", key, value })),
    fc.tuple(fc.array(tie("type"), { minLength: 1, maxLength: 3 }), fc.boolean()).map(([types, named]): ChType => ({
      kind: "Tuple",
      elements: types.map((type, i) => named ? { name: `e ${i}`, type } : { type }),
    })),
  ),
})).type;

const text = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "a", "aa", "x".repeat(127), "y".repeat(128), "é".repeat(64), "\u{1f600}".repeat(5000), "\ufeffz"),
);

/** What a JSON column gives back as it was: no nulls, no empty objects, no doubles that look like integers. */
const jsonMember: fc.Arbitrary<unknown> = fc.oneof(
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constantFrom("x", "\u00e9\n", ""),
  fc.dictionary(fc.constantFrom("k", "l"), fc.nat(9), { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
  fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
);

/** Values of a type within the range the engine shows exactly. */
export function valueOf(type: ChType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "String":
      return text;
    case "FixedString":
      return fc.string({ unit: "binary-ascii", maxLength: type.length });
    case "Int":
      return fc.bigInt({ min: -(2n ** BigInt(type.bits - 1)), max: 2n ** BigInt(type.bits - 1) - 1n });
    case "UInt":
      return fc.bigInt({ min: 0n, max: 2n ** BigInt(type.bits) - 1n });
    case "Float":
      return type.bits === 64 ? fc.double() : fc.float();
    case "Decimal": {
      const end = 10n ** BigInt(type.precision);
      return fc.bigInt({ min: 1n - end, max: end - 1n });
    }
    case "Time":
      return fc.integer({ min: -3_599_999, max: 3_599_999 });
    case "Time64": {
      const end = 3_600_000n * 10n ** BigInt(type.scale);
      return fc.bigInt({ min: 1n - end, max: end - 1n });
    }
    case "JSON":
      return fc.dictionary(fc.constantFrom("a", "b", "c d", "é"), jsonMember, { maxKeys: 3, noNullPrototype: true })
        .map((value) => JSON.stringify(value));
    case "Bool":
      return fc.boolean();
    case "UUID":
      return fc.uuid();
    case "IPv4":
      return fc.ipV4();
    case "IPv6":
      return fc.ipV6();
    case "Date":
      return fc.integer({ min: 0, max: 65535 });
    case "Date32":
      return fc.integer({ min: -25567, max: 120529 });
    case "DateTime":
      return fc.integer({ min: 0, max: 4294967295 });
    case "DateTime64": {
      const unit = 10n ** BigInt(type.scale);
      return fc.bigInt({ min: -2208988800n * unit, max: (type.scale === 9 ? 9223372036n : 10413791999n) * unit });
    }
    case "Enum":
      return fc.constantFrom(...type.values.keys());
    case "Nullable":
      return fc.option(valueOf(type.inner), { freq: 3 });
    case "LowCardinality": {
      const few = fc.array(valueOf(type.inner), { minLength: 1, maxLength: 4 });
      return few.chain((values) => fc.constantFrom(...values));
    }
    case "Array":
      return fc.array(valueOf(type.inner), { maxLength: 4 });
    case "Map":
      return fc.uniqueArray(fc.tuple(valueOf(type.key), valueOf(type.value)), {
        maxLength: 4,
        selector: ([key]) => String(key),
      });
    case "Tuple":
      return fc.tuple(...type.elements.map((element) => valueOf(element.type)));
  }
}

export interface Rows {
  layout: Layout;
  rows: Value[][];
}

/** A layout of one to three columns with up to `maxRows` rows for each of `blocks` blocks. */
export function anyBlocks(blocks: number, maxRows = 8): fc.Arbitrary<Rows[]> {
  return fc.array(anyType, { minLength: 1, maxLength: 3 }).chain((types) => {
    const layout = types.map((type, i) => ({ name: `c${i}`, type: formatType(type) }));
    const row = fc.tuple(...types.map(valueOf)) as fc.Arbitrary<Value[]>;
    return fc.array(fc.array(row, { maxLength: maxRows }), { minLength: blocks, maxLength: blocks })
      .map((all) => all.map((rows) => ({ layout, rows })));
  });
}
