import assert from "node:assert/strict";
import { compileExpression } from "./compile.ts";
import { convertOutput } from "./convert.ts";
import { EvaluationError, ExpressionError } from "./errors.ts";
import { generate } from "./generate.ts";
import { eventAccess, run, runText } from "./run_for_tests.ts";
import type { FieldDeclaration } from "./types.ts";

const FIELDS: FieldDeclaration[] = [
  { name: "env", type: "string" },
  { name: "age", type: "int" },
  { name: "score", type: "float", nullable: false },
  { name: "ok", type: "bool" },
  { name: "tags", type: "array" },
  { name: "attributes", type: "map", nullable: false },
  { name: "box.city", type: "string" },
  { name: "box.size.w", type: "float" },
  { name: "@ts", type: "string" },
];

function compiles(text: string, mode: "filter" | "stateless" = "filter"): string {
  return generate(compileExpression(text, FIELDS, mode), eventAccess);
}

Deno.test("fields read and identity", () => {
  const expression = compileExpression('box.city == "x" and $env["@ts"] != nil and box.size.w > 1', FIELDS, "filter");
  assert.deepEqual([...expression.fields], ["box.city", "@ts", "box.size.w"]);
  assert.equal(expression.type.kind, "bool");
  assert.equal(expression.identityOf, undefined);
  assert.equal(compileExpression("box.city", FIELDS, "stateless").identityOf, "box.city");
  assert.deepEqual([...compileExpression("box", FIELDS, "stateless").fields], ["box.city", "box.size.w"]);
  assert.equal(compileExpression("$env", null, "stateless").readsEnvironment, true);
});

Deno.test("an object above dotted fields is the map of them", () => {
  const event = { "box.city": "Oslo", "box.size.w": 2 };
  assert.equal(run("toJSON(box) contains 'Oslo'", event, { fields: FIELDS }), true);
  assert.equal(run("box.size['w'] + 1", event, { fields: FIELDS }), 3);
  assert.equal(run("'box' in $env and not ('age' in $env)", event, { fields: FIELDS }), true);
});

Deno.test("unknown names are errors that name them, with their position", () => {
  for (
    const [text, name, position] of [["env == 'a' and tet == 1", "tet", 15], ["box.foo == 1", "box.foo", 3]] as const
  ) {
    assert.throws(() => compiles(text), (error) => {
      assert.ok(error instanceof ExpressionError);
      assert.match(error.message, new RegExp(`unknown name ${name}`));
      assert.equal(error.position, position);
      return true;
    });
  }
  assert.throws(() => compiles("$env.nope == 1"), /unknown name nope/);
});

Deno.test("declared types are checked", () => {
  const wrong = ["env > 5", "env + 1 == 2", "age % 2 == 0", "age == 'x'", "not age", "upper(age) == ''", "env.x == 1"];
  for (
    const text of [...wrong, "ok + 1 == 2", "age in ['a']", "tags.x == 1", "score", "env", "age + 1", "age ? ok : ok"]
  ) {
    assert.throws(() => compiles(text), ExpressionError, text);
  }
  for (
    const text of [
      "age > 5",
      "age == nil",
      "'x' in attributes",
      "attributes.k == 'v'",
      "tags[0] == 1",
      "ok",
      "age != 1.5",
    ]
  ) {
    compiles(text);
  }
});

Deno.test("custom functions exist only in stateless mode, where integer fields count as integers", () => {
  assert.throws(() => compiles("containsStr(env, 'a')"), /unknown function containsStr/);
  compiles("containsStr(env, 'a')", "stateless");
  assert.equal(run("age % 2", { age: 7 }, { fields: FIELDS }), 1n);
  assert.throws(() => run("age % 2", { age: null }, { fields: FIELDS }), EvaluationError);
  assert.equal(run("bitand(age, 3)", { age: 7 }, { fields: FIELDS }), 3n);
});

Deno.test("a filter gives a bool or fails the row as an invalid expression", () => {
  const filter = { fields: FIELDS, mode: "filter" } as const;
  assert.equal(run("ok", { ok: true }, filter), true);
  assert.throws(() => run("ok", { ok: null }, filter), /invalid expression/);
  assert.throws(() => run("attributes.k", { attributes: { k: "v" } }, filter), /invalid expression/);
  assert.throws(() => run("missing and true", {}, { mode: "filter" }), /invalid expression/);
});

Deno.test("the access's shortcuts are used", () => {
  const access = {
    value: (field: string) => `V_${field}`,
    equals: (field: string, literal: string) => `EQ(${field}, ${literal})`,
    mapGet: (field: string, key: string) => `GET(${field}, ${key})`,
  };
  const text = (source: string) => generate(compileExpression(source, FIELDS, "filter"), access);
  assert.equal(text("env == 'a'"), "(EQ(env, a))");
  assert.equal(text("'a' != env"), "(!(EQ(env, a)))");
  assert.equal(text("env in ['a', 'b']"), "((EQ(env, a)) || (EQ(env, b)))");
  assert.equal(text("attributes.k == 'v'"), '((GET(attributes, k)) === "v")');
  assert.equal(text("attributes?.['k'] == nil"), "((GET(attributes, k)) == null)");
  assert.equal(text("score > 1 and score <= 2.5"), "(((V_score) > (1)) && ((V_score) <= (2.5)))");
});

Deno.test("text of the expression never becomes code", () => {
  const nasty = '"\\u2028</script>`${x}\\\\"';
  const js = compiles(`env + ${nasty} == env`);
  assert.ok(!js.includes("\u2028") && !js.includes("</"));
  assert.equal(run(`env + ${nasty}`, { env: "" }, { fields: FIELDS }), "\u2028</script>`${x}\\");
  const access = { value: () => "null" };
  assert.doesNotMatch(generate(compileExpression("let evil = 1; evil + 1", null, "stateless"), access), /evil/);
  assert.equal(run("m.constructor", { m: {} }), null);
  assert.equal(run("m.__proto__", { m: {} }), null);
  assert.deepEqual(run("keys({__proto__: 1})"), ["__proto__"]);
});

Deno.test("the deepest expressions allowed also run", () => {
  assert.equal(run(`${"[".repeat(240)}${"]".repeat(240)} == [1]`), false);
  assert.equal(run("m" + "?.a".repeat(240), { m: { a: null } }), null);
  assert.throws(
    () => runText(generate(compileExpression("m" + ".a".repeat(240), null, "stateless"), eventAccess), {}),
    EvaluationError,
  );
  assert.equal(run("1 + ".repeat(200) + "1"), 201n);
});

Deno.test("a message does not repeat a part as long as the whole expression", () => {
  for (const text of ["x".repeat(100_000), "9".repeat(100_000) + ".5", `env matches "${"(".repeat(200)}"`]) {
    assert.throws(
      () => compiles(text),
      (error: Error) => error instanceof ExpressionError && error.message.length < 600,
    );
  }
});

Deno.test("nested loops end", () => {
  assert.throws(() => run("let r = 1..100000; count(r, count(r, true) > 0)"), /too many elements/);
});

Deno.test("what would fill memory or take minutes ends as an error of the row", () => {
  const body = "x".repeat(100_000);
  const hostile = [
    "let a = body + body; let b = a + a; let c = b + b; let d = c + c; let e = d + d; let f = e + e; " +
    "let g = f + f; let h = g + g; let i = h + h; let j = i + i; len(j + j)",
    "reduce(1..100, #acc + #acc, body)",
    "map(1..400000, upper(body))",
    "map(1..400000, replace(body, 'x', 'yy'))",
    "count(1..900000, body contains 'zzz')",
    "count(1..900000, body matches '(a|b)*c')",
    "count(1..900000, len(body) == 0)",
    "count(1..900000, 'a' matches string(#))",
    "reduce(1..400000, [#acc], []) | string()",
    "reduce(1..400000, [#acc], []) | toJSON()",
    "reduce(1..400000, [#acc], []) | flatten()",
    "let r = reduce(1..400000, [#acc], []); let s = reduce(1..400000, [#acc], []); r == s",
    "count(1..900000, body < body + 'a')",
    "count(1..900000, toJSON(body) == '')",
    "map(1..400000, map(1..9, date('2024', '2006').Format('2006')))",
    "count(1..900000, date('2024', '2006').In(timezone('Europe/Oslo')).Hour() > 0)",
    "count(1..900000, body == lower(upper(body)))",
    "count(1..5000, body matches ('(x{500}){2}' + string(#)))",
    "len(string(map(1..5000, body)))",
    "len(toJSON(map(1..5000, body)))",
  ];
  for (const text of hostile) assert.throws(() => run(text, { body }), EvaluationError, text);
  for (const text of hostile.filter((each) => each.includes("count("))) {
    const fields: FieldDeclaration[] = [{ name: "body", type: "string", nullable: false }];
    assert.throws(() => run(text, { body }, { fields }), EvaluationError, text);
  }
});

/** `#acc` twice at each of 40 levels: little to hold, 2⁴⁰ elements to walk. */
const SHARED = "reduce(1..40, [#acc, #acc], [1])";
const SHARED_MAPS = "reduce(1..40, fromPairs([[1, #acc], [2, #acc]]), 1)";

Deno.test("parts that stand in several places of a value count in each of them", () => {
  const walks = [
    ...["toJSON", "string", "flatten", "max", "mean", "median"].map((name) => `${name}(${SHARED})`),
    `${SHARED} == ${SHARED}`,
    `{"a": ${SHARED}} == {"a": ${SHARED}}`,
    `string(${SHARED_MAPS})`,
    `toJSON(${SHARED_MAPS})`,
    `${SHARED_MAPS} == ${SHARED_MAPS}`,
  ];
  for (const text of walks) assert.throws(() => run(text), EvaluationError, text);
  for (const text of [SHARED, SHARED_MAPS, "map(1..5000, body)"]) {
    const value = run(text, { body: "x".repeat(100_000) });
    assert.throws(() => convertOutput(value, "array"), EvaluationError, text);
  }
});

Deno.test("patterns cost what their automaton costs, once", () => {
  const body = "x".repeat(1_000_000);
  assert.throws(() => run("body matches '(x{900}){5}y'", { body: body.slice(0, 100_000) }), /takes too long/);
  for (let i = 0; i < 20; i++) assert.equal(run("body matches '(.*x){40}y'", { body }), false);
});

Deno.test("one evaluation does not use up the next one's budget", () => {
  const js = compiles("env contains 'y' or upper(env) + env matches '^z' or env < 'a'");
  const event = { env: "x".repeat(100_000) };
  for (let i = 0; i < 2_000; i++) assert.equal(runText(js, event), false);
});
