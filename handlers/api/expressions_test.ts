import assert from "node:assert/strict";
import { Sandbox } from "../dry_run/sandbox.ts";
import { type Answer, type Bed, withApi } from "./api_bed.ts";

type Fields = Record<string, string>;

function validator({ call }: Bed) {
  return (expression: unknown, fields: Fields | null, more: Record<string, unknown> = {}) =>
    call("POST", "/api/v1/filter/validate", {
      expression,
      fields: fields && Object.entries(fields).map(([field_name, field_type]) => ({ field_name, field_type })),
      ...more,
    });
}

type Output = readonly [expression: string, name: string, type: string];

function evaluator({ call }: Bed) {
  return (outputs: readonly Output[] | null, sample: unknown = {}, config: Record<string, unknown> = {}) =>
    call("POST", "/api/v1/transform/expression/evaluate", {
      type: "expr_lang_transform",
      config: {
        transform: outputs?.map(([expression, output_name, output_type]) => ({ expression, output_name, output_type })),
        ...config,
      },
      sample,
    });
}

function errorOf(answer: Answer, code: string): string {
  assert.equal(answer.status, 400, answer.text);
  const { status, code: given, message, details } = answer.json() as Record<string, unknown>;
  assert.deepEqual([status, given, typeof message], [400, code, "string"]);
  return (details as { error: string }).error;
}

Deno.test("filters that are right", async () => {
  await withApi(async (bed) => {
    const validate = validator(bed);
    const fields = {
      qty: "int",
      name: "STRING",
      ok: "boolean",
      m: "map",
      tags: "array",
      "box.n": "float64",
      w: "datetime",
    };
    for (
      const expression of [
        "qty > 3",
        "qty > 3 and name != '' or ok",
        'm["k"] == "v"',
        "m.deep.er == nil",
        "tags[0] == 1",
        "any(tags, # in [1, 2]) and len(m) > 0",
        'int(m["status"]) >= 500',
        "box.n > 18",
        "int(qty) % 2 == 0",
        'w startsWith "2026"',
        "true",
      ]
    ) {
      const answer = await validate(expression, fields);
      assert.deepEqual([answer.status, answer.text], [200, "{}\n"], `${expression}: ${answer.text}`);
    }
  });
});

Deno.test("filters that are wrong", async () => {
  await withApi(async (bed) => {
    const validate = validator(bed);
    const refused = async (expression: string, fields: Fields | null, more = {}) =>
      errorOf(await validate(expression, fields, more), "validation_error");
    assert.match(await refused("qty == ", { qty: "int" }), /unexpected/i);
    assert.match(await refused("qty >>>> 18", { qty: "int" }), /./);
    assert.match(await refused("qty > 1 and other > 1", { qty: "int" }), /other.* \(at character 13\)$/);
    assert.match(await refused("qty + 5", { qty: "int" }), /bool/);
    assert.match(await refused("qty % 2 == 0", { qty: "int" }), /%/);
    assert.match(await refused("upper(name) == toString(1)", { name: "string" }), /toString/);
    assert.match(await refused("int(name) > 3", { name: "string" }), /fails on an event of empty and zero values/);
    assert.match(await refused("true", { qty: "unknown_type" }), /"qty"/);
    assert.equal(await refused("true", {}), "at least one field is required");
    assert.equal(await refused("true", null), "at least one field is required");
    assert.match(await refused("true", { qty: "int" }, { language: "lua" }), /use expr or cel/);
  });
});

Deno.test("bodies of validate that do not have the documented shape", async () => {
  await withApi(async (bed) => {
    const validate = validator(bed);
    const shape = async (answer: Promise<Answer>) => {
      const { status, json } = await answer;
      assert.equal(status, 422);
      assert.equal(json().code, "");
      return json().message;
    };
    const { call } = bed;
    assert.equal(await shape(validate("", { a: "int" })), "validation failed: expected length >= 1 (body.expression)");
    assert.equal(
      await shape(call("POST", "/api/v1/filter/validate", { expression: "true" })),
      "validation failed: expected required property fields to be present (body)",
    );
    assert.equal(
      await shape(call("POST", "/api/v1/filter/validate", { expression: "true", fields: [{ field_name: "a" }] })),
      "validation failed: expected required property field_type to be present (body.fields[0])",
    );
    assert.match(
      String(await shape(validate("true", { a: "int" }, { more: 1 }))),
      /unexpected property \(body\.more\)/,
    );
  });
});

Deno.test("outputs of a sample: only they, sorted, each as its type says", async () => {
  await withApi(async (bed) => {
    const evaluate = evaluator(bed);
    const sample = { s: "12.9", n: 4, big: 1500000, list: [1, "x"], deep: { a: { b: true } }, nothing: null };
    const shown = async (...outputs: Output[]) => {
      const answer = await evaluate(outputs, sample);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get("content-type"), "application/json");
      return answer.text.trimEnd();
    };
    assert.equal(await shown(["n", "b", "float64"], ["upper(s + 'x')", "a", "string"]), '{"a":"12.9X","b":4.0}');
    assert.equal(
      await shown(["s", "i", "int"], ["n", "i64", "int64"], ["n", "t", "bool"]),
      '{"i":12,"i64":4,"t":true}',
    );
    assert.equal(
      await shown(["big", "s", "string"], ["big * 1e15", "f", "float64"]),
      '{"f":1500000000000000000000.0,"s":"1500000"}',
    );
    assert.equal(
      await shown(["gone", "s", "string"], ["gone", "i", "int"], ["gone", "f", "float64"], ["gone", "b", "bool"]),
      '{"b":false,"f":0.0,"i":0,"s":""}',
    );
    assert.equal(
      await shown(["list", "l", "[]string"], ["deep", "m", "map"], ["n", "u", "uint"]),
      '{"l":[1,"x"],"m":{"a":{"b":true}},"u":4}',
    );
    assert.equal(await shown(["deep?.x?.b", "x", "any name"], ['deep["a"].b', "y", "bool"]), '{"x":null,"y":true}');
    assert.equal(await shown(["toInt(s)", "x", "int"], ['"<&>"', "y", "string"]), '{"x":12,"y":"<&>"}');
    assert.equal(await shown([String.raw`"\\u003c" + "\u003c"`, "y", "string"]), String.raw`{"y":"\\u003c<"}`);
    assert.equal(await shown(["now().Year() > 2024", "x", "bool"]), '{"x":true}');
    assert.equal((await evaluate([], sample)).text, `${JSON.stringify(sample)}\n`);
    assert.equal((await evaluate(null, { a: 1 }, { transform: null })).text, '{"a":1}\n');
  });
});

Deno.test("both routes take CEL, and answer its mistakes", async () => {
  await withApi(async (bed) => {
    const language = "cel";
    const validate = validator(bed), evaluate = evaluator(bed);
    const fields = { name: "string", qty: "int", m: "map" };
    for (const expression of ['name.startsWith("a") && qty > 3', 'has(m.k) && m["k"] == "v"', "qty in [1, 2]"]) {
      const answer = await validate(expression, fields, { language });
      assert.equal(answer.text, "{}\n", expression);
    }
    for (const expression of ["name startsWith 'a'", "other == 1", "qty + 1", "name + 1 == 2"]) {
      errorOf(await validate(expression, fields, { language }), "validation_error");
    }
    const outputs: Output[] = [['s + "!"', "a", "string"], ["[1, 2].map(x, x * 2)", "b", "array"]];
    assert.equal((await evaluate(outputs, { s: "hi" }, { language })).text, '{"a":"hi!","b":[2,4]}\n');
    const numbers: Output[] = [["n + 1", "a", "int"], ["f * 2.0", "b", "float"], ["gone == null", "c", "bool"]];
    assert.equal((await evaluate(numbers, { n: 4, f: 1.5 }, { language })).text, '{"a":5,"b":3,"c":true}\n');
    errorOf(await evaluate([["size(", "x", "int"]], {}, { language }), "transformation_error");
    errorOf(await evaluate([["1 / n", "x", "int"]], { n: 0 }, { language }), "transformation_error");
  });
});

Deno.test("what cannot be evaluated is 400 with the reason, a body of another shape 422", async () => {
  await withApi(async (bed) => {
    const evaluate = evaluator(bed);
    const refused = async (output: Output, sample: unknown = { s: "x" }, config = {}) =>
      errorOf(await evaluate([output], sample, config), "transformation_error");
    assert.match(await refused(["1 +", "x", "int"]), /^"x": /);
    assert.match(await refused(["s.y.z", "x", "int"]), /cannot fetch y from string/);
    assert.match(await refused(["s", "x", "int"]), /unable to convert/);
    assert.match(await refused(["s", "x", "int"], [1]), /must be an object/);
    assert.match(await refused(["s", "x", "int"], null), /must be an object/);
    assert.match(await refused(["s", "x", "int"], {}, { language: "lua" }), /use expr or cel/);
    const { call } = bed;
    const path = "/api/v1/transform/expression/evaluate";
    const other = await call("POST", path, { type: "other", config: { transform: [] }, sample: {} });
    assert.deepEqual([other.status, other.json().code], [400, "invalid_transformation_type"]);
    for (
      const [body, message] of [
        [{ config: { transform: [] }, sample: {} }, /required property type to be present \(body\)/],
        [{ type: "expr_lang_transform", sample: {} }, /required property config/],
        [
          { type: "expr_lang_transform", config: {}, sample: {} },
          /required property transform to be present \(body.config\)/,
        ],
        [{ type: "expr_lang_transform", config: { transform: [] } }, /required property sample/],
        [
          { type: "expr_lang_transform", config: { transform: [{ expression: "1", output_name: "x" }] }, sample: {} },
          /required property output_type to be present \(body.config.transform\[0\]\)/,
        ],
      ] as const
    ) {
      const answer = await call("POST", path, body);
      assert.equal(answer.status, 422, answer.text);
      assert.match(String(answer.json().message), message);
    }
  });
});

Deno.test("an expression that costs too much ends at a limit", async () => {
  await withApi(async (bed) => {
    const evaluate = evaluator(bed);
    const slow: Output = ["count(1..900, any(1..1000, # < 0))", "x", "int"];
    const many = await evaluate(Array.from({ length: 400 }, (): Output => slow));
    assert.match(errorOf(many, "transformation_error"), /longer than 700 ms/);
    const nested = await evaluate([["count(1..1000000, any(1..1000, # < 0))", "x", "int"]]);
    assert.match(errorOf(nested, "transformation_error"), /budget|too long/);
    const long = await evaluate(
      Array.from({ length: 20 }, (_, i): Output => ['repeat("x", 900000)', `x${i}`, "string"]),
    );
    assert.match(errorOf(long, "transformation_error"), /larger than/);
  }, { sandbox: new Sandbox({ deadlineMs: 700 }) });
});
