import assert from "node:assert/strict";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { dedup, dryRun, filter, logs, stage, stateless } from "./bed.ts";

const record = (body: string, severityNumber = 9, attributes: Record<string, string> = {}) => ({
  timeUnixNano: "1767225600000000001",
  severityNumber,
  body: { stringValue: body },
  attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
});

Deno.test("records and export requests pass through the receiver's decoder and the pipeline", async () => {
  await withApi(async (bed) => {
    const pipeline = logs(
      [["ts", "DateTime64(9, 'UTC')"], ["text", "String"], ["service", "String"]],
      filter("severity_number >= 5"),
      dedup("attributes.id"),
      stateless(
        ["ts", "string", "timestamp"],
        ["text", "string", "lower(body)"],
        ["service", "string", 'resource_attributes["service.name"]'],
      ),
    );
    const request = {
      resourceLogs: [{
        resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
        scopeLogs: [{ logRecords: [record("One", 9, { id: "1" }), record("Two", 1), record("Three", 9, { id: "2" })] }],
      }],
    };
    const answer = await dryRun(bed, pipeline, [request, record("FOUR", 17, { id: "2" }), record("Five")]);
    assert.deepEqual([answer.events, answer.records], [3, 5]);
    assert.deepEqual(stage(answer, "receiver").kept.map(({ event, record }) => [event, record]), [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [2, 0],
    ]);
    assert.deepEqual(stage(answer, "filter").dropped, [
      { event: 0, record: 1, reason: "filtered", expression: "severity_number >= 5" },
    ]);
    assert.deepEqual(stage(answer, "dedup").dropped, [
      { event: 1, record: 0, reason: "deduplicated", key: "2", first: { event: 0, record: 2 } },
    ]);
    assert.deepEqual(stage(answer, "stateless").changed[0].after, {
      ts: "2026-01-01T00:00:00.000000001Z",
      text: "one",
      service: "shop",
    });
    assert.deepEqual(answer.rows.map(({ event, record, row }) => [event, record, row]), [
      [0, 0, { service: "shop", text: "one", ts: "2026-01-01T00:00:00.000000001Z" }],
      [0, 2, { service: "shop", text: "three", ts: "2026-01-01T00:00:00.000000001Z" }],
      [2, 0, { service: "", text: "five", ts: "2026-01-01T00:00:00.000000001Z" }],
    ]);
  });
});

Deno.test("what the receiver would answer with an error is refused as a whole, its neighbours go on", async () => {
  await withApi(async (bed) => {
    const answer = await dryRun(bed, logs([["body", "String"]]), [
      record("a"),
      { timeUnixNano: "soon" },
      "not JSON",
      [1],
      record("b"),
    ]);
    const { refused, dead_lettered } = stage(answer, "receiver");
    assert.deepEqual(refused!.map(({ event }) => event), [1, 2, 3]);
    for (const { error } of refused!) assert.match(String(error), / at byte \d+$/);
    assert.deepEqual(dead_lettered, []);
    assert.deepEqual(answer.rows.map(({ row }) => row), [{ body: "a" }, { body: "b" }]);
  });
});

Deno.test("composite keys are shown as they are hashed", async () => {
  await withApi(async (bed) => {
    const pipeline = logs([["body", "String"]], dedup('{"a":body,"b":severity_number}'));
    const answer = await dryRun(bed, pipeline, [record("x"), record("x", 10), record("x")]);
    assert.deepEqual(stage(answer, "dedup").dropped.map(({ event, key }) => [event, key]), [[2, '{"a":"x","b":9}']]);
  });
});
