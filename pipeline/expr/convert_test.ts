import assert from "node:assert/strict";
import { convertOutput, outputJson } from "./convert.ts";
import { ConversionError } from "./errors.ts";

const CASES: [unknown, string, unknown][] = [
  [null, "string", ""],
  [true, "string", "true"],
  [1500000, "string", "1500000"],
  [1e21, "string", "1000000000000000000000"],
  [1e-7, "string", "0.0000001"],
  [12n, "string", "12"],
  [null, "int", 0],
  [true, "int64", 1],
  [12.9, "int", 12],
  [-12.9, "int", -12],
  ["12.9", "int", 12],
  [".5", "int", 0],
  ["", "int", 0],
  ["0x1f", "int", 31],
  ["0b11", "int", 3],
  ["010", "int", 8],
  ["-7", "int", -7],
  ["9223372036854775807", "int64", 9223372036854775807n],
  [null, "float64", 0],
  [true, "float64", 1],
  ["1.5", "float64", 1.5],
  [4n, "float64", 4],
  [null, "bool", false],
  [2, "bool", true],
  ["t", "bool", true],
  ["FALSE", "bool", false],
  [[1n, "a"], "[]string", [1, "a"]],
  [4, "uint", 4],
  [4n, "float", 4],
  [undefined, "map", null],
];

Deno.test("outputs convert to the declared type", () => {
  for (const [value, type, expected] of CASES) {
    assert.deepEqual(convertOutput(value, type), expected, `${String(value)} as ${type}`);
  }
});

Deno.test("what cannot be converted is an error", () => {
  const wrong: [unknown, string][] = [
    ["abc", "int"],
    ["1e3", "int"],
    ["9223372036854775808", "int"],
    [NaN, "int"],
    [[], "string"],
    [{}, "string"],
    [{}, "int"],
    ["x", "float64"],
    ["yes", "bool"],
    [[], "bool"],
  ];
  for (const [value, type] of wrong) {
    assert.throws(() => convertOutput(value, type), ConversionError, `${value} ${type}`);
  }
});

Deno.test("JSON of an output: float64 keeps a decimal point, integers are exact, markup is escaped", () => {
  assert.equal(outputJson(4, "float64"), "4.0");
  assert.equal(outputJson(1.5, "float64"), "1.5");
  assert.equal(outputJson(4, "float"), "4");
  assert.equal(outputJson(9223372036854775807n, "int64"), "9223372036854775807");
  assert.equal(outputJson("<a>", "string"), '"\\u003ca\\u003e"');
  assert.equal(outputJson({ b: 1, a: [true, null] }, "map"), '{"a":[true,null],"b":1}');
});
