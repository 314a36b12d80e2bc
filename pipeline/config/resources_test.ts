import { strict as assert } from "node:assert";
import { replicasOf } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { parsePipelineConfig, parsePipelineEdit } from "./parse.ts";
import { byteSize, byteSizeProblem, quantityProblem, quantityValue } from "./quantity.ts";
import { defaultMaxMsgs, mergeResources, streamLimits } from "./resources.ts";
import { parsePipelineResources } from "./resources_read.ts";
import { resourcesPolicy } from "./resources_policy.ts";
import { updateResources } from "./resources_update.ts";
import { type Body, kafkaBody, otlpBody, sink } from "./sample_configs.ts";

const DEDUP = [{ type: "dedup", source_id: "logs", config: { key: "body", time_window: "1h" } }];
const WORKER = { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1500m", memory: "1.5Gi" }, replicas: 1 };
const BASE = ["nats/stream/maxAge", "nats/stream/maxBytes", "nats/stream/maxMsgs", "transform/storage/size"];

Deno.test("quantities", () => {
  for (
    const [text, value] of [["500m", 0.5], ["256Mi", 2 ** 28], ["2", 2], ["1.5Gi", 1.5 * 2 ** 30], ["500M", 5e8], [
      "1e3",
      1e3,
    ]] as const
  ) {
    assert.equal(quantityValue(text), value, text);
  }
  for (const text of ["bad", "1GB", "10gigs", "-1", "", "1 Gi", "1.2.3", "9".repeat(1e6) + "x"]) {
    assert.notEqual(quantityProblem(text), undefined, text.slice(0, 9));
  }
  for (
    const [text, value] of [["10Gi", 10 * 2 ** 30], ["1GB", 2 ** 30], ["1.5tb", 1.5 * 2 ** 40], ["1048576", 2 ** 20], [
      "0",
      0,
    ]] as const
  ) {
    assert.equal(byteSize(text), value, text);
  }
  assert.notEqual(byteSizeProblem("10gigs"), undefined);
});

Deno.test("default of maxMsgs", () => {
  assert.deepEqual([50_000, 10_000, 1000, 0].map(defaultMaxMsgs), [400_000, 80_000, 8000, 500_000]);
});

Deno.test("defaults by component", () => {
  assert.deepEqual(parsePipelineConfig(kafkaBody()).resources, {
    nats: { stream: { maxAge: "24h", maxBytes: "0", maxMsgs: 8000 } },
    ingestor: { base: WORKER },
    sink: WORKER,
  });
  const { resources } = parsePipelineConfig(otlpBody({ transforms: DEDUP }));
  assert.equal(resources.ingestor, undefined);
  assert.deepEqual(resources.transform, { ...WORKER, storage: { size: "10Gi" } });
  const filter = [{ type: "filter", source_id: "logs", config: { expression: "true" } }];
  assert.deepEqual(parsePipelineConfig(otlpBody({ transforms: filter })).resources.transform, WORKER);
});

Deno.test("join components get their own defaults and the replicas given", () => {
  const topology = { otlp: false, joined: true, dedup: false, transforms: false, maxBatchSize: 10 };
  const merged = mergeResources({ ingestor: { left: { replicas: 2 }, right: { replicas: 5 } } }, topology);
  assert.deepEqual([merged.ingestor?.left?.replicas, merged.ingestor?.right?.replicas, merged.join], [2, 5, WORKER]);
});

Deno.test("given objects are kept whole, missing ones filled", () => {
  const resources = {
    sources: [{ source_id: "orders", replicas: 7, requests: { cpu: "1" } }],
    sink: { limits: { memory: "" } },
  };
  const config = parsePipelineConfig(kafkaBody({ resources }));
  assert.deepEqual(config.resources.ingestor?.base, { requests: { cpu: "1" }, limits: WORKER.limits, replicas: 7 });
  assert.deepEqual(config.resources.sink, { requests: WORKER.requests, limits: {}, replicas: 1 });
  assert.equal(replicasOf(config, "ingest"), 7);
  assert.equal(replicasOf(config, "sink"), 1);
});

Deno.test("the transform stage of an OTLP pipeline without transforms follows the sink", () => {
  assert.equal(replicasOf(parsePipelineConfig(otlpBody({ resources: { sink: { replicas: 4 } } })), "transform"), 4);
  const both = { sink: { replicas: 4 }, transform: [{ source_id: "logs", replicas: 2 }] };
  assert.equal(replicasOf(parsePipelineConfig(otlpBody({ resources: both })), "transform"), 2);
});

Deno.test("wrong amounts: the reason is the message, without details", () => {
  const wrong: [Body, string][] = [
    [{ sink: { requests: { cpu: "bad" } } }, "resources: sink.requests.cpu must be a quantity"],
    [{ sink: { limits: { memory: "1GB" } } }, "resources: sink.limits.memory must be a quantity"],
    [{ sink: { replicas: 0 } }, "resources: sink.replicas must be at least 1"],
    [{ sources: [{ source_id: "orders", replicas: -1 }] }, "resources: ingestor.base.replicas must be at least 1"],
    [{ nats: { stream: { maxAge: "7d" } } }, "resources: nats.stream.maxAge must be a duration without days"],
    [{ nats: { stream: { maxBytes: "10gigs" } } }, "resources: nats.stream.maxBytes must be a size"],
    [{ nats: { stream: { maxMsgs: -2 } } }, "resources: nats.stream.maxMsgs must be -1"],
  ];
  for (const [resources, reason] of wrong) {
    assert.throws(() => parsePipelineConfig(kafkaBody({ resources })), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual([error.status, error.code, error.details], [422, "unprocessable_entity", undefined]);
      assert.ok(error.message.startsWith(reason), error.message);
      return true;
    });
  }
  for (const maxMsgs of [0, 500000, -1]) {
    parsePipelineConfig(kafkaBody({ resources: { nats: { stream: { maxMsgs } } } }));
  }
});

Deno.test("body of PUT resources", () => {
  const body = { pipeline_resources: { sink: { replicas: 2 }, join: { replicas: 1 }, ingestor: { base: null } } };
  assert.deepEqual(parsePipelineResources(body), { ingestor: {}, join: { replicas: 1 }, sink: { replicas: 2 } });
  assert.throws(
    () => parsePipelineResources({}),
    /expected required property pipeline_resources to be present \(body\)/,
  );
  assert.throws(
    () => parsePipelineResources({ pipeline_resources: { x: 1 } }),
    /unexpected property \(body.pipeline_resources.x\)/,
  );
  assert.throws(
    () => parsePipelineResources({ pipeline_resources: { join: { replicas: 2 } } }),
    /join.replicas must be 1/,
  );
});

Deno.test("fixed paths", () => {
  assert.deepEqual(resourcesPolicy(parsePipelineConfig(otlpBody())), { immutable: BASE });
  assert.deepEqual(resourcesPolicy(parsePipelineConfig(otlpBody({ transforms: DEDUP }))), {
    immutable: [...BASE, "transform/replicas"],
  });
});

Deno.test("PUT resources: fixed values may be left out but not changed", () => {
  const plain = parsePipelineConfig(otlpBody());
  const dedup = parsePipelineConfig(otlpBody({ transforms: DEDUP }));
  const put = (stored: typeof plain, pipeline_resources: Body) => updateResources(stored, { pipeline_resources });
  for (
    const [change, path] of [
      [{ nats: { stream: { maxAge: "1440m" } } }, "nats/stream/maxAge"],
      [{ nats: { stream: { maxBytes: "1Gi" } } }, "nats/stream/maxBytes"],
      [{ nats: { stream: { maxMsgs: 1 } } }, "nats/stream/maxMsgs"],
      [{ transform: { storage: { size: "11Gi" } } }, "transform/storage/size"],
      [{ transform: { replicas: 3 } }, "transform/replicas"],
    ] as [Body, string][]
  ) {
    assert.throws(() => put(dedup, change), (error) => error instanceof ConfigError && error.message.includes(path));
  }
  assert.equal(put(plain, { transform: { replicas: 3 } }).transform?.replicas, 3);
  assert.deepEqual(put(dedup, { sink: { replicas: 3 } }), { ...dedup.resources, sink: { ...WORKER, replicas: 3 } });
  assert.deepEqual(put(dedup, dedup.resources as Body), dedup.resources);
  assert.deepEqual(put(dedup, {}), dedup.resources);
});

Deno.test("edit: a new batch size does not move the stream limits, and storage goes with the last dedup", () => {
  const stored = parsePipelineConfig(otlpBody({ transforms: DEDUP }));
  const body = sink({ max_batch_size: 5, mapping: [] });
  const edited = parsePipelineEdit(otlpBody({ sink: body }), "otel-logs-demo", stored);
  assert.equal(edited.resources.nats?.stream?.maxMsgs, 8000);
  assert.equal(edited.resources.transform, undefined);
});

Deno.test("stream limits as numbers", () => {
  const limits = streamLimits({ nats: { stream: { maxAge: "1h", maxBytes: "1KB", maxMsgs: -1 } } }, 10);
  assert.deepEqual([limits.maxAge?.milliseconds, limits.maxBytes, limits.maxMsgs], [3600e3, 1024, undefined]);
  const defaults = streamLimits({ nats: {} }, 10);
  assert.deepEqual([defaults.maxAge?.milliseconds, defaults.maxBytes, defaults.maxMsgs], [86400e3, undefined, 80]);
});
