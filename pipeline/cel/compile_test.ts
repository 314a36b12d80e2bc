import assert from "node:assert/strict";
import { EvaluationError, ExpressionError } from "../expr/errors.ts";
import { generate } from "../expr/generate.ts";
import * as rt from "../expr/runtime.ts";
import { compileCel } from "./compile.ts";
import { runCel } from "./run_for_tests.ts";
import type { CelField } from "./types.ts";

const FIELDS: readonly CelField[] = [
  { name: "severity", type: "uint", nullable: false, small: true },
  { name: "id", type: "int", nullable: false },
  { name: "price", type: "float", nullable: false },
  { name: "text", type: "string", nullable: false },
  { name: "label", type: "string" },
  { name: "attributes", type: "map", nullable: false },
  { name: "host.name", type: "string", nullable: false },
  { name: "a-b", type: "bool", nullable: false },
];

const access = {
  value: (field: string) => `<${field}>`,
  integer: (field: string) => `<<${field}>>`,
  equals: (field: string, literal: string) => `same(${field}, ${literal})`,
  mapGet: (field: string, key: string) => `get(${field}, ${key})`,
};

const CODE: readonly [text: string, code: string][] = [
  ["severity >= 9u", "((<severity>) >= (9))"],
  ["severity + 1u > 9u", "(((<severity>) + (1)) > (9))"],
  ["id < 5", "((<id>) < (5))"],
  ["id == 9007199254740993", "((<<id>>) === 9007199254740993n)"],
  ["id in [1, 2]", "[(1), (2)].includes((<id>))"],
  ["price > 1.5 && price < 2.5", "(((<price>) > (1.5)) && ((<price>) < (2.5)))"],
  ['text == "x"', "(same(text, x))"],
  ['text.startsWith("x")', '(<text>).startsWith("x")'],
  ["size(text) > 3", "(rt.cel.length((<text>)) > (3))"],
  ["label == null", "((<label>) == null)"],
  ['"k" in attributes', "(get(attributes, k) !== null)"],
  ["has(attributes.k)", "(get(attributes, k) !== null)"],
  ["host.name != text", "(!((<host.name>) === (<text>)))"],
  ["`a-b`", "(<a-b>)"],
  // what can fail comes last, and alone needs no catching
  ['attributes.k == "v" && id < 5', '(((<id>) < (5)) && (rt.cel.found(get(attributes, k), "k") === "v"))'],
];

for (const [text, code] of CODE) {
  Deno.test(`code of ${text}`, () => {
    const js = generate(compileCel(text, FIELDS, "filter"), access);
    assert.equal(js.replace(/^\(rt\.begin\(\), (.*)\)$/, "$1"), code);
  });
}

Deno.test("what an expression reads, gives and passes on", () => {
  const { fields, type, identityOf } = compileCel("id", FIELDS, "stateless");
  assert.deepEqual([[...fields], type.kind, identityOf], [["id"], "int", "id"]);
  assert.equal(compileCel("severity", FIELDS, "stateless").identityOf, "severity");
  assert.equal(compileCel("id + 1", FIELDS, "stateless").identityOf, undefined);
  assert.deepEqual([...compileCel("[1].all(id, id == 1) && host.name == text", FIELDS, "filter").fields], [
    "host.name",
    "text",
  ]);
});

const REFUSED: readonly [text: string, position: number, message: RegExp][] = [
  [" ", 0, /empty/],
  ["unknown == 1", 0, /unknown name unknown: declare it/],
  ["host.nam == text", 4, /unknown name host.nam/],
  ["size == 1", 0, /it is a function/],
  ["text == 1", 5, /no such overload: ==\(string, int\)/],
  ["id + 1.0 > 2.0", 3, /do not mix.*int\(\) or double\(\)/],
  ["severity == 9", 9, /literals are 9, 9u and 9.0/],
  ["upper(text) == text", 0, /unknown function upper\(\)/],
  ["contains(text, text)", 0, /write value.contains/],
  ["text.int() == 1", 4, /write int\(value\)/],
  ["id.all(x, true)", 0, /needs a list or a map/],
  ["attributes.all(1, true)", 15, /name of a variable/],
  ["attributes.all(k, k)", 18, /needs a bool/],
  ["has(text)", 0, /needs a field of a map/],
  ["text.x == 1", 4, /has no field x/],
  ["text ? true : false", 0, /condition must be a bool/],
  ["id > 1 ? true : 'x'", 7, /one type/],
  ["id > 1 && text", 10, /no such overload: &&/],
  ["text", 0, /a filter must give a bool/],
  ["text.matches('(')", 13, /./],
  ["{1.5: 2} == {1.5: 2}", 1, /key of a map/],
];

for (const [text, position, message] of REFUSED) {
  Deno.test(`refused: ${text}`, () => {
    assert.throws(() => compileCel(text, FIELDS, "filter"), (error) => {
      assert.ok(error instanceof ExpressionError);
      assert.match(error.message, message);
      assert.equal(error.position, position);
      return true;
    });
  });
}

Deno.test("results of a transform are values that columns and JSON know", () => {
  const output = (text: string) => {
    const js = generate(compileCel(text, null, "stateless"), { value: () => "null" });
    return new Function("rt", `"use strict"; return ${js};`)(rt);
  };
  assert.equal(output("18446744073709551615u"), 18446744073709551615n);
  assert.equal(output('timestamp("2024-01-02T03:04:05.5Z")'), "2024-01-02T03:04:05.5Z");
  assert.equal(output('duration("90s")'), "90s");
  assert.equal(output("type(1)"), "int");
  assert.equal(output('b"text"'), "text");
  assert.equal(output(String.raw`b"\xff\x00"`), "/wA=");
  assert.deepEqual(output('[1u, {"a": b"b"}]'), [1n, Object.assign(Object.create(null), { a: "b" })]);
  assert.deepEqual(Object.entries(output("{1: true, 2u: null, true: 1.5}")), [["1", true], ["2", null], ["true", 1.5]]);
});

Deno.test("without declared fields a type's name is a field where the event has one", () => {
  assert.equal(runCel('type == "a" && type(1) == int', { type: "a" }), true);
  assert.equal(runCel("list.size()", { list: [1, 2] }), 2n);
  assert.equal(runCel("type(list) == list", { list: [1] }), false);
  assert.equal(runCel("type([]) == list", {}), true);
});

Deno.test("user text reaches generated code only as literals", () => {
  const evil = '"];alert(1);//</script>\u2028${x}';
  const fields = [{ name: "m", type: "map" as const }, { name: evil, type: "string" as const }];
  const quoted = JSON.stringify(evil);
  assert.equal(runCel(`m[${quoted}] == ${quoted}`, { m: { [evil]: evil } }, fields), true);
  assert.equal(runCel(`[${quoted}].map(constructor, constructor)[0]`), evil);
  assert.throws(() => runCel("constructor", {}, []), ExpressionError);
  assert.throws(() => runCel('{"a": 1}.constructor'), EvaluationError);
});

Deno.test("loops and lists have a budget", () => {
  const list = Array.from({ length: 3_000 }, (_, i) => i);
  const fields = [{ name: "l", type: "array" as const, nullable: false }];
  const run = (text: string) => runCel(text, { l: list }, fields);
  assert.throws(() => run("l.all(a, l.all(b, l.all(c, true)))"), /too long/);
  assert.throws(() => run("l.all(a, !l.exists(b, l.exists(c, false) || l[0] == 1))"), /too long/);
  assert.throws(() => run("l.map(a, l.map(b, b))"), /memory budget/);
  assert.throws(() => run("l.filter(a, l.map(b, l) == [])"), /memory budget|too long/);
  assert.equal(run("l.exists(a, a == 2999.0)"), true);
});

Deno.test("texts, errors, zones and copies have a budget", () => {
  const list = Array.from({ length: 2_000 }, (_, i) => i);
  const text = "x".repeat(60_000);
  const run = (expression: string) => runCel(expression, { l: list, s: text, t: text.slice(1) + "x" });
  const looped = [
    "s.lowerAscii() != ''",
    "!s.contains('y')",
    "s == t",
    "size(s) > 0",
    "s + t != ''",
    "timestamp('2024-01-01T00:00:00Z').getHours('Europe/Oslo') >= 0",
    "int(s) > 0 || i >= 0.0",
    "!s.matches('(x{500}){2}' + string(j))",
  ];
  for (const inner of looped) {
    assert.throws(() => run(`l.all(i, l.all(j, ${inner}))`), /too long|memory budget/, inner);
  }
  assert.throws(() => run("l.map(i, s).join(s)"), /memory budget/);
  const [deep, same] = [0, 1].map(() => Array.from({ length: 50_000 }).reduce((inner: unknown[]) => [inner], []));
  assert.throws(() => runCel("a == b", { a: deep, b: same }), /nested too deeply/);
  const doubled = Array.from({ length: 40 }).reduce((inner: string) => `[${inner}].map(x, [x, x])[0]`, "[1]");
  assert.throws(() => {
    const js = generate(compileCel(doubled, null, "stateless"), { value: () => "null" });
    return new Function("rt", `"use strict"; return ${js};`)(rt);
  }, /too long/);
});
