import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../config/sample_configs.ts";
import { readBlock, rowJson } from "../native/mod.ts";
import { filterFailure } from "./filter_trial.ts";
import { instantiateTransform } from "./instantiate.ts";
import { compileIn } from "./language.ts";
import { PlanError, planPipeline } from "./mod.ts";
import type { Outcome } from "./program.ts";
import { sourceBlock, type SourceRow } from "./testing/source_rows.ts";

const FIELDS = [{ name: "s", type: "string" }, { name: "n", type: "int" }, { name: "m", type: "map" }] as const;

function plan(transforms: readonly { type: string; config: unknown }[], mapping: [string, string][]) {
  return planPipeline(
    parsePipelineConfig(kafkaBody({
      sources: [kafkaSource("orders", { schema_fields: FIELDS })],
      transforms: transforms.map((each) => ({ ...each, source_id: "orders" })),
      sink: sink({ mapping: mapping.map(([name, column_type]) => ({ name, column_name: name, column_type })) }),
    })),
    null,
  );
}

const filter = (expression: string) => ({ type: "filter", config: { expression } });
const stateless = (...outputs: [name: string, type: string, expression: string][]) => ({
  type: "stateless",
  config: {
    transforms: outputs.map(([output_name, output_type, expression]) => ({ output_name, output_type, expression })),
  },
});

function run(pipeline: ReturnType<typeof plan>, rows: readonly SourceRow[], timeMs = 0) {
  const instance = instantiateTransform(pipeline).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(sourceBlock(pipeline.input, rows), 0, rows.length, 0, timeMs, null, out);
  const { rows: count, block } = instance.take();
  const written = count === 0 ? [] : Array.from({ length: count }, (_, row) => rowJson(readBlock(block), row));
  return { ...out, dead: out.dead.map(({ position, error }) => [position, error]), written };
}

const row = (s: string, n: bigint, m = "{}") => ({ s, n, m });

Deno.test("a row passes every filter, in their order; what one drops the next does not see", () => {
  const pipeline = plan([filter('s != ""'), filter("int(s) > 5"), filter("n < 10")], [["s", "String"]]);
  const { filtered, written, dead } = run(pipeline, [row("", 1n), row("x", 1n), row("7", 99n), row("8", 1n)]);
  assert.deepEqual(filtered, [0, 2]);
  assert.deepEqual(dead.map(([position]) => position), [1]);
  assert.deepEqual(written, ['{"s":"8"}']);
});

Deno.test("a stateless transform reads what the one before it gives, and nothing else", () => {
  const steps = [
    stateless(["a", "int", "n * 2"], ["text", "string", "s"], ["exact", "int", "n"], ["list", "array", "[n, s]"]),
    stateless(["b", "int", "a + 1"], ["size", "int", "len(list)"], ["exact", "int", "exact"], ["t", "string", "text"]),
    stateless(["c", "string", 't + ":" + string(b)'], ["exact", "int", "exact"], ["size", "int", "size"]),
  ];
  const pipeline = plan(steps, [["c", "String"], ["exact", "Int64"], ["size", "UInt8"]]);
  const { written } = run(pipeline, [row("x", 20n), row("é", 9007199254740993n)]);
  assert.deepEqual(written[0], '{"c":"x:41","exact":20,"size":2}');
  assert.match(written[1], /"exact":9007199254740993,/);
  assert.throws(() => plan([steps[0], stateless(["x", "int", "n"])], [["x", "Int64"]]), PlanError);
});

Deno.test("transforms of both languages follow each other; CEL keeps the digits of integers", () => {
  const cel = ({ type, config }: ReturnType<typeof stateless>) => ({ type, config: { ...config, language: "cel" } });
  const steps = [
    cel(stateless(["big", "int", "n + 1"], ["same", "int", "n"], ["s", "string", 's + "!"'])),
    cel(stateless(["big", "int", "big + 1"], ["same", "int", "same + 1"], ["s", "string", "s"])),
    stateless(["big", "int", "big"], ["same", "int", "same"], ["s", "string", "upper(s)"]),
  ];
  const exact = run(plan(steps.slice(0, 2), [["big", "Int64"], ["same", "Int64"]]), [row("", 9007199254740993n)]);
  assert.deepEqual(exact.written, ['{"big":9007199254740995,"same":9007199254740994}']);
  const { written, dead } = run(plan(steps, [["big", "Int64"], ["same", "Int64"], ["s", "String"]]), [
    row("x", 41n),
    row("y", 9223372036854775807n),
  ]);
  assert.deepEqual(written, ['{"big":43,"s":"X!","same":42}']);
  assert.deepEqual(dead.map(([position, error]) => [position, /transformation 0: /.test(String(error))]), [[1, true]]);
});

Deno.test("now() is when the row arrived, in every step", () => {
  const pipeline = plan([
    filter('now() > date("2026-01-01T00:00:00Z") and any([1], now().Year() == 2026)'),
    stateless(["a", "int", "now().Unix()"]),
    stateless(["b", "bool", "now().Unix() == a"], ["a", "int", "a"]),
  ], [["a", "Int64"], ["b", "Bool"]]);
  assert.deepEqual(run(pipeline, [row("", 0n)], 1_767_312_000_123).written, ['{"a":1767312000,"b":true}']);
  assert.deepEqual(run(pipeline, [row("", 0n)], 0).filtered, [0]);
});

Deno.test("an output that is not what it is declared as is found where the next transform reads it", () => {
  const pipeline = plan([stateless(["f", "float", 'm["v"]']), stateless(["g", "float64", "f == nil ? -1 : f * 2"])], [
    ["g", "Float64"],
  ]);
  const { written, dead } = run(pipeline, [row("", 0n, '{"v":2}'), row("", 0n, '{"v":"2"}'), row("", 0n)]);
  assert.deepEqual(written, ['{"g":4}', '{"g":-1}']);
  assert.deepEqual(dead, [[
    1,
    "versioned transform (transforms[1]): run transformation 0: " +
    'output "f" of the transform before is declared float, got string',
  ]]);
});

Deno.test("a filter is tried on zero values, unless it reads containers or could take long", () => {
  const tried = (text: string) => filterFailure(compileIn("expr", text, FIELDS, "filter"), FIELDS);
  for (
    const good of ['s == ""', 'm["k"].x > 1', "int(m[s]) > 5", "len(filter(1..1000000, # > n)) > 1", 'm["k"] == 1']
  ) {
    assert.equal(tried(good), null, good);
  }
  assert.match(tried("int(s) > 5")!, /^fails on an event of empty and zero values: .*int\(""\)/);
  assert.match(tried("7 % int(n) == 0")!, /divide by zero/);
  // Both would fail, one before the trial is given up and one behind.
  assert.match(tried(`"${"a".repeat(10)}" matches "(a{500}){2}b" or int(s) > 5`)!, /int\(""\)/);
  assert.equal(tried(`"${"a".repeat(1_000)}" matches "(a{500}){2}b" or int(s) > 5`), null);
});

Deno.test("a key of a map is its own: what objects, arrays and texts have besides is no value", () => {
  const keys = ["constructor", "__proto__", "toString", "a"];
  const mapping = (map: string) => keys.map((key): [string, string] => [`${map}.${key}`, "Nullable(String)"]);
  const rows = [{ m: '{"a":"1"}' }, { m: '{"__proto__":"2","constructor":"3"}' }];
  const expected = [["1", null, null, null], [null, "2", "3", null]];
  for (const [map, transforms] of [["m", []], ["o", [stateless(["o", "map", "m"])]]] as const) {
    const { written } = run(plan(transforms, mapping(map)), rows);
    const values = (text: string) =>
      ["a", "__proto__", "constructor", "toString"].map((key) => JSON.parse(text)[`${map}.${key}`]);
    assert.deepEqual(written.map(values), expected);
  }
  for (const expression of ["[1, 2]", "upper(s)", "n"]) {
    const [dead] = run(plan([stateless(["o", "map", expression])], [["o.length", "Nullable(String)"]]), [
      { s: "abc", n: 1n },
    ]).dead;
    assert.match(String(dead?.[1]), /field o\.length: expected a map, got (?:array|string|number)/, expression);
  }
});
