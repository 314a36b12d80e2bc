import { strict as assert } from "node:assert";
import { cureAt, cureOfName } from "./cure.ts";
import { pipelineSchema } from "./pipeline_schema.ts";

Deno.test("a cure is what the schema says of a place", () => {
  assert.match(cureAt(pipelineSchema, ["pipeline_id"]) ?? "", /5-40 characters.* For example shop-orders/);
  assert.match(cureAt(pipelineSchema, ["sources", 0, "connection_params", "brokers"]) ?? "", /host:port/);
  assert.equal(cureAt(pipelineSchema, ["sources", 0, "nothing"]), undefined);
  assert.equal(cureAt(pipelineSchema, ["constructor"]), undefined);
});

Deno.test("an unknown name: the nearest known one, else all; never the name itself", () => {
  assert.equal(cureOfName(pipelineSchema, ["sink"], "maxBatchSize"), "Did you mean max_batch_size?");
  assert.equal(cureOfName(pipelineSchema, ["sink"], "tabel"), "Did you mean table?");
  const far = cureOfName(pipelineSchema, ["metadata"], "hunter2");
  assert.equal(far, "Remove it; known are tags");
  assert.match(cureOfName(pipelineSchema, [], "x".repeat(100_000)) ?? "", /^Remove it; known are version, /);
});
