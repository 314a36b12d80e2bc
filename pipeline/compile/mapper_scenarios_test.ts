/** From a record's fields to a table's columns: the scenarios in which the original's mapper is tested. */
import assert from "node:assert/strict";
import { isKnownColumnType } from "../config/column_type.ts";
import { PlanError } from "./plan_error.ts";
import { type Fields, type Mapping, planOf, rowOf } from "./testing/pipeline_of.ts";

/** One field into one column. */
function convert(type: string, column: string, value: string): unknown {
  const text = rowOf(planOf({ f: type }, { c: ["f", column] }), `{"f":${value}}`);
  return text.startsWith("{") ? JSON.parse(text).c : text.replace(/^.*failed to convert field f: /, "");
}

Deno.test("fields of every kind, renamed, nested and dotted, beside others that nobody asked for", () => {
  const fields: Fields = {
    name: "string",
    count: "int",
    ok: "bool",
    ratio: "float",
    uid: "string",
    "person.contact.mail": "string",
    "a.b.c.d.e": "int",
    "flat.key": "string",
    tags: "array",
  };
  const mapping: Mapping = {
    renamed: ["name", "String"],
    count: ["count", "Int64"],
    ok: ["ok", "Bool"],
    ratio: ["ratio", "Float64"],
    uid: ["uid", "UUID"],
    mail: ["person.contact.mail", "String"],
    deep: ["a.b.c.d.e", "Int64"],
    flat: ["flat.key", "String"],
    tags: ["tags", "Array(String)"],
  };
  const record = {
    name: "n",
    count: 7,
    ok: true,
    ratio: 1.5,
    uid: "01234567-89ab-cdef-0123-456789abcdef",
    person: { contact: { mail: "m@x" } },
    a: { b: { c: { d: { e: 5 } } } },
    "flat.key": "f",
    tags: ["x", "y"],
    extra: { ignored: true },
  };
  assert.deepEqual(JSON.parse(rowOf(planOf(fields, mapping), JSON.stringify(record))), {
    count: 7,
    deep: 5,
    flat: "f",
    mail: "m@x",
    ok: true,
    ratio: 1.5,
    renamed: "n",
    tags: ["x", "y"],
    uid: "01234567-89ab-cdef-0123-456789abcdef",
  });
});

Deno.test("zero values are kept; what is missing or null is told", () => {
  assert.equal(convert("int", "Int64", "0"), 0);
  assert.equal(convert("bool", "Bool", "false"), false);
  assert.equal(convert("string", "String", '""'), "");
  assert.equal(convert("int", "Int64", "null"), "field 'f': expected int, got null");
  const nothing = rowOf(planOf({ f: "int" }, { c: ["f", "Int64"] }), "{}");
  assert.equal(nothing, "field 'f' is missing in the message");
  assert.deepEqual(convert("map", "Map(String, String)", "{}"), {});
});

Deno.test("one field fills every column that it is mapped onto", () => {
  const plan = planOf({ f: "string" }, { a: ["f", "String"], b: ["f", "LowCardinality(String)"] });
  assert.equal(rowOf(plan, '{"f":"x"}'), '{"a":"x","b":"x"}');
});

Deno.test("each pair of the original's conversion table", () => {
  const pairs: [string, string, string, unknown][] = [
    ["bool", "Bool", "true", true],
    ...[8, 16, 32, 64].flatMap((bits): [string, string, string, unknown][] => {
      const most = String(2n ** BigInt(bits - 1) - 1n);
      return [
        ["int", `Int${bits}`, "-100", -100],
        ["uint", `Int${bits}`, "100", 100],
        ["int", `UInt${bits}`, "200", 200],
        ["uint", `UInt${bits}`, "200", 200],
        ["int", `LowCardinality(Int${bits})`, "5", 5],
        ["int", `UInt${bits}`, "-1", `value out of range of uint${bits}: -1`],
        ["uint", `Int${bits}`, String(BigInt(most) + 1n), `value out of range of int${bits}: ${BigInt(most) + 1n}`],
      ];
    }),
    ["int", "Int32", "2147483648", "value out of range of int32: 2147483648"],
    ["float", "Float32", "1.5", 1.5],
    ["float", "LowCardinality(Float32)", "0.5", 0.5],
    ["float", "Float64", "0.1", 0.1],
    ["float", "Float32", "1e39", "value out of range of float32: 1e+39"],
    ["float", "Int32", "3.9", 3],
    ["string", "Enum8('a' = 1)", '"a"', "a"],
    ["string", "UUID", '"01234567-89ab-cdef-0123-456789abcdef"', "01234567-89ab-cdef-0123-456789abcdef"],
  ];
  for (const [type, column, value, result] of pairs) {
    assert.equal(convert(type, column, value), result, `${type} ${column}`);
  }
});

Deno.test("pairs that are refused, with both sides named", () => {
  const pairs = [
    "int Bool",
    "string Int8",
    "bool DateTime",
    "array Map(String,String)",
    "map Array(String)",
    "int String",
  ];
  for (const pair of pairs) {
    const [type, column] = pair.split(" ");
    assert.throws(
      () => planOf({ f: type }, { c: ["f", column] }),
      (error) => {
        const sides = `field f has type ${type}, which does not fit column c of type ${column.replace(",", ", ")}`;
        return error instanceof PlanError && error.message.startsWith(sides);
      },
      pair,
    );
  }
});

Deno.test("seconds and texts mean the same instant", () => {
  for (const column of ["DateTime", "DateTime64(3)", "DateTime64(6, 'UTC')", "LowCardinality(DateTime)"]) {
    assert.equal(convert("int", column, "1700000000"), "2023-11-14T22:13:20Z", column);
    assert.equal(convert("float", column, "1700000000"), "2023-11-14T22:13:20Z", column);
    assert.equal(convert("string", column, '"2023-11-14T22:13:20Z"'), "2023-11-14T22:13:20Z", column);
    assert.equal(convert("string", column, '"2023-11-14 22:13:20"'), "2023-11-14T22:13:20Z", column);
    assert.equal(convert("string", column, '"2023-11-14"'), "2023-11-14T00:00:00Z", column);
    assert.equal(convert("string", column, '"garbage"'), "unable to parse datetime from 'garbage'", column);
  }
  assert.equal(convert("float", "DateTime64(3)", "1700000000.5"), "2023-11-14T22:13:20.5Z");
  assert.equal(convert("float", "DateTime", "0"), "1970-01-01T00:00:00Z");
});

Deno.test("arrays, maps and lists of maps", () => {
  assert.deepEqual(convert("array", "Array(String)", '["a","b"]'), ["a", "b"]);
  assert.deepEqual(convert("array", "Array(Int32)", "[1,2]"), [1, 2]);
  assert.deepEqual(convert("array", "Array(Int32)", "[]"), []);
  assert.deepEqual(convert("array", "Array(Array(Int32))", "[[1],[2,3]]"), [[1], [2, 3]]);
  assert.equal(convert("array", "Array(Int32)", '[1,"a"]'), "a string does not fit Int32");
  assert.equal(convert("array", "Array(Int32)", "{}"), "field 'f': expected array, got object");
  for (const column of ["Map(String, String)", "Map(LowCardinality(String), String)"]) {
    assert.deepEqual(convert("map", column, '{"a":"b"}'), { a: "b" });
    assert.equal(convert("map", column, "[]"), "field 'f': expected map, got array");
  }
  assert.deepEqual(convert("array", "Array(Map(String, String))", '[{"a":"b"},null]'), [{ a: "b" }, {}]);
  assert.deepEqual(convert("array", "Array(Map(String, String))", "[]"), []);
  assert.equal(
    convert("array", "Array(Map(String, String))", '[{},"x"]'),
    "array element at index 1 is not a map, got string",
  );
});

Deno.test("column types that a mapping may name", () => {
  const plain =
    "Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String FixedString UUID Enum8 Enum16";
  const others = [
    ...[
      "DateTime",
      "DateTime64",
      "DateTime64(6, 'UTC')",
      "Array(Int32)",
      "Map(String, String)",
      "Array(Map(String, String))",
    ],
    ...["FixedString(32)", "LowCardinality(String)", "LowCardinality(FixedString)", "LowCardinality(FixedString(3))"],
    ...["LowCardinality(Int8)", "LowCardinality(UInt64)", "LowCardinality(Float32)", "LowCardinality(DateTime)"],
  ];
  for (const type of [...plain.split(" "), ...others]) assert.ok(isKnownColumnType(type), type);
  for (const type of ["Unsupported", "UnknownType", ""]) {
    assert.equal(isKnownColumnType(type), false);
    const message = `unsupported ClickHouse column type: ${JSON.stringify(type)}`;
    assert.throws(() => planOf({ f: "string" }, { c: ["f", type] }), (error) => String(error).includes(message));
  }
});
