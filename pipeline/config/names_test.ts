import { strict as assert } from "node:assert";
import { dlqConsumer, dlqStream, dlqSubject, edgeSubject, otlpOutputSubject, pipelineHash } from "./names.ts";

Deno.test("names derive from the hash of the id", () => {
  assert.equal(pipelineHash("shop-orders"), "f4b23a36");
  assert.equal(pipelineHash("otel-logs-pipeline"), "20b3a2ce");
  assert.equal(pipelineHash("kafka-to-ch-pipeline-123"), "ee04c824");
  assert.equal(dlqStream("shop-orders"), "gfm-f4b23a36-DLQ");
  assert.equal(dlqSubject("shop-orders"), "gfm-f4b23a36-DLQ.failed");
  assert.equal(dlqConsumer("shop-orders"), "gfm-f4b23a36-DLQ-consumer");
  assert.equal(otlpOutputSubject("otel-traces-demo"), "gfm-4ed83667-otlp-out");
  assert.equal(edgeSubject("shop-orders", "in", 3), "gf.f4b23a36.in.3");
});
