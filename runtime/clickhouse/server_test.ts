import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { ChildExited } from "../services/process.ts";
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from "./mod.ts";

const dataDir = await Deno.makeTempDir();
const user = "flow";
const password = "s'ecret";
let server: EmbeddedClickHouse = await start();

function start(extra = {}): Promise<EmbeddedClickHouse> {
  return startEmbeddedClickHouse({ dataDir, user, password, maxBodyBytes: 4_000_000, ...extra });
}

interface Sent {
  query?: string;
  body?: BodyInit;
  method?: string;
  headers?: Record<string, string>;
  settings?: Record<string, string>;
}

function send(sent: Sent): Promise<Response> {
  const url = new URL(server.url);
  if (sent.query !== undefined) url.searchParams.set("query", sent.query);
  for (const [name, value] of Object.entries(sent.settings ?? {})) url.searchParams.set(name, value);
  const headers = { "X-ClickHouse-User": user, "X-ClickHouse-Key": password, ...sent.headers };
  return fetch(url, { method: sent.method ?? "POST", headers, body: sent.body });
}

async function ok(sent: Sent): Promise<string> {
  const response = await send(sent);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

async function fails(sent: Sent): Promise<string> {
  const response = await send(sent);
  const text = await response.text();
  assert.notEqual(response.status, 200);
  assert.equal(
    text.startsWith(`Code: ${response.headers.get("x-clickhouse-exception-code")}. DB::Exception: `),
    true,
    text,
  );
  return `${response.status} ${response.headers.get("x-clickhouse-exception-code")}`;
}

Deno.test("ping needs no password, queries do", async () => {
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "Ok.\n");
  assert.equal(await (await fetch(server.url)).text(), "Ok.\n");
  const wrong = await fetch(server.url, { method: "POST", body: "SELECT 1", headers: { "X-ClickHouse-User": user } });
  assert.equal(wrong.status, 403);
  assert.match(
    await wrong.text(),
    /^Code: 516\. DB::Exception: flow: Authentication failed.* \(AUTHENTICATION_FAILED\)\n$/,
  );
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const right = await fetch(`${server.url}/?query=SELECT%201`, { headers: { Authorization: basic } });
  assert.equal(await right.text(), "1\n");
  const inUrl = new URLSearchParams({ user, password, query: "SELECT 2" });
  assert.equal(await (await fetch(`${server.url}/?${inUrl}`)).text(), "2\n");
});

Deno.test("statements by URL, by body, and by both", async () => {
  assert.equal(await ok({ method: "GET", query: "SELECT 'ä', 1" }), "ä\t1\n");
  assert.equal(await ok({ body: "SELECT 'ä', 1 FORMAT CSV" }), '"ä",1\n');
  assert.equal(await ok({ query: "SELECT 1 ", body: "+ 1" }), "2\n");
  assert.equal(await ok({ body: "SELECT 1 AS a", settings: { default_format: "JSONEachRow" } }), '{"a":1}\n');
  assert.equal(await ok({ body: "SELECT 1 AS a", headers: { "X-ClickHouse-Format": "JSONEachRow" } }), '{"a":1}\n');
  assert.equal(await ok({ body: "SELECT {x:UInt8} + 1", settings: { param_x: "41" } }), "42\n");
  assert.equal(await ok({ body: "SELECT 1 WHERE 0" }), "");
  const response = await send({ body: "SELECT 1 FORMAT Native", settings: { query_id: "mine" } });
  assert.equal(response.headers.get("x-clickhouse-query-id"), "mine");
  assert.equal(response.headers.get("x-clickhouse-format"), "Native");
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.deepEqual([...bytes], [1, 1, 1, 49, 5, 85, 73, 110, 116, 56, 1]);
});

Deno.test("errors have the engine's text, its code, and a fitting status", async () => {
  assert.equal(await fails({ body: "SELECT * FROM nope" }), "404 60");
  assert.equal(await fails({ body: "SELECT 1", settings: { database: "nope" } }), "404 81");
  assert.equal(await fails({ body: "SELEC" }), "400 62");
  assert.equal(await fails({ body: "" }), "400 62");
  assert.equal(await fails({ body: "SELECT 1", settings: { nosuch: "1" } }), "404 115");
  assert.equal(await fails({ method: "GET", query: "CREATE TABLE x (a Int8) ENGINE = Memory" }), "400 164");
  assert.equal(await fails({ body: "SELECT throwIf(1)" }), "500 395");
  assert.equal(await fails({ body: "SELECT 1", settings: { session_id: "s" } }), "501 48");
  assert.equal(await fails({ query: "INSERT INTO t FORMAT TSV", body: new Uint8Array(4_000_001) }), "413 307");
});

Deno.test("rows arrive byte for byte, plain or gzipped, in every way of sending them", async () => {
  await ok({ body: "CREATE TABLE rows (a UInt32, s String) ENGINE = MergeTree ORDER BY a" });
  const sql =
    "SELECT toUInt32(number) AS a, reinterpretAsString(number * 6700417) AS s FROM numbers(1000) FORMAT Native";
  const native = new Uint8Array(await (await send({ body: sql })).arrayBuffer());
  const query = "INSERT INTO default.rows (a, s) SETTINGS max_threads = 1 FORMAT Native";
  await ok({ query, body: native });
  await ok({ query, body: gzipSync(native), headers: { "Content-Encoding": "gzip" } });
  await ok({ body: Buffer.concat([Buffer.from(`${query}\n`), native]) });
  const check = "SELECT count(), countIf(s = reinterpretAsString(a * 6700417)) FROM rows";
  assert.equal(await ok({ body: check }), "3000\t3000\n");
  await ok({ body: "TRUNCATE TABLE rows" });
  await ok({ query: "INSERT INTO rows VALUES", body: "(1, 'a;b'), (1 + 1, 'ü')" });
  await ok({ body: 'INSERT INTO rows FORMAT JSONEachRow\n{"a":3,"s":"c"}\n{"a":4}\n' });
  await ok({ query: "INSERT INTO rows FORMAT TSV" });
  await ok({ query: "INSERT INTO rows FORMAT Native" });
  await ok({ query: "INSERT INTO rows SELECT 5, 'e'" });
  assert.equal(await ok({ body: "SELECT * FROM rows ORDER BY a" }), "1\ta;b\n2\tü\n3\tc\n4\t\n5\te\n");
  assert.equal(await fails({ query: "INSERT INTO rows FORMAT Native", body: native.subarray(0, 500) }), "400 33");
  assert.equal(await fails({ query: "INSERT INTO nope FORMAT Native", body: native }), "404 60");
});

Deno.test("ClickHouse's own client works", async () => {
  const client = createClient({
    url: server.url,
    username: user,
    password,
    clickhouse_settings: { max_threads: 2 },
    log: { level: ClickHouseLogLevel.OFF },
  });
  await client.command({
    query: "CREATE TABLE from_client (id UInt64, m Map(String, String)) ENGINE = MergeTree ORDER BY id",
  });
  const values = [{ id: "18446744073709551615", m: { a: "1" } }, { id: "2", m: {} }];
  await client.insert({ table: "from_client", values, format: "JSONEachRow" });
  const rows = await client.query({
    query: "SELECT * FROM from_client WHERE id > {least:UInt64} AND {s:String} = 'it''s\ta \\\\' ORDER BY id",
    query_params: { least: 1, s: "it's\ta \\" },
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
  });
  assert.deepEqual(await rows.json(), values.toReversed());
  await assert.rejects(client.query({ query: "SELECT * FROM nope" }), (error) => {
    assert.ok(error instanceof Error && "code" in error && "type" in error);
    assert.deepEqual([error.code, error.type], ["60", "UNKNOWN_TABLE"]);
    return true;
  });
  assert.equal((await client.ping()).success, true);
  await client.close();
});

Deno.test("ping answers while a query runs, and a running id is refused", async () => {
  const slow = send({
    body: "SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1",
    settings: { query_id: "slow" },
  });
  const list = { body: "SELECT query_id FROM system.processes WHERE query_id = 'slow'" };
  while (await ok(list) === "") await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "Ok.\n");
  assert.equal(await fails({ body: "SELECT 1", settings: { query_id: "slow" } }), "500 216");
  await ok({ body: "KILL QUERY WHERE query_id = 'slow' SYNC" });
  const response = await slow;
  assert.equal(response.headers.get("x-clickhouse-exception-code"), "394");
  await response.body?.cancel();
  assert.equal(await ok(list), "");
});

Deno.test("an insert whose rows are still on their way can be killed", async () => {
  await ok({ body: "CREATE TABLE late (a UInt32) ENGINE = MergeTree ORDER BY a" });
  const rows = new TransformStream<Uint8Array, Uint8Array>();
  const writer = rows.writable.getWriter();
  writer.write(new TextEncoder().encode("1\n")).catch(() => {});
  const insert = send({ query: "INSERT INTO late FORMAT TSV", body: rows.readable, settings: { query_id: "late" } });
  const listed = { body: "SELECT count() FROM system.processes WHERE query_id = 'late'" };
  while (await ok(listed) === "0\n") await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(await ok({ body: "KILL QUERY WHERE query_id = 'late' SYNC" }), /^finished\tlate/);
  assert.equal(await ok(listed), "0\n");
  await writer.close().catch(() => {});
  const response = await insert;
  assert.equal(response.headers.get("x-clickhouse-exception-code"), "394");
  await response.body?.cancel();
  assert.equal(await ok({ body: "SELECT count() FROM late" }), "0\n");
});

const token = (text: string) => ({ insert_deduplicate: "1", async_insert: "0", insert_deduplication_token: text });

Deno.test("deduplication tokens survive kill -9", async () => {
  await ok({
    body:
      "CREATE TABLE once (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000",
  });
  const query = "INSERT INTO once FORMAT TSV";
  await ok({ query, body: "1\n", settings: token("first") });
  await ok({ query, body: "1\n", settings: token("first") });
  await ok({ query, body: "1\n", settings: token("second") });
  assert.equal(await ok({ body: "SELECT count() FROM once" }), "2\n");
  await server.kill();
  server = await start({ port: server.port });
  await ok({ query, body: "1\n", settings: token("first") });
  await ok({ query: "INSERT INTO once SETTINGS insert_deduplication_token = 'second' FORMAT TSV", body: "1\n" });
  assert.equal(await ok({ body: "SELECT count() FROM once" }), "2\n");
  await ok({ query, body: "1\n", settings: token("third") });
  assert.equal(await ok({ body: "SELECT count() FROM once" }), "3\n");
});

Deno.test("SIGTERM lets a running query finish", async () => {
  const running = ok({ body: "SELECT sleep(1)", settings: { query_id: "last" } });
  while (await ok({ body: "SELECT count() FROM system.processes WHERE query_id = 'last'" }) === "0\n") {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const stopped = server.stop();
  assert.equal(await running, "0\n");
  await stopped;
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  server = await start();
  assert.equal(await ok({ body: "SELECT count() FROM once" }), "3\n");
});

Deno.test("a waiting statement whose client hangs up never runs", async () => {
  const shared = server;
  const folder = await Deno.makeTempDir();
  server = await start({ dataDir: folder, concurrency: 1 });
  try {
    const count = (id: string) => ok({ body: `SELECT count() FROM system.processes WHERE query_id = '${id}'` });
    const slow = fails({
      body: "SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1",
      settings: { query_id: "slow" },
    });
    while (await count("slow") === "0\n") await new Promise((resolve) => setTimeout(resolve, 10));
    const client = new AbortController();
    const url = `${server.url}/?${new URLSearchParams({ user, password, query_id: "left" })}`;
    const body = "CREATE TABLE never (a Int8) ENGINE = Memory";
    const left = fetch(url, { method: "POST", body, signal: client.signal });
    while (await count("left") === "0\n") await new Promise((resolve) => setTimeout(resolve, 10));
    client.abort();
    await assert.rejects(left);
    while (await count("left") !== "0\n") await new Promise((resolve) => setTimeout(resolve, 10));
    await ok({ body: "KILL QUERY WHERE query_id = 'slow' SYNC" });
    assert.equal(await slow, "500 394");
    assert.equal(await ok({ body: "EXISTS TABLE never" }), "0\n");
    assert.equal(server.lines().length, 1);
  } finally {
    await server.stop();
    server = shared;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a data directory in use, and one that cannot be written, are said so", async () => {
  const { startServer } = await import("./server.ts");
  const options = { port: 1, user, password, lockTimeoutMs: 0 };
  await assert.rejects(startServer({ ...options, dataDir }), /used by another embedded ClickHouse/);
  await assert.rejects(startServer({ ...options, dataDir: "/proc/nothing" }), /cannot be written/);
  await assert.rejects(startServer({ ...options, dataDir, port: server.port }), /port \d+ on 127.0.0.1 is in use/);
});

Deno.test("a start that fails shows why", async () => {
  await assert.rejects(
    startEmbeddedClickHouse({ dataDir: "/proc/nothing", user, password }),
    (error) => error instanceof ChildExited && /cannot start: the data directory \/proc\/nothing/.test(error.message),
  );
  await server.stop();
  await Deno.remove(dataDir, { recursive: true });
});
