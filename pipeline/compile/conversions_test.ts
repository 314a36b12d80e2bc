import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../config/sample_configs.ts";
import { readBlock, rowJson } from "../native/mod.ts";
import { instantiateIngest, instantiateTransform } from "./instantiate.ts";
import { planPipeline } from "./plan.ts";
import type { Outcome } from "./program.ts";
import { sourceBlock } from "./testing/source_rows.ts";

/** One value of a declared type, in a column declared as `mapped` that the table has as `type`. */
function convert(value: unknown, declared: string, type: string, mapped = type): unknown {
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: [{ name: "v", type: declared }] })],
    sink: sink({ mapping: [{ name: "v", column_name: "C", column_type: mapped }] }),
  }));
  const plan = planPipeline(config, [{ name: "C", type, default_kind: "" }]);
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(sourceBlock(plan.input, [{ v: value }]), 0, 1, 0, 0, null, out);
  if (out.dead.length === 0) return JSON.parse(rowJson(readBlock(instance.take().block), 0)).C;
  assert.equal(out.dead[0].reason, "schema_mismatch");
  const prefix = "failed to prepare values for message: failed to convert field v: ";
  assert.ok(out.dead[0].error.startsWith(prefix), out.dead[0].error);
  return new Error(out.dead[0].error.slice(prefix.length));
}

Deno.test("what the original says of values out of range is what we say", () => {
  const cases: [unknown, string, string, string][] = [
    [300n, "int", "Int8", "value out of range of int8: 300"],
    [-1n, "int", "UInt32", "value out of range of uint32: -1"],
    [2n ** 63n, "uint", "Int64", "value out of range of int64: 9223372036854775808"],
    [70000n, "uint", "LowCardinality(UInt16)", "value out of range of uint16: 70000"],
    [1e39, "float", "Float32", "value out of range of float32: 1e+39"],
    [-5n, "int", "DateTime", "negative timestamp: -5"],
    ["2025-03-01T10:20:30+0100", "string", "DateTime", "unable to parse datetime from '2025-03-01T10:20:30+0100'"],
    ['[{"a":1},"x"]', "array", "Array(Map(String, String))", "array element at index 1 is not a map, got string"],
  ];
  for (const [value, declared, type, message] of cases) {
    const result = convert(value, declared, type);
    assert.ok(result instanceof Error, `${value} into ${type}`);
    assert.equal(result.message, message);
  }
});

Deno.test("seconds, fractions and texts become date-times", () => {
  assert.equal(convert(1_740_824_430n, "int", "DateTime"), "2025-03-01T10:20:30Z");
  assert.equal(convert(1_740_824_430n, "uint", "DateTime64(3)"), "2025-03-01T10:20:30Z");
  assert.equal(convert(1_740_824_430.25, "float", "DateTime64(6)"), "2025-03-01T10:20:30.25Z");
  assert.equal(convert("2025-03-01T10:20:30.5Z", "string", "Date", "DateTime"), "2025-03-01");
  assert.equal(convert("13/01/2025", "string", "Nullable(DateTime64(3))"), "2025-01-13T00:00:00Z");
});

Deno.test("an Int64 mapped onto a DateTime64 column counts milliseconds", () => {
  assert.equal(convert(1_740_824_430_123n, "int", "DateTime64(3)", "Int64"), "2025-03-01T10:20:30.123Z");
  assert.equal(convert(1_740_824_430n, "int", "DateTime", "Int64"), "2025-03-01T10:20:30Z");
});

Deno.test("texts fill every column that takes texts", () => {
  assert.equal(convert("ab", "string", "FixedString(4)", "String"), "ab\0\0");
  assert.match(String(convert("abcde", "string", "FixedString(4)")), /5 bytes, the column holds 4/);
  assert.equal(convert("GET", "string", "Enum8('GET' = 1)", "Enum8"), "GET");
  assert.equal(convert("10.0.0.1", "string", "IPv4", "String"), "10.0.0.1");
  assert.equal(convert("::1", "string", "Nullable(IPv6)", "String"), "::1");
});

Deno.test("JSON arrays and maps", () => {
  assert.deepEqual(convert("[1, 2.9, null, true]", "array", "Array(Nullable(UInt8))"), [1, 2, null, 1]);
  assert.deepEqual(convert("[[1],[],null]", "array", "Array(Array(Int8))"), [[1], [], []]);
  assert.deepEqual(
    convert('{"a":1500000,"b":null,"c":[1,{"d":2}],"e":true}', "map", "Map(LowCardinality(String), String)"),
    {
      a: "1500000",
      b: "",
      c: '[1,{"d":2}]',
      e: "true",
    },
  );
  assert.equal(convert('{"a": 12345678901234567890}', "map", "String"), '{"a": 12345678901234567890}');
  assert.match(String(convert('["x"]', "array", "Array(Int8)")), /a string does not fit Int8/);
});

/** As {@link convert}, from the JSON text of a whole record: what the scanner gives the transform. */
function convertText(value: string, declared: string, type: string): unknown {
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: [{ name: "v", type: declared }] })],
    sink: sink({ mapping: [{ name: "v", column_name: "C", column_type: type }] }),
  }));
  const plan = planPipeline(config, null);
  const ingest = instantiateIngest(plan).create();
  const record = new TextEncoder().encode(`{"v":${value}}`);
  if (ingest.scan(record, 0, record.length) !== 0) return new Error(ingest.errorText());
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(readBlock(ingest.take(0)[0].block), 0, 1, 0, 0, null, out);
  if (out.dead.length > 0) return new Error(out.dead[0].error);
  return rowJson(readBlock(instance.take().block), 0).slice('{"C":'.length, -1);
}

Deno.test("numbers keep every digit from the record to the column", () => {
  const digits = "123456789012345678901234567890.123456789";
  assert.equal(convertText(digits, "float", "Decimal(76, 9)"), digits);
  assert.equal(convertText(digits, "float", "Nullable(Decimal(60, 5))"), digits.slice(0, -4));
  assert.equal(convertText("170141183460469231731687303715884105727", "int", "Int128"), String(2n ** 127n - 1n));
  assert.equal(convertText("9007199254740993", "float", "Int64"), "9007199254740993");
  assert.equal(convertText("9007199254740993.0", "int", "Decimal(20, 2)"), "9007199254740993");
  assert.equal(convertText('"9007199254740993.25"', "string", "Decimal(20, 2)"), "9007199254740993.25");
  assert.equal(convertText("[9007199254740993, 1.5]", "array", "Array(Int64)"), "[9007199254740993,1]");
  assert.equal(convertText("[12345678901234567.25]", "array", "Array(Decimal(20, 2))"), "[12345678901234567.25]");
  assert.equal(
    convertText('{"9223372036854775807":{"a":18446744073709551615}}', "map", "Map(Int64, JSON)"),
    '{"9223372036854775807":{"a":18446744073709551615}}',
  );
  assert.match(String(convertText("1.5", "int", "Int128")), /a number with a fraction/);
  assert.match(String(convertText("-1", "uint", "UInt256")), /does not fit into a 64-bit uint/);
  assert.match(String(convertText("1e77", "float", "Decimal(76, 0)")), /out of range of Decimal\(76, 0\): 1e77/);
});

Deno.test("tuples take arrays by position and maps by name", () => {
  const named = "Tuple(a Int8, b Array(String))";
  assert.equal(convertText('{"b":["x"],"c":1}', "map", named), '{"a":0,"b":["x"]}');
  assert.equal(convertText('[7, ["x"]]', "array", named), '{"a":7,"b":["x"]}');
  assert.equal(
    convertText('[[1, "x"], [2, null]]', "array", "Array(Tuple(Int8, Nullable(String)))"),
    '[[1,"x"],[2,null]]',
  );
  assert.match(String(convertText("[1]", "array", "Tuple(Int8, Int8)")), /expected 2 elements of a tuple, got 1/);
});

Deno.test("JSON columns take objects that the server takes", () => {
  assert.equal(convertText(' {"a": [1, {"b": "x"}]} ', "map", "JSON"), '{"a": [1, {"b": "x"}]}');
  assert.equal(convertText(JSON.stringify('{"a":1}'), "string", "Nullable(JSON)"), '{"a":1}');
  const bad: [string, RegExp][] = [
    ['{"a":1,"a":2}', /path "a" twice/],
    ['{"a.b":1,"a":{"b":2}}', /path "a\.b" twice/],
    ['{"x":[{"a":1,"a":2}]}', /path "a" twice/],
    ['{"a":18446744073709551616}', /does not fit 64 bits/],
    ['{"a":1e400}', /does not fit 64 bits/],
    ['{"a":"\\ud800"}', /surrogate/],
    [`{"a":${"[".repeat(1001)}${"]".repeat(1001)}}`, /more than 1000 nested/],
  ];
  for (const [text, message] of bad) assert.match(String(convertText(text, "map", "JSON")), message);
  const fine = '{"x":[{"a":1},{"a":2}],"y":{"a":"\\ud83d\\ude00"}}';
  assert.equal(convertText(fine, "map", "JSON"), fine);
  for (const text of ["[1]", "1", "", "{} x"]) {
    assert.match(String(convertText(JSON.stringify(text), "string", "JSON")), /the text is no JSON object/);
  }
});

Deno.test("the flattened columns of a Nested structure have as many elements each", () => {
  const names = ["a", "b", "c"];
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: names.map((name) => ({ name, type: "array" })) })],
    sink: sink({
      mapping: [["a", "n.a", "Array(Int8)"], ["b", "n.b.c", "Array(String)"], ["c", "m.c", "Array(Int8)"]].map((
        [name, column_name, column_type],
      ) => ({ name, column_name, column_type })),
    }),
  }));
  const plan = planPipeline(config, null);
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  const rows = [["[1,2]", '["x","y"]', "[]"], ["[1]", "[]", "[]"], ["[]", "[]", "[3]"], ["[5]", '["z"]', "[]"]];
  const events = rows.map(([a, b, c]) => ({ a, b, c }));
  instance.run(sourceBlock(plan.input, events), 0, events.length, 0, 0, null, out);
  assert.deepEqual(out.positions, [0, 2, 3]);
  assert.deepEqual(out.dead.map(({ position, error }) => [position, error]), [[
    1,
    "failed to prepare values for message: the arrays of n have 1, 0 elements, which must be as many in each",
  ]]);
  const block = readBlock(instance.take().block);
  assert.equal(rowJson(block, 2), '{"m.c":[],"n.a":[5],"n.b.c":["z"]}');
});

Deno.test("64-bit fields keep every digit in a table whose column is wider than the mapping says", () => {
  const wide = [-(2n ** 63n), -1n, 0n, 9007199254740993n, 2n ** 63n - 1n];
  for (
    const type of ["Int128", "Nullable(Int256)", "LowCardinality(Int128)", "Decimal(30, 2)", "Nullable(Decimal(76, 0))"]
  ) {
    for (const value of wide) assert.equal(convertExact(value, "int", type), String(value), type);
    assert.equal(convertExact(2n ** 64n - 1n, "uint", type), String(2n ** 64n - 1n), type);
  }
  assert.equal(convertExact(2n ** 64n - 1n, "uint", "UInt256"), String(2n ** 64n - 1n));
  assert.equal(convertExact(5n, "int", "Nullable(UInt128)"), "5");
  assert.match(convertExact(-5n, "int", "UInt128"), /value out of range of uint128: -5$/);
});

/** A 64-bit integer that is mapped as such, in a column of another type. */
function convertExact(value: bigint, declared: string, type: string): string {
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: [{ name: "v", type: declared }] })],
    sink: sink({ mapping: [{ name: "v", column_name: "C", column_type: declared === "int" ? "Int64" : "UInt64" }] }),
  }));
  const plan = planPipeline(config, [{ name: "C", type, default_kind: "" }]);
  assert.equal(plan.input[0].type, declared === "int" ? "Int64" : "UInt64");
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(sourceBlock(plan.input, [{ v: value }]), 0, 1, 0, 0, null, out);
  if (out.dead.length > 0) return out.dead[0].error;
  return rowJson(readBlock(instance.take().block), 0).slice('{"C":'.length, -1);
}

Deno.test("a number that travels as its text is the same key and the same expression value as ever", () => {
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: [{ name: "v", type: "int" }, { name: "f", type: "float" }] })],
    transforms: [
      { type: "filter", source_id: "orders", config: { expression: "v < 1000 and f > 0.5" } },
      { type: "dedup", source_id: "orders", config: { key: "v", time_window: "1h" } },
      {
        type: "stateless",
        source_id: "orders",
        config: {
          transforms: [
            { expression: "v", output_name: "same", output_type: "int" },
            { expression: "f", output_name: "digits", output_type: "float" },
            { expression: "f * 2.0", output_name: "twice", output_type: "float" },
          ],
        },
      },
    ],
    sink: sink({
      mapping: [["same", "a", "Int128"], ["digits", "b", "Decimal(76, 30)"], ["twice", "c", "Float64"]].map((
        [name, column_name, column_type],
      ) => ({ name, column_name, column_type })),
    }),
  }));
  const plan = planPipeline(config, null);
  assert.deepEqual(plan.input.map(({ type }) => type), ["String", "String"]);
  const ingest = instantiateIngest(plan).create();
  const digits = "1.123456789012345678901234567890";
  const records = [
    `{"v":1,"f":${digits}}`,
    `{"v":1.0,"f":${digits}}`,
    '{"v":20e-1,"f":2}',
    '{"v":-0,"f":0.1}',
    '{"v":5000,"f":1}',
  ];
  for (const record of records) {
    const bytes = new TextEncoder().encode(record);
    assert.equal(ingest.scan(bytes, 0, bytes.length), 0, ingest.errorText());
  }
  const seen = new Set<string>();
  const keys = {
    has: (...key: number[]) => seen.has(key.slice(0, 4).join()),
    add: (...key: number[]) => void seen.add(key.slice(0, 4).join()),
  };
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  const instance = instantiateTransform(plan).create();
  for (const { block } of ingest.take(0)) {
    const read = readBlock(block);
    instance.run(read, 0, read.rows, 0, 1, keys, out);
  }
  const rows = readBlock(instance.take().block);
  const texts = Array.from({ length: rows.rows }, (_, i) => rowJson(rows, i)).sort();
  assert.deepEqual(texts, [`{"a":1,"b":${digits.slice(0, -1)},"c":2.2469135780246914}`, '{"a":2,"b":2,"c":4}']);
  assert.deepEqual([out.filtered.length, out.deduplicated.length, out.dead.length], [2, 1, 0]);
});
