import assert from "node:assert/strict";
import { parsePipelineConfig } from "../../pipeline/config/mod.ts";
import { otlpConfig } from "./api_bed.ts";
import { checkExpressions } from "./expression_check.ts";

Deno.test("so many filters are tried on zero values; all are compiled", () => {
  const filters = (expression: string) =>
    parsePipelineConfig(otlpConfig("many-filters", {
      transforms: Array.from({ length: 250 }, () => ({ type: "filter", source_id: "logs", config: { expression } })),
    }));
  assert.equal(checkExpressions(filters("int(body) > 5")).length, 200);
  assert.equal(checkExpressions(filters("int(nobody) > 5")).length, 250);
});
