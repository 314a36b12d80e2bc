import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../config/sample_configs.ts";
import { hash128, readBlock, rowJson, shardOf } from "../native/mod.ts";
import { instantiateIngest, instantiateTransform } from "./instantiate.ts";
import { compilePipeline, planPipeline } from "./mod.ts";

const FIELDS = [
  { name: "id", type: "string" },
  { name: "host.name", type: "string" },
  { name: "n", type: "int" },
  { name: "tags", type: "array" },
];

function config(transforms: unknown[] = []) {
  return parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: FIELDS })],
    transforms,
    sink: sink({
      mapping: [
        { name: "id", column_name: "Id", column_type: "String" },
        { name: "n", column_name: "N", column_type: "Int64" },
        { name: "tags", column_name: "Tags", column_type: "Array(String)" },
        { name: "host.name", column_name: "Host", column_type: "LowCardinality(String)" },
      ],
    }),
  }));
}

const encoder = new TextEncoder();
const record = (id: string, n: number | string = 1) =>
  `{"id":${JSON.stringify(id)},"host":{"name":"h"},"n":${n},"tags":["a", "b"],"more":{}}`;

Deno.test("records become rows of the first edge, and those the table's rows", () => {
  const plan = planPipeline(config(), null);
  const ingest = instantiateIngest(plan).create();
  const text = encoder.encode(record("ü1", "9007199254740993"));
  assert.equal(ingest.scan(text, 0, text.length), 0);
  const bad = encoder.encode('{"id":"x","host":{"name":"h"},"n":"1","tags":[]}');
  assert.notEqual(ingest.scan(bad, 0, bad.length), 0);
  assert.match(ingest.errorText(), /n/);
  const [{ block, rows, shard, records }] = ingest.take(0);
  assert.deepEqual([rows, shard, [...records]], [1, 0, [0]]);
  const transform = instantiateTransform(plan).create();
  const out = { positions: [], filtered: [], deduplicated: [], dead: [] };
  transform.run(readBlock(block), 0, 1, 0, 0, null, out);
  assert.equal(
    rowJson(readBlock(transform.take().block), 0),
    '{"Host":"h","Id":"ü1","N":9007199254740993,"Tags":["a","b"]}',
  );
  assert.deepEqual(ingest.take(0), []);
});

Deno.test("rows of one key go to its shard, rows without one to the shard at home", () => {
  const dedup = { type: "dedup", source_id: "orders", config: { key: "id", time_window: "1h" } };
  const plan = planPipeline(config([dedup]), null);
  const ingest = instantiateIngest(plan).create();
  const ids = Array.from({ length: 100 }, (_, i) => i % 10 === 0 ? "" : `key ${i % 30}`);
  for (const id of ids) {
    const text = encoder.encode(record(id));
    assert.equal(ingest.scan(text, 0, text.length), 0);
  }
  const blocks = ingest.take(5);
  const seen: number[] = [];
  const hash = new Int32Array(4);
  for (const { shard, block, rows, records, columnLengths } of blocks) {
    const read = readBlock(block, 0, plan.input);
    assert.equal(read.rows, rows);
    assert.equal(columnLengths.length, plan.input.length);
    records.forEach((at, row) => {
      const key = encoder.encode(ids[at]);
      hash128(key, 0, key.length, hash);
      assert.equal(shard, ids[at] === "" ? 5 : shardOf(hash, 8));
      assert.equal(JSON.parse(rowJson(read, row)).id, ids[at]);
      seen.push(at);
    });
  }
  assert.deepEqual(seen.sort((a, b) => a - b), ids.map((_, i) => i));
  assert.ok(compilePipeline(config(), null).stages.ingest?.source.includes("export { program }"));
});
