import { strict as assert } from "node:assert";
import { isKnownColumnType } from "./column_type.ts";

const KNOWN = [
  ...[
    "String",
    "Bool",
    "Int8",
    "UInt64",
    "Float32",
    "UUID",
    "Date",
    "Date32",
    "DateTime",
    "DateTime64",
    "IPv4",
    "IPv6",
  ],
  ...["FixedString", "FixedString(32)", "Enum8", "Enum16", "Enum8('a' = 1, 'b''c' = -2)", "Enum16('x','y')"],
  ...["DateTime('UTC')", "DateTime64(3)", "DateTime64(6, 'UTC')", "DateTime64(9,'Europe/Berlin')"],
  ...["Nullable(String)", "Nullable(DateTime64(9))", "LowCardinality(String)", "LowCardinality(Nullable(String))"],
  ...["LowCardinality(FixedString(3))", "Array(String)", "Array(Nullable(Int32))", "Map(String, String)"],
  ..."Int128 UInt256 JSON Time64(3) BFloat16 Decimal Decimal(10) Decimal64(4) Point Polygon LowCardinality(UUID)".split(
    " ",
  ),
  ...["Decimal(10, 2)", "Tuple(String)", "Nested(a String)", "JSON(a.b UInt8, SKIP c)", "Nullable(JSON)"],
  ...["SimpleAggregateFunction(sum, UInt64)", "LowCardinality(FixedString)", "Array(Enum8)"],
  ...["Map(LowCardinality(String), String)", "Array(Map(String, String))", "Map(String, Map(String, Array(UInt8)))"],
];
const UNKNOWN = [
  ...[
    "",
    "Unsupported",
    "UnknownType",
    "string",
    "Int512",
    "Dynamic",
    "Decimal(77, 2)",
    "Tuple()",
    "Nested(String)",
    "Variant(String, UInt8)",
    "AggregateFunction(sum, UInt64)",
  ],
  ...["FixedString(0)", "FixedString(x)", "DateTime64(x)", "DateTime(UTC)", "Nullable(Array(String))", "Nullable()"],
  ...[
    "Nullable(Nullable(String))",
    "Map(String)",
    "Map(String, )",
    "Map(, String)",
    "LowCardinality(Decimal(9, 2))",
    "Array(",
  ],
  ...[
    "Array(Unknown)",
    "String)",
    "Enum8('a' = )",
    "DateTime64(3, 'UTC', 1)",
    `${"Array(".repeat(40)}String${")".repeat(40)}`,
  ],
];

Deno.test("column types the product can write", () => {
  for (const type of KNOWN) assert.equal(isKnownColumnType(type), true, type);
});
Deno.test("column types the product cannot write", () => {
  for (const type of UNKNOWN) assert.equal(isKnownColumnType(type), false, type);
});
