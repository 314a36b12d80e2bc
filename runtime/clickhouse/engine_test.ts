import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { Engine, type Query } from "./engine.ts";
import { ClickHouseException } from "./errors.ts";
import { readStatement } from "./statement.ts";

const folder = await Deno.makeTempDir();
const engine = await Engine.open(join(folder, "engine"), { concurrency: 2, maxResultBytes: 10_000_000 });
let count = 0;

function query(sql: string, extra: Partial<Query> = {}): Query {
  const statement = readStatement(Buffer.from(sql, "utf8").toString("latin1"));
  return {
    id: `q${count++}`,
    statement,
    settings: new Map(),
    parameters: new Map(),
    defaultFormat: "TabSeparated",
    ...extra,
  };
}

async function text(sql: string, extra: Partial<Query> = {}): Promise<string> {
  return new TextDecoder().decode((await engine.run(query(sql, extra))).bytes).trimEnd();
}

async function code(sql: string, extra: Partial<Query> = {}): Promise<number> {
  try {
    await engine.run(query(sql, extra));
    return 0;
  } catch (error) {
    assert.ok(error instanceof ClickHouseException);
    return error.code;
  }
}

const slow = "SELECT sleepEachRow(0.1) FROM numbers(200) SETTINGS max_block_size = 1";
const unlimited = new Map([["function_sleep_max_microseconds_per_block", "0"]]);

async function listed(id: string): Promise<boolean> {
  return await text(`SELECT count() FROM system.processes WHERE query_id = '${id}'`) === "1";
}

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!await what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

Deno.test("settings, parameters and database belong to one query", async () => {
  const settings = new Map([["max_threads", "3"], ["log_comment", "mine"]]);
  assert.equal(await text("SELECT getSetting('max_threads')", { settings }), "3");
  assert.notEqual(await text("SELECT getSetting('max_threads')"), "3");
  const parameters = new Map([["x", "[1,2]"], ["y", "it's a\\ttab"], ["z", "\\N"]]);
  const sql = "SELECT {x:Array(Int32)}, {y:String}, {z:Nullable(String)}";
  assert.equal(await text(sql, { parameters }), "[1,2]\tit\\'s a\\ttab\t\\N");
  assert.equal(await code("SELECT {x:Array(Int32)}"), 456);
  assert.equal(await text("SELECT currentDatabase(), 'Grüße'", { database: "system" }), "system\tGrüße");
  assert.equal(await text("SELECT currentDatabase()"), "default");
  assert.equal(await code("SELECT 1", { database: "no`such" }), 81);
  assert.equal(await code("SELECT 1", { settings: new Map([["nosuch", "1"]]) }), 115);
  assert.equal(await code("SELECT 1", { settings: new Map([["a = 1, b", "1"]]) }), 115);
  assert.equal(await code("hello"), 62);
});

Deno.test("a result that is too large is an error", async () => {
  assert.equal(await code("SELECT number FROM numbers(10000000)"), 396);
});

Deno.test("queries run side by side, and waiting ones are listed", async () => {
  const ids = ["one", "two", "three"];
  const all = ids.map((id) => code(slow, { id, settings: unlimited }));
  await until(() => listed("one"));
  await until(() => listed("two"));
  assert.equal(await listed("three"), true);
  assert.equal(await code("SELECT 1", { id: "two" }), 216);
  for (const id of ["three", "one", "two"]) {
    assert.equal(await text(`KILL QUERY WHERE query_id = '${id}' SYNC`), `finished\t${id}\tdefault\t${slow}`);
    assert.equal(
      await text(`SELECT query_id, is_cancelled, elapsed, query FROM system.processes WHERE query_id = '${id}'`),
      "",
    );
  }
  assert.deepEqual(await Promise.all(all), [394, 394, 394]);
  assert.equal(await text("KILL QUERY WHERE query_id = 'one' SYNC"), "");
});

Deno.test("an insert can be listed and killed by its client's id", async () => {
  await text("CREATE TABLE slow_rows (a Int32) ENGINE = MergeTree ORDER BY a");
  await text("CREATE TABLE seen (a Int32, s UInt8) ENGINE = MergeTree ORDER BY a");
  await text("CREATE MATERIALIZED VIEW seen_view TO seen AS SELECT a, sleepEachRow(0.1) AS s FROM slow_rows");
  const dataFile = join(folder, "rows.tsv");
  await Deno.writeTextFile(dataFile, Array.from({ length: 200 }, (_, i) => i).join("\n"));
  const settings = new Map([...unlimited, ["max_block_size", "1"], ["max_insert_block_size", "1"]]);
  settings.set("min_insert_block_size_rows", "1");
  const insert = code("INSERT INTO slow_rows FORMAT TSV", { id: "the insert", dataFile, settings });
  await until(() => listed("the insert"));
  assert.match(await text("KILL QUERY WHERE query_id = 'the insert' SYNC"), /^finished\tthe insert/);
  assert.equal(await insert, 394);
});

Deno.test("a waiting query whose client left never runs", async () => {
  const busy = ["b1", "b2"].map((id) => code(slow, { id, settings: unlimited }));
  await until(() => listed("b1"));
  await until(() => listed("b2"));
  const client = new AbortController();
  const left = code("CREATE TABLE never (a Int32) ENGINE = Memory", { id: "left", signal: client.signal });
  client.abort(new Error("client left"));
  assert.notEqual(await left, 0);
  assert.equal(await listed("left"), false);
  await text("KILL QUERY WHERE query_id IN ('b1', 'b2') SYNC");
  await Promise.all(busy);
  assert.equal(await text("EXISTS TABLE never"), "0");
});

Deno.test("close waits for what runs", async () => {
  const running = text("SELECT sleep(0.3)");
  await engine.close();
  assert.equal(await running, "0");
  assert.equal(await code("SELECT 1"), 236);
  await Deno.remove(folder, { recursive: true });
});
