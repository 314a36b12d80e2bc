import assert from "node:assert/strict";
import avsc from "avsc";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../config/sample_configs.ts";
import { framed } from "../formats/bed_test_support.ts";
import { readBlock, rowJson } from "../native/mod.ts";
import { generateIngest } from "./ingest.ts";
import { instantiateIngest, instantiateTransform } from "./instantiate.ts";
import { type PipelinePlan, planPipeline } from "./mod.ts";
import type { IngestProgram } from "./program.ts";

const SCHEMA = {
  type: "record",
  name: "Payment",
  fields: [
    { name: "id", type: "string" },
    { name: "cents", type: ["null", "long"] },
    { name: "payer", type: ["null", { type: "record", name: "Payer", fields: [{ name: "name", type: "string" }] }] },
    { name: "tags", type: { type: "array", items: "string" } },
  ],
};
const encode = (value: unknown) =>
  avsc.Type.forSchema(SCHEMA as avsc.Schema, { wrapUnions: false }).toBuffer(value as never);

function plan(
  changes: Record<string, unknown>,
  mapping: readonly (readonly [string, string])[],
  transforms: unknown[] = [],
) {
  return planPipeline(
    parsePipelineConfig(kafkaBody({
      sources: [kafkaSource("orders", changes)],
      transforms,
      sink: sink({
        mapping: mapping.map(([name, column_type]) => ({ name, column_name: name.replace(".", "_"), column_type })),
      }),
    })),
    null,
  );
}

/** The generated module itself, from where it would stand. */
async function imported(made: PipelinePlan): Promise<IngestProgram> {
  const text = generateIngest(made).replaceAll(
    /from "(\.[^"]+)"/g,
    (_, path) => `from "${new URL(path, import.meta.url)}"`,
  );
  return (await import(`data:application/javascript,${encodeURIComponent(text)}`)).program;
}

function through(made: PipelinePlan, blocks: readonly { block: Uint8Array; rows: number }[]): string[] {
  return blocks.flatMap(({ block, rows }) => {
    const transform = instantiateTransform(made).create();
    const out = { positions: [], filtered: [], deduplicated: [], dead: [] };
    transform.run(readBlock(block), 0, rows, 0, 0, null, out);
    const taken = readBlock(transform.take().block);
    return Array.from({ length: taken.rows }, (_, row) => rowJson(taken, row));
  });
}

const AVRO = { format: "avro", schema: { file: JSON.stringify(SCHEMA) }, schema_fields: null };
const MAPPING = [["id", "String"], ["cents", "Nullable(Decimal(38, 0))"], ["payer.name", "String"], [
  "tags",
  "Array(String)",
]] as const;

Deno.test("avro records → the table's rows", async () => {
  const made = plan(AVRO, MAPPING, [{ type: "filter", source_id: "orders", config: { expression: 'id != "skip"' } }]);
  const ingest = (await imported(made)).create();
  for (
    const value of [
      { id: "a", cents: 12, payer: { name: "Eve" }, tags: ["x", "y"] },
      { id: "skip", cents: null, payer: null, tags: [] },
      { id: "b", cents: null, payer: null, tags: [] },
    ]
  ) {
    const record = framed(1, encode(value));
    assert.equal(ingest.scan(record, 0, record.length), 0, ingest.errorText());
  }
  const rows = through(made, ingest.take(0));
  assert.deepEqual(rows.map((row) => JSON.parse(row)), [
    { id: "a", cents: 12, payer_name: "Eve", tags: ["x", "y"] },
    { id: "b", cents: null, payer_name: "", tags: [] },
  ]);
});

Deno.test("the same pipeline tries its events out as JSON", () => {
  const made = plan(AVRO, MAPPING);
  const ingest = instantiateIngest(made).create();
  const text = new TextEncoder().encode('{"id":"a","cents":12345678901234567890,"tags":["x"]}');
  assert.equal(ingest.scan(text, 0, text.length), 0, ingest.errorText());
  assert.match(through(made, ingest.take(0))[0], /12345678901234567890/);
});

Deno.test("json records of a registry: header, and fields that may be absent", async () => {
  const made = plan(
    {
      schema_registry: { url: "https://registry.example" },
      schema_version: "42",
      schema_fields: [{ name: "id", type: "int" }],
    },
    [["id", "Nullable(Int64)"]],
  );
  const ingest = (await imported(made)).create();
  for (const text of ['{"id":5}', "{}"]) {
    const record = framed(42, new TextEncoder().encode(text));
    assert.deepEqual(ingest.schemas?.missing({ bytes: record, count: 1, values: Int32Array.of(0, record.length) }), []);
    assert.equal(ingest.scan(record, 0, record.length), 0, ingest.errorText());
  }
  const other = framed(43, new TextEncoder().encode("{}"));
  assert.deepEqual(ingest.schemas?.missing({ bytes: other, count: 1, values: Int32Array.of(0, other.length) }), [43]);
  assert.deepEqual(through(made, ingest.take(0)), ['{"id":5}', '{"id":null}']);
});
