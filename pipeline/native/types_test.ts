import assert from "node:assert/strict";
import fc from "fast-check";
import { formatType, parseType, UnsupportedType } from "./mod.ts";
import { anyType } from "./testing/rows.ts";

Deno.test("parseType reads what formatType writes", () => {
  fc.assert(fc.property(anyType, (type) => {
    assert.deepEqual(parseType(formatType(type)), type);
  }));
});

Deno.test("hand-written spellings become the engine's", () => {
  const spellings: Record<string, string> = {
    " Map ( String,LowCardinality( String ) ) ": "Map(String, LowCardinality(String))",
    "Enum('b' = 2, 'a' = 1)": "Enum8('a' = 1, 'b' = 2)",
    "Enum('a', 'b')": "Enum8('a' = 1, 'b' = 2)",
    "Enum('a' = 1000)": "Enum16('a' = 1000)",
    "Enum8('it''s' = 1)": "Enum8('it\\'s' = 1)",
    "DateTime64(3,'UTC')": "DateTime64(3, 'UTC')",
    'Tuple("a" String, b UInt8)': "Tuple(a String, b UInt8)",
    "Decimal": "Decimal(10, 0)",
    "Decimal(5)": "Decimal(5, 0)",
    "Decimal32(4)": "Decimal(9, 4)",
    "Decimal64( 4 )": "Decimal(18, 4)",
    "Decimal128(4)": "Decimal(38, 4)",
    "Decimal256(4)": "Decimal(76, 4)",
    "Nested(a String, `b c` Array(Int8))": "Array(Tuple(a String, `b c` Array(Int8)))",
    "Polygon": "Array(Array(Tuple(Float64, Float64)))",
    "SimpleAggregateFunction(sum, UInt64)": "UInt64",
    "SimpleAggregateFunction(groupArrayArray(10), Array(String))": "Array(String)",
    "JSON(max_dynamic_paths=10, a.b UInt32, SKIP REGEXP 'x)')":
      "JSON(max_dynamic_paths=10, a.b UInt32, SKIP REGEXP 'x)')",
    "Tuple(\n    a Array(Tuple(\n        b Int8)))": "Tuple(a Array(Tuple(b Int8)))",
    "Tuple(Array(String), String)": "Tuple(Array(String), String)",
    "Tuple(Array Array(String))": "Tuple(Array Array(String))",
  };
  for (const [text, canonical] of Object.entries(spellings)) assert.equal(formatType(parseType(text)), canonical, text);
});

Deno.test("types that cannot be carried are named, not guessed", () => {
  const unsupported = [
    ..."|Strin|string|Array|Array()|Array(String|Array(String))|Nullable(Array(String))|Tuple()|Decimal(77, 2)|Dynamic"
      .split("|"),
    ..."Map(Nullable(String), String)|Map(String)|LowCardinality(LowCardinality(String))|FixedString(0)".split("|"),
    ..."FixedString(x)|FixedString(99999999999)|DateTime64|DateTime64(10)|Enum8('a' = 128)|Enum8('a|Tuple()".split("|"),
    ..."Decimal(0)|Decimal(5, 6)|Decimal32(10)|JSON(|Nested(String)|LowCardinality(Decimal(5, 2))".split("|"),
    ..."Enum8('a' = 1, 'a' = 2)|Enum8('a' = 1, 'b' = 1)|DateTime(UTC)|Nullable(Nullable(UInt8))".split("|"),
    "Array(".repeat(100_000),
    "Nullable(".repeat(1000) + "x",
  ];
  for (const text of unsupported) {
    assert.throws(
      () => parseType(text),
      (error) => error instanceof UnsupportedType && error.message.length < 400,
      text,
    );
  }
});

Deno.test("any text is a type that reads back as itself, or is refused", () => {
  const names =
    "Int8 UInt256 Decimal Decimal64 DateTime64 Nullable LowCardinality Array Map Tuple Nested JSON Enum8 Point".split(
      " ",
    );
  const piece = fc.constantFrom(
    ...names,
    "(",
    "(",
    ")",
    ")",
    ",",
    " ",
    "3",
    "-1",
    "a",
    "`b c`",
    "'x'",
    "=",
    "\\",
    "'",
    "\n",
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(piece, { maxLength: 14 }).map((all) => all.join("")), fc.string()), (text) => {
      try {
        const type = parseType(text);
        assert.deepEqual(parseType(formatType(type)), type, text);
      } catch (error) {
        if (!(error instanceof UnsupportedType)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
