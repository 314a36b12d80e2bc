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
  ...["Map(LowCardinality(String), String)", "Array(Map(String, String))", "Map(String, Map(String, Array(UInt8)))"],
];
const UNKNOWN = [
  ...[
    "",
    "Unsupported",
    "UnknownType",
    "string",
    "Int128",
    "JSON",
    "Decimal(10, 2)",
    "Tuple(String)",
    "Nested(a String)",
  ],
  ...["FixedString(0)", "FixedString(x)", "DateTime64(x)", "DateTime(UTC)", "Nullable(Array(String))", "Nullable()"],
  ...["Nullable(Nullable(String))", "Map(String)", "Map(String, )", "Map(, String)", "LowCardinality(UUID)", "Array("],
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
