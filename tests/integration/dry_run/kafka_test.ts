import assert from "node:assert/strict";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { dedup, dryRun, event, filter, kafka, PATH, stage, stateless } from "./bed.ts";

Deno.test("every outcome of every stage, with its reason", async () => {
  await withApi(async (bed) => {
    const pipeline = kafka(
      [["name", "String"], ["small", "UInt8"]],
      stateless(["name", "string", 'upper(id) + toString(more["x"])'], [
        "small",
        "int",
        "n / (price == 0 ? fromJSON(id) : 1)",
      ]),
      filter("n >= 0"),
      dedup("id"),
      filter("len(tags) == 0 or tags[0] == 1"),
    );
    const answer = await dryRun(bed, pipeline, [
      event({ more: { x: 1 } }),
      event({ id: "b", n: -1 }),
      event({ n: 7 }),
      event({ id: "c", n: 300 }),
      event({ id: "c", n: 3 }),
      event({ id: "d", tags: [2] }),
      event({ id: "e", price: 0 }),
      event({ id: 5 }),
      '{"id":"f",',
      event({ id: "", n: 2 }),
      event({ id: "", n: 2 }),
      event({ id: "c", n: 4 }),
    ]);
    assert.deepEqual(answer.stages.map((each) => [each.stage, each.transform, each.in, each.out]), [
      ["ingest", undefined, 12, 10],
      ["filter", 1, 10, 9],
      ["filter", 3, 9, 8],
      ["dedup", 2, 8, 6],
      ["stateless", 0, 6, 5],
      ["convert", undefined, 5, 4],
    ]);
    const [bad, broken] = stage(answer, "ingest").dead_lettered;
    assert.deepEqual(bad, {
      event: 7,
      component: "ingestor",
      reason: "parse_error",
      error: "failed to validate data: validate json data against fields: field 'id': expected string, got number",
      original_message: JSON.stringify(event({ id: 5 })),
    });
    assert.match(String(broken.error), /: invalid JSON at byte 10/);
    assert.deepEqual(stage(answer, "filter").dropped, [{ event: 1, reason: "filtered", expression: "n >= 0" }]);
    assert.deepEqual(stage(answer, "filter", 1).dropped.map((each) => each.event), [5]);
    assert.deepEqual(stage(answer, "dedup").dropped, [
      { event: 2, reason: "deduplicated", key: "a", first: { event: 0 } },
      { event: 11, reason: "deduplicated", key: "c", first: { event: 4 } },
    ], "a row that died is not remembered, one without a key is not checked");
    const [failed] = stage(answer, "stateless").dead_lettered;
    assert.equal(failed.event, 6);
    assert.equal(failed.reason, "transform_error");
    assert.match(String(failed.error), /^versioned transform: run transformation 1: .*fromJSON/);
    assert.deepEqual(JSON.parse(String(failed.original_message)).id, "e");
    const [first] = stage(answer, "stateless").changed;
    assert.deepEqual([first.event, first.after], [0, { name: "A1", small: 1 }]);
    assert.deepEqual(Object.keys(first.before as object).sort(), ["id", "more", "n", "price", "tags"]);
    assert.deepEqual(
      stage(answer, "convert").dead_lettered.map(({ event, reason, error, component }) => ({
        event,
        reason,
        error,
        component,
      })),
      [{
        event: 3,
        reason: "schema_mismatch",
        error: "failed to prepare values for message: failed to convert field small: value out of range of uint8: 300",
        component: "dedup",
      }],
    );
    assert.deepEqual(answer.columns, [{ name: "name", type: "String" }, { name: "small", type: "UInt8" }]);
    assert.deepEqual(answer.rows, [
      { event: 0, row: { name: "A1", small: 1 } },
      { event: 4, row: { name: "C", small: 3 } },
      { event: 9, row: { name: "", small: 2 } },
      { event: 10, row: { name: "", small: 2 } },
    ]);
  });
});

Deno.test("numbers keep their digits, as objects and as texts; dotted names and columns of every kind arrive", async () => {
  await withApi(async ({ call }) => {
    const pipeline = kafka([
      ["n", "Int64"],
      ["price", "Float64"],
      ["tags", "Array(String)"],
      ["more", "Map(String, String)"],
      ["host.name", "LowCardinality(String)"],
    ]);
    const text = '{"id":"x","n":9007199254740993,"price":1.0,"tags":["é"],"more":{"k":1e2},"host":{"name":"h"}}';
    const body = `{"Events":[${text},${JSON.stringify(text)}],"pipeline":${JSON.stringify(pipeline)}}`;
    const answer = await call("POST", PATH, body);
    const row = '{"host.name":"h","more":{"k":"100"},"n":9007199254740993,"price":1,"tags":["é"]}';
    assert.ok(answer.text.includes(`"rows":[{"event":0,"row":${row}},{"event":1,"row":${row}}]`), answer.text);
  });
});

Deno.test("several stateless transforms show what each made of the record, and which one failed", async () => {
  await withApi(async (bed) => {
    const pipeline = kafka(
      [["twice", "Int64"]],
      stateless(["m", "int", "n + 1"], ["word", "string", "id"]),
      stateless(["twice", "int", 'word == "x" ? int(word) : m * 2']),
    );
    const answer = await dryRun(bed, pipeline, [event({ n: 4 }), event({ id: "x" })]);
    assert.deepEqual(stage(answer, "stateless").changed[0].after, { m: 5, word: "a" });
    assert.deepEqual(stage(answer, "stateless", 1).changed.map(({ before, after }) => [before, after]), [
      [{ m: 5, word: "a" }, { twice: 10 }],
    ]);
    const [dead] = stage(answer, "stateless", 1).dead_lettered;
    assert.match(String(dead.error), /^versioned transform \(transforms\[1\]\): run transformation 0: /);
    assert.deepEqual(answer.rows, [{ event: 0, row: { twice: 10 } }]);
  });
});

Deno.test("a pipeline in CEL", async () => {
  await withApi(async (bed) => {
    const cel = ({ type, config }: ReturnType<typeof filter>) => ({
      type,
      config: { ...config as object, language: "cel" },
    });
    const pipeline = kafka(
      [["name", "String"], ["size", "Int64"]],
      cel(filter('id.startsWith("a") && size(tags) < 2')),
      cel(stateless(["name", "string", 'id + "-" + string(n)'], ["size", "int", "size(tags)"])),
    );
    const answer = await dryRun(bed, pipeline, [event({ tags: [1] }), event({ id: "b" }), event({ tags: [1, 2] })]);
    assert.deepEqual(stage(answer, "filter").dropped.map((each) => each.event), [1, 2]);
    assert.deepEqual(answer.rows, [{ event: 0, row: { name: "a-1", size: 1 } }]);
  });
});

Deno.test("the clock is that of the arrival, everywhere the same", async () => {
  await withApi(async (bed) => {
    const pipeline = kafka(
      [["same", "Bool"]],
      filter('now() > date("2025-01-01T00:00:00Z")'),
      stateless(["at", "int", "now().Unix()"]),
      stateless(["same", "bool", "now().Unix() == at"]),
    );
    const answer = await dryRun(bed, pipeline, [event()]);
    assert.deepEqual(stage(answer, "stateless", 1).changed[0].after, { same: true });
    assert.deepEqual(answer.rows[0].row, { same: true });
  });
});

Deno.test("a configuration of version 2", async () => {
  await withApi(async (bed) => {
    const pipeline = {
      version: "v2",
      pipeline_id: "shop-orders",
      name: "Orders",
      source: {
        type: "kafka",
        connection_params: { brokers: ["b:9092"], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
        topics: [{ id: "orders", name: "orders", consumer_group_initial_offset: "latest" }],
      },
      schema: {
        fields: [{ source_id: "orders", name: "id", type: "string", column_name: "Id", column_type: "String" }],
      },
      sink: {
        type: "clickhouse",
        host: "ch",
        port: "9000",
        http_port: "8123",
        database: "shop",
        username: "u",
        password: btoa("p"),
        secure: false,
        table: "orders",
        max_batch_size: 10,
        max_delay_time: "1s",
      },
    };
    assert.deepEqual((await dryRun(bed, pipeline, [event()])).rows, [{ event: 0, row: { Id: "a" } }]);
  });
});

Deno.test("an error of a filter is told at that filter", async () => {
  await withApi(async (bed) => {
    const pipeline = kafka([["id", "String"]], filter('id != "" '), filter('more["x"] > 1'));
    const answer = await dryRun(bed, pipeline, [event({ more: { x: "1" } }), event({ more: { x: 2 } })]);
    assert.equal(stage(answer, "filter").out, 2);
    const [dead] = stage(answer, "filter", 1).dead_lettered;
    assert.equal(dead.reason, "filter_error");
    assert.match(String(dead.error), /^filter evaluation error: evaluating expression: /);
    assert.deepEqual(answer.rows.map((row) => row.event), [1]);
  });
});

Deno.test("a stored pipeline is tried out by its id", async () => {
  await withApi(async ({ call, pipeline }) => {
    const id = await pipeline("Stopped");
    const record = { body: { stringValue: "hello" } };
    const answer = await call("POST", PATH, { pipeline_id: id, events: [record] });
    assert.deepEqual(answer.json().rows, [{ event: 0, record: 0, row: { body: "hello" } }]);
    assert.doesNotMatch(answer.text, /s3cret/);
    assert.equal((await call("POST", PATH, { pipeline_id: "no-such-one", events: [record] })).status, 404);
  });
});
