import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { kafkaBody, kafkaSource, otlpBody, sink } from "../config/sample_configs.ts";
import { compilePipeline, layoutDigest, PlanError, planPipeline, type TableColumn } from "./mod.ts";

type Mapping = readonly (readonly [name: string, column: string, type: string])[];

function otlp(mapping: Mapping, changes: Record<string, unknown> = {}) {
  const columns = mapping.map(([name, column_name, column_type]) => ({ name, column_name, column_type }));
  return parsePipelineConfig(otlpBody({ sink: sink({ mapping: columns }), ...changes }));
}

function table(...columns: (readonly [name: string, type: string, kind?: string])[]): TableColumn[] {
  return columns.map(([name, type, default_kind = ""], position) => ({ name, type, default_kind, position }));
}

Deno.test("columns are sorted by name and have the table's exact types", () => {
  const config = otlp([["timestamp", "ts", "DateTime"], ["body", "Body", "String"], [
    "severity_number",
    "Ab",
    "Int64",
  ]]);
  const plan = planPipeline(
    config,
    table(["ts", "DateTime64(6, 'Europe/Oslo')"], ["Ab", "UInt8"], ["Body", "LowCardinality(String)"], ["x", "Int8"]),
  );
  assert.deepEqual(plan.outputLayout, [
    { name: "Ab", type: "UInt8" },
    { name: "Body", type: "LowCardinality(String)" },
    { name: "ts", type: "DateTime64(6, 'Europe/Oslo')" },
  ]);
});

Deno.test("only fields that some stage reads are carried, in the source's order", () => {
  const config = otlp([["body", "Body", "String"]], {
    transforms: [
      { type: "dedup", source_id: "logs", config: { key: '{"a":span_id,"b":attributes.k}', time_window: "1h" } },
      { type: "filter", source_id: "logs", config: { expression: "severity_number > 8" } },
    ],
  });
  const { receiver, plan } = compilePipeline(config, null);
  assert.deepEqual(receiver.layout, [
    { name: "severity_number", type: "UInt32" },
    { name: "body", type: "String" },
    { name: "span_id", type: "String" },
    { name: "attributes", type: "Map(String, String)" },
  ]);
  assert.equal(receiver.layoutDigest, layoutDigest(receiver.layout));
  assert.match(receiver.layoutDigest, /^[0-9a-f]{16}$/);
  assert.equal(receiver.shards, 8);
  assert.equal(receiver.key?.kind, "object");
  assert.equal(plan.dedup?.windowMs, 3_600_000);
});

Deno.test("a pipeline that reads nothing still carries a column, for a block needs one to have rows", () => {
  const config = otlp([["one", "One", "Int64"]], {
    transforms: [{
      type: "stateless",
      source_id: "logs",
      config: { transforms: [{ expression: "1", output_name: "one", output_type: "int" }] },
    }],
  });
  assert.deepEqual(planPipeline(config, null).input, [{ name: "severity_number", type: "UInt32" }]);
});

Deno.test("shards: one without a key and with one replica, else a power of two", () => {
  const shards = (changes: Record<string, unknown>) =>
    planPipeline(otlp([["body", "B", "String"]], changes), null).sharding.shards;
  assert.equal(shards({}), 1);
  assert.equal(shards({ resources: { sink: { replicas: 3 } } }), 8);
  assert.equal(shards({ resources: { sink: { replicas: 9 } } }), 16);
  assert.equal(shards({ resources: { sink: { replicas: 500 } } }), 64);
});

Deno.test("without a table the mapping's types count; bare names need the table", () => {
  const type = (text: string) => planPipeline(otlp([["body", "B", text]]), null).outputLayout[0].type;
  assert.equal(type("DateTime64"), "DateTime64(3)");
  assert.equal(type("FixedString( 4 )"), "FixedString(4)");
  for (const bare of ["FixedString", "Enum8", "Enum16"]) {
    assert.throws(() => type(bare), refusal(/create the table first/));
  }
  const config = otlp([["body", "B", "Enum8"]]);
  assert.equal(planPipeline(config, table(["B", "Enum8('a' = 1)"])).outputLayout[0].type, "Enum8('a' = 1)");
});

Deno.test("what does not fit the table is refused with what to do", () => {
  const refused = (mapping: Mapping, columns: TableColumn[], message: RegExp) =>
    assert.throws(() => planPipeline(otlp(mapping), columns), refusal(message));
  const body: Mapping = [["body", "Body", "String"]];
  refused(
    body,
    table(["Other", "String"]),
    /no column Body; add it \(ALTER TABLE shop\.orders ADD COLUMN `Body` String\)/,
  );
  refused(body, table(["Body", "String", "MATERIALIZED"]), /Body of shop\.orders is MATERIALIZED.*remove it/);
  refused(body, table(["Body", "String", "ALIAS"]), /is ALIAS/);
  refused(body, table(["Body", "UInt8"]), /field body has type string, which does not fit column Body of type UInt8/);
  refused(body, table(["Body", "Dynamic"]), /column Body has type Dynamic, which cannot be written/);
  refused([["timestamp", "T", "String"]], table(["T", "UUID"]), /field timestamp has a timestamp/);
  refused([["attributes", "T", "String"]], table(["T", "Map(Float64, String)"]), /field attributes has type map/);
  refused([], table(["T", "String"]), /mapping is empty/);
});

Deno.test("an expression that does not compile is refused with its place", () => {
  const config = otlp([["body", "B", "String"]], {
    transforms: [{ type: "filter", source_id: "logs", config: { expression: "nosuch == 1" } }],
  });
  assert.throws(() => planPipeline(config, null), refusal(/^filter: .*nosuch.* \(at character 1\)$/));
});

Deno.test("a JSON source carries one type per declared type", () => {
  const names = ["string", "bool", "int", "uint", "float", "array", "map"];
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: names.map((type) => ({ name: type, type })) })],
    sink: sink({
      mapping: names.map((name, i) => ({
        name,
        column_name: `C${i}`,
        column_type: name === "bool"
          ? "Bool"
          : name === "string" || name === "array" || name === "map"
          ? "String"
          : name === "float"
          ? "Float64"
          : "Int64",
      })),
    }),
  }));
  assert.deepEqual(planPipeline(config, null).input.map((column) => column.type), [
    "String",
    "Bool",
    "Int64",
    "UInt64",
    "Float64",
    "String",
    "String",
  ]);
});

Deno.test("the sink's program is constants, without address or password", () => {
  const { stages } = compilePipeline(otlp([["body", "Body", "String"]]), null);
  const text = stages.sink.source.replace("export const program = ", "").replace(/;\n$/, "");
  assert.deepEqual(JSON.parse(text), {
    layout: layoutDigest([{ name: "Body", type: "String" }]),
    columns: [{ name: "Body", type: "String" }],
    database: "shop",
    table: "orders",
    maxBatchRows: 1000,
    maxDelayMs: 60_000,
  });
});

Deno.test("user text reaches generated code only as literals", () => {
  const evil = "`${alert(1)}`;*/</script>\u2028\"'\\";
  const name = `attributes['${evil.replace(/['\\]/g, "\\$&")}']`;
  const config = otlp([[name, "C`1", "String"]], {
    transforms: [{ type: "filter", source_id: "logs", config: { expression: `body != ${JSON.stringify(evil)}` } }],
  });
  const { stages } = compilePipeline(config, null);
  const strings = stages.transform.source.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  assert.doesNotMatch(strings, /alert|script|\u2028|`/);
});

function refusal(message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof PlanError);
    assert.match(error.message, message);
    return true;
  };
}
