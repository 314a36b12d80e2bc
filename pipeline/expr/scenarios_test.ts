// What users of the original rely on: filters and transforms checked against declared fields, and outputs as JSON.
import assert from "node:assert/strict";
import { compileExpression } from "./compile.ts";
import { convertOutput, outputJson } from "./convert.ts";
import { ExpressionError } from "./errors.ts";
import { run } from "./run_for_tests.ts";
import type { FieldDeclaration, FieldType } from "./types.ts";

function declare(fields: Readonly<Record<string, FieldType>>): FieldDeclaration[] {
  return Object.entries(fields).map(([name, type]) => ({ name, type }));
}

const FILTERED = declare({
  env: "string",
  value: "int",
  city: "string",
  n: "int",
  u: "uint",
  price: "float",
  student: "bool",
  "box.city": "string",
  tags: "array",
  attributes: "map",
});

Deno.test("filters that fit the declared fields", () => {
  for (
    const text of [
      'env == "production"',
      'city == "Oslo" and n > 18',
      "u >= 1 or price < 2.5",
      "(n > 18 and n < 65) or student == true",
      'box.city == "Oslo"',
      'box["city"] != nil',
      "student",
      "int(n) % 2 == 0",
      'attributes["k"] == "v" and "k" in attributes',
      "attributes.k != nil",
      'any(tags, # == "a")',
      "tags[0] == 1 and len(tags) > 1",
      '"a" in tags',
      "len(attributes) > 0",
      'keys(attributes)[0] startsWith "a"',
    ]
  ) compileExpression(text, FILTERED, "filter");
});

Deno.test("filters that do not", () => {
  for (
    const text of [
      "",
      "n >>>> 18",
      "env ==",
      "undeclared == 1",
      "box.street == 1",
      "box.city.x == 1",
      "n + 5",
      "env",
      "n % 2 == 0",
      'env > 5 and city == "x"',
      "attributes + 1 == 2",
      "tags == 5",
      "tags.x == 1",
      'attributes[1] == "x"',
      "toInt(env) == 1",
    ]
  ) assert.throws(() => compileExpression(text, FILTERED, "filter"), ExpressionError, text);
});

Deno.test("transforms that fit the declared fields, dotted ones among them", () => {
  const fields = declare({ name: "string", n: "int", p: "float", ok: "bool", map: "map", a: "string", b: "string" });
  for (
    const text of [
      "upper(name)",
      "n * 365",
      "n % 2",
      'name + " " + a',
      'containsStr(name, "x") or toString(n) == "1"',
      'waterfall(a, b, "x")',
      "toInt(p) + toFloat(n)",
      "ok && n > 1",
      "keys(map)",
      'hasKeyPrefix(map, ["p"])',
      'split(name, ",")',
      'hasPrefix(name, "a") or hasSuffix(name, "b")',
      'replace(name, "a", "b")',
      'getNestedParam(map, "x.y")',
      "date(name).Year()",
    ]
  ) compileExpression(text, fields, "stateless");
  for (
    const [dotted, text] of [
      [{ "user.name": "string" }, "upper(user.name)"],
      [{ "user.address.city": "string" }, "user.address.city"],
      [{ "user.name": "string", "user.age": "int" }, "user.name + string(user.age)"],
      [{ flat: "string", "user.name": "string" }, "flat + user.name"],
      [{ user: "map", "user.name": "string" }, "user.name"],
      [{ "user.name": "string", user: "map" }, "user.name"],
      [{ user: "string", "user.name": "string" }, "user.name"],
    ] as const
  ) compileExpression(text, declare(dotted as Record<string, FieldType>), "stateless");
  assert.throws(() => compileExpression("upper(nope)", fields, "stateless"), /unknown name nope/);
  assert.throws(() => compileExpression("upper(name", fields, "stateless"), ExpressionError);
});

Deno.test("outputs as JSON", () => {
  const event = { x: "a,b,c", n: 1500000.0, at: 1704164645, path: "/g/collect", dur: "90m" };
  const cases: [text: string, type: string, json: string][] = [
    ["toString(123)", "string", '"123"'],
    ["n", "string", '"1500000"'],
    ["split(x, ',')", "[]string", '["a","b","c"]'],
    ["join(split(x, ','), '-')", "string", '"a-b-c"'],
    ["toInt('123')", "int", "123"],
    ["toInt('abc')", "int", "0"],
    ["toFloat('abc')", "float64", "0.0"],
    ["toFloat('4')", "float64", "4.0"],
    ["toFloat('123.45')", "float64", "123.45"],
    ["toFloat('0.19') * 1000000", "int", "190000"],
    ["toDate(at)", "string", '"2024-01-02"'],
    ["toDate(parseISO8601('2024-01-02T03:04:05Z'))", "string", '"2024-01-02"'],
    ["keys(parseQuery('b=2&a=1'))", "[]string", '["a","b"]'],
    ["len(split(x, ','))", "int", "3"],
    ["hasSuffix(path, 'collect') ? 1 : 0", "int", "1"],
    ["hasSuffix(path, 'x')", "bool", "false"],
    ["toInt(ceil(4.2))", "int", "5"],
    ["missing", "string", '""'],
    ["missing", "int", "0"],
    ["missing", "bool", "false"],
    ["4.0", "float", "4"],
    ["{b: 1, a: '<'}", "map", '{"a":"\\u003c","b":1}'],
    ["9007199254740993", "int", "9007199254740993"],
    ["date('2024-01-02')", "string", '"2024-01-02T00:00:00Z"'],
    ["date('2024-01-02')", "map", '"2024-01-02T00:00:00Z"'],
    ["duration(dur)", "string", '"1h30m0s"'],
    ["duration(dur)", "int64", "5400000000000"],
    ["date('2024-03-02').Month()", "string", '"March"'],
    ["date('2024-03-02').Month()", "int", "3"],
    ["groupBy(split(x, ','), len(#))", "map", '{"1":["a","b","c"]}'],
  ];
  for (const [text, type, json] of cases) {
    assert.equal(outputJson(convertOutput(run(text, event), type), type), json, `${text} as ${type}`);
  }
});
