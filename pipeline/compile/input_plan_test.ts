import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { otlpBody, sink } from "../config/sample_configs.ts";
import { planInput } from "./input_plan.ts";
import { compilePipeline, PlanError, planPipeline } from "./mod.ts";

const otlp = (...mapping: (readonly [name: string, column_type: string])[]) =>
  parsePipelineConfig(otlpBody({
    sink: sink({ mapping: mapping.map(([name, column_type], i) => ({ name, column_name: `c${i}`, column_type })) }),
    transforms: [{ type: "dedup", source_id: "logs", config: { key: "trace_id", time_window: "1h" } }],
  }));

Deno.test("types whose parameters only the table knows are no obstacle before it is looked at", () => {
  for (
    const [type, exact] of [
      ["FixedString", "FixedString(5)"],
      ["LowCardinality(FixedString)", "LowCardinality(FixedString(3))"],
      ["Enum8", "Enum8('a' = 1)"],
      [
        "Enum16",
        "Enum16('b' = 2)",
      ],
    ]
  ) {
    const config = otlp(["severity_text", type], ["timestamp", "DateTime64"]);
    const plan = planInput(config);
    assert.deepEqual(plan.input.map(({ name }) => name), ["timestamp", "severity_text", "trace_id"]);
    assert.equal(plan.sharding.shards, 8);
    assert.equal(plan.sharding.key?.kind, "value");
    const table = [["c0", exact], ["c1", "DateTime64(6)"]].map(([name, type]) => ({ name, type, default_kind: "" }));
    const whole = planPipeline(config, table);
    assert.deepEqual([whole.inputDigest, whole.outputLayout[0].type], [plan.inputDigest, exact]);
    if (!type.includes("'")) assert.throws(() => compilePipeline(config, null), PlanError);
  }
});

Deno.test("what no parameter mends is refused before the table is looked at", () => {
  assert.throws(
    () => planInput(otlp(["severity_number", "FixedString"])),
    /does not fit column c0 of type FixedString/,
  );
  assert.throws(() => planInput(otlp(["body", "UInt8"])), /does not fit column c0 of type UInt8/);
});
