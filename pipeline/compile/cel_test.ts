/** CEL in compiled pipelines: fields reach it from columns, its values reach the table. */
import assert from "node:assert/strict";
import { kafkaBody, kafkaSource, otlpBody, sink } from "../config/sample_configs.ts";
import { parsePipelineConfig } from "../config/mod.ts";
import { readBlock, rowJson } from "../native/mod.ts";
import { instantiateTransform } from "./instantiate.ts";
import { type PipelinePlan, PlanError, planPipeline } from "./mod.ts";
import type { Outcome } from "./program.ts";
import { transformBody } from "./transform.ts";
import { sourceBlock, type SourceRow } from "./testing/source_rows.ts";

const FIELDS = [
  { name: "id", type: "int" },
  { name: "total", type: "uint" },
  { name: "price", type: "float" },
  { name: "name", type: "string" },
  { name: "at", type: "string" },
  { name: "tags", type: "array" },
  { name: "extra", type: "map" },
] as const;

type Outputs = readonly (readonly [name: string, type: string, expression: string, columnType: string])[];

function kafka(filter: string | null, outputs: Outputs, extra: readonly unknown[] = []): PipelinePlan {
  const source_id = "orders";
  const config = {
    language: "cel",
    transforms: outputs.map(([output_name, output_type, expression]) => ({ output_name, output_type, expression })),
  };
  return planPipeline(
    parsePipelineConfig(kafkaBody({
      sources: [kafkaSource(source_id, { schema_fields: FIELDS })],
      transforms: [
        ...(filter === null ? [] : [{ type: "filter", source_id, config: { language: "cel", expression: filter } }]),
        ...extra,
        { type: "stateless", source_id, config },
      ],
      sink: sink({
        mapping: outputs.map(([name, , , column_type]) => ({ name, column_name: name, column_type })),
      }),
    })),
    null,
  );
}

function run(pipeline: PipelinePlan, rows: readonly SourceRow[]) {
  const instance = instantiateTransform(pipeline).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(sourceBlock(pipeline.input, rows), 0, rows.length, 0, 0, null, out);
  const { rows: count, block } = instance.take();
  const written = Array.from({ length: count }, (_, row) => rowJson(readBlock(block), row));
  return { filtered: out.filtered, dead: out.dead.map(({ position, error }) => [position, error]), written };
}

const order = (changes: SourceRow = {}): SourceRow => ({
  id: 7n,
  total: 9n,
  price: 2.5,
  name: "pen",
  at: "2024-03-04T05:06:07Z",
  tags: "[]",
  extra: "{}",
  ...changes,
});

Deno.test("CEL: a filter keeps what is true, and what it cannot judge is dead", () => {
  const pipeline = kafka('extra.kind == "b2b" && id > 5 || name.startsWith("vip")', [["id", "int", "id", "Int64"]]);
  const { filtered, dead, written } = run(pipeline, [
    order({ extra: '{"kind":"b2b"}' }),
    order({ extra: '{"kind":"b2c"}' }),
    order(),
    order({ name: "vip pen" }),
    order({ id: 1n }),
  ]);
  assert.deepEqual(filtered, [1, 4]);
  assert.deepEqual(written, ['{"id":7}', '{"id":7}']);
  assert.deepEqual(dead, [[2, "filter evaluation error: evaluating expression: no such key: kind"]]);
});

Deno.test("CEL: 64-bit integers are exact, and overflow is an error", () => {
  const pipeline = kafka("total >= 9u && id != 9007199254740992", [
    ["next", "int", "id + 1", "Int64"],
    ["twice", "uint", "total * 2u", "UInt64"],
    ["text", "string", "string(id)", "String"],
  ]);
  const { filtered, dead, written } = run(pipeline, [
    order({ id: 9007199254740993n, total: 9007199254740993n }),
    order({ id: 9007199254740992n }),
    order({ id: 9223372036854775807n }),
    order({ total: 18446744073709551615n }),
    order({ total: 8n }),
  ]);
  assert.deepEqual(filtered, [1, 4]);
  assert.deepEqual(written, ['{"next":9007199254740994,"text":"9007199254740993","twice":18014398509481986}']);
  assert.match(String(dead[0][1]), /run transformation 0: integer overflow/);
  assert.match(String(dead[1][1]), /run transformation 1: unsigned integer overflow/);
});

Deno.test("CEL: every kind of value reaches its column", () => {
  const pipeline = kafka(null, [
    ["at", "string", 'timestamp(at) + duration("1h")', "DateTime64(3, 'UTC')"],
    ["lasted", "string", 'timestamp(at) - timestamp("2024-03-04T00:00:00Z")', "String"],
    ["kind", "string", "type(total)", "String"],
    ["raw", "string", 'bytes(name) + b"!"', "String"],
    ["tags", "array", "tags.filter(t, t != 2).map(t, [t])", "Array(Array(Float64))"],
    ["map", "map", '{"n": id, "u": total}', "Map(String, Int64)"],
    ["none", "bool", "extra.x == null", "Bool"],
  ]);
  const { dead, written } = run(pipeline, [order({ tags: "[1, 2, 3]", extra: '{"x":null}' })]);
  assert.deepEqual(dead, []);
  assert.deepEqual(JSON.parse(written[0]), {
    at: "2024-03-04T06:06:07Z",
    kind: "uint",
    lasted: "18367s",
    map: { n: 7, u: 9 },
    none: true,
    raw: "pen!",
    tags: [[1], [3]],
  });
});

Deno.test("CEL: a second transform reads what the first gives, with all digits", () => {
  const first = {
    type: "stateless",
    source_id: "orders",
    config: { language: "cel", transforms: [{ output_name: "big", output_type: "int", expression: "id + 1" }] },
  };
  const pipeline = kafka(null, [["big", "int", "big + 1", "Int64"]], [first]);
  assert.deepEqual(run(pipeline, [order({ id: 9007199254740992n })]).written, ['{"big":9007199254740994}']);
});

Deno.test("CEL: logs are filtered on their columns", () => {
  const source_id = "logs";
  const filter = '"env" in attributes && attributes["env"] == "prod" && severity_number >= 9u && trace_id != null';
  const pipeline = planPipeline(
    parsePipelineConfig(otlpBody({
      transforms: [{ type: "filter", source_id, config: { language: "cel", expression: filter } }],
    })),
    null,
  );
  assert.doesNotMatch(transformBody(pipeline), /mapObject|BigInt|rt\.cel\.(?!found)/);
  const log = (severity_number: number, trace_id: string, attributes: Record<string, string>) => ({
    severity_number,
    trace_id,
    attributes,
    body: "x",
  });
  const { filtered, dead, written } = run(pipeline, [
    log(9, "ab", { env: "prod" }),
    log(8, "ab", { env: "prod" }),
    log(9, "", { env: "prod" }),
    log(9, "ab", { env: "dev" }),
    log(9, "ab", {}),
  ]);
  assert.deepEqual({ filtered, dead }, { filtered: [1, 2, 3, 4], dead: [] });
  assert.equal(written.length, 1);
});

Deno.test("CEL: an instant of a log is text that timestamp() reads", () => {
  const source_id = "logs";
  const filter = 'timestamp(timestamp) - timestamp("2024-03-04T05:06:07Z") > duration("1s")';
  const pipeline = planPipeline(
    parsePipelineConfig(otlpBody({
      transforms: [{ type: "filter", source_id, config: { language: "cel", expression: filter } }],
    })),
    null,
  );
  const log = (timestamp: bigint) => ({ timestamp, body: "x" });
  const second = 1709528768n * 1_000_000_000n;
  assert.deepEqual(run(pipeline, [log(second), log(second + 1n), log(0n)]), {
    filtered: [0, 2],
    dead: [],
    written: ['{"Body":"x"}'],
  });
});

Deno.test("CEL: what does not compile is refused with its place", () => {
  const refused = (filter: string, message: RegExp) => {
    assert.throws(() => kafka(filter, [["id", "int", "id", "Int64"]]), (error) => {
      assert.ok(error instanceof PlanError);
      assert.match(error.message, message);
      return true;
    });
  };
  refused("id >", /a value is missing.*at character 5/);
  refused("id == total", /no such overload: ==\(nullable int|no such overload: ==\(int, uint\)/);
  refused("other > 1", /unknown name other/);
  refused("name", /a filter must give a bool, but this gives string/);
  refused('name.matches("(")', /at character 14/);
});
