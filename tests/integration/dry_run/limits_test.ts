import assert from "node:assert/strict";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { Sandbox } from "../../../handlers/dry_run/sandbox.ts";
import { TableNotRead } from "../../../handlers/dry_run/table_types.ts";
import { joinBody, sink } from "../../../pipeline/config/sample_configs.ts";
import { dryRun, event, filter, kafka, PATH, refusal, stateless } from "./bed.ts";

const PLAIN = kafka([["id", "String"]]);
/** Stands for every secret of a configuration. */
const SECRET = "s3cret-7f3a";

Deno.test("requests that cannot be tried out say why", async () => {
  await withApi(async (bed) => {
    const said = (body: unknown) => refusal(bed, body);
    assert.match(await said({ events: [event()] }), /either pipeline, a configuration, or pipeline_id/);
    assert.match(await said({ pipeline: PLAIN, pipeline_id: "abcdef", events: [event()] }), /either pipeline/);
    assert.match(await said({ pipeline: PLAIN, events: [] }), /expected length >= 1 \(body.events\)/);
    assert.match(await said({ pipeline: PLAIN, events: Array(1001).fill(1) }), /expected length <= 1000/);
    assert.match(await said({ pipeline: PLAIN }), /events to be present/);
    assert.match(await said({ pipeline: PLAIN, events: [1], types: "real" }), /declared or table/);
    assert.match(await said({ pipeline: { ...PLAIN, surplus: 1 }, events: [1] }), /\(body\.pipeline\.surplus\)/);
    assert.match(await said({ pipeline: joinBody(), events: [event()] }), /join/);
    assert.match(await said({ pipeline: kafka([["id", "Int8"]]), events: [event()] }), /id has type string/);
    assert.match(await said({ pipeline: kafka([["id", "Enum8"]]), events: [event()] }), /only the table knows/);
    assert.match(await said({ pipeline: kafka([["id", "String"]], filter("nosuch == 1")), events: [1] }), /nosuch/);
    const tooMany = { resourceLogs: [{ scopeLogs: [{ logRecords: Array(1001).fill({}) }] }] };
    const id = await bed.pipeline("Running");
    assert.match(await said({ pipeline_id: id, events: [tooMany] }), /at most 1000 records/);
    const large = await bed.call("POST", PATH, { pipeline: PLAIN, events: ["x".repeat(1 << 20)] });
    assert.equal(large.status, 413);
  });
});

Deno.test("what takes too long ends at its deadline, and the API answers others meanwhile", async () => {
  const sandbox = new Sandbox({ deadlineMs: 1_500 });
  await withApi(async (bed) => {
    const slow = "count(1..900, any(1..1000, # < 0)) < n";
    const stalling = refusal(bed, {
      pipeline: kafka([["id", "String"]], ...Array.from({ length: 40 }, () => filter(slow))),
      events: Array.from({ length: 100 }, () => event()),
    });
    assert.equal((await bed.call("GET", "/api/v1/healthz")).status, 200);
    assert.match(await stalling, /longer than 1500 ms/);
  }, { sandbox });
});

Deno.test("what makes too much ends at a limit; a pattern that others stall on does not stall", async () => {
  const sandbox = new Sandbox({ deadlineMs: 60_000, heapMiB: 64 });
  await withApi(async (bed) => {
    const wide = Array.from({ length: 200 }, (_, i): [string, string, string] => [`o${i}`, "array", "1..900000"]);
    const pipeline = kafka([["o0", "String"]], stateless(...wide));
    assert.match(await refusal(bed, { pipeline, events: [event()] }), /more than 64 MiB of memory/);
    const long = kafka([["o", "String"]], stateless(["o", "string", 'repeat("x", 500000)']));
    const events = Array.from({ length: 60 }, () => event());
    assert.match(await refusal(bed, { pipeline: long, events }), /larger than 8 MiB/);
    const pattern = kafka([["id", "String"]], filter('id matches "(a|a)*(a*)*b"'));
    const answer = await dryRun(bed, pattern, [event({ id: "a".repeat(5_000) })]);
    assert.equal(answer.rows.length, 0);
  }, { sandbox });
});

Deno.test("code that is written into expressions, names and values stays text", async () => {
  await withApi(async (bed) => {
    const evil = '`"${Deno.exit(1)}`;*/}\u2028';
    const pipeline = kafka(
      [[evil, "String"]],
      filter(`id != ${JSON.stringify(evil)}`),
      stateless([evil, "string", "id"]),
    );
    const answer = await dryRun(bed, pipeline, [event({ id: evil }), event({ id: `${evil}x` })]);
    assert.deepEqual(answer.rows.map(({ row }) => row), [{ [evil]: `${evil}x` }]);
  });
});

Deno.test("too many at once are turned away, the others get their turn", async () => {
  const sandbox = new Sandbox({ running: 1, waiting: 1 });
  await withApi(async ({ call }) => {
    const tries = await Promise.all(
      Array.from({ length: 4 }, () => call("POST", PATH, { pipeline: PLAIN, events: [event()] })),
    );
    assert.deepEqual(tries.map(({ status }) => status).sort(), [200, 200, 503, 503]);
    assert.equal(tries.find(({ status }) => status === 503)!.headers.get("retry-after"), "1");
  }, { sandbox });
});

Deno.test("the table's types are used when they are asked for", async () => {
  const columns = [{ name: "id", type: "FixedString(2)", default_kind: "" }];
  await withApi(async (bed) => {
    const answer = await dryRun(bed, PLAIN, [event({ id: "ab" }), event({ id: "abc" })], { types: "table" });
    assert.deepEqual(answer.columns, [{ name: "id", type: "FixedString(2)" }]);
    assert.deepEqual(answer.rows.map(({ event }) => event), [0]);
  }, { readTable: () => Promise.resolve(columns) });
  await withApi(async (bed) => {
    const body = { pipeline: PLAIN, events: [event()], types: "table" };
    assert.match(await refusal(bed, body), /table gone; leave out/);
  }, { readTable: () => Promise.reject(new TableNotRead('table gone; leave out "types"')) });
  const unreachable = kafka([["id", "String"]]);
  const connection_params = {
    host: "127.0.0.1",
    port: "1",
    http_port: "1",
    database: "d",
    username: SECRET,
    password: SECRET,
  };
  await withApi(async ({ call }) => {
    const pipeline = { ...unreachable, sink: { ...unreachable.sink as object, connection_params } };
    const answer = await call("POST", PATH, { pipeline, events: [event()], types: "table" });
    assert.equal(answer.status, 422);
    assert.match(answer.text, /cannot reach ClickHouse at http:\/\/127.0.0.1:1/);
    assert.doesNotMatch(answer.text, new RegExp(SECRET));
  });
});

Deno.test("no answer holds a secret", async () => {
  await withApi(async ({ call }) => {
    const connection_params = { ...sink().connection_params as object, username: SECRET, password: SECRET };
    const base = kafka([["id", "String"]], filter('id != "b"'));
    const pipeline = { ...base, sink: { ...base.sink as object, connection_params } };
    for (const events of [[event(), event({ id: "b" }), 5], [], ["{"]]) {
      assert.doesNotMatch((await call("POST", PATH, { pipeline, events })).text, new RegExp(SECRET));
    }
  });
});
