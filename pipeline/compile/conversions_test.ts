import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../config/sample_configs.ts";
import { readBlock, rowJson } from "../native/mod.ts";
import { instantiateTransform } from "./instantiate.ts";
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
