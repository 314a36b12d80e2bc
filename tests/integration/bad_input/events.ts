/**
 * Events that do not fit: wrong types, out of range, missing, huge, hostile. Each has exactly one fate – a row, a dead letter
 * with its reason and the original, or a record the receiver named as rejected – and its neighbours are written.
 */
import assert from "node:assert/strict";
import { encodeJson, encodeProto, type LogData } from "../../../otlp/testing/export_request.ts";
import {
  accepted,
  act,
  api,
  attribute,
  becomes,
  beside,
  createPipeline,
  createTable,
  type DeadLetter,
  deadLetters,
  type Json,
  type LogEvent,
  logs,
  otlp,
  settled,
  sql,
  test,
} from "./bed.ts";

/** [output, expression, type] as a stateless transform. */
function stateless(outputs: readonly (readonly [string, string, string])[]): Json[] {
  const transforms = outputs.map(([output_name, expression, output_type]) => ({
    output_name,
    expression,
    output_type,
  }));
  return [{ type: "stateless", source_id: "logs", config: { transforms } }];
}

const idOf = ({ original_message }: DeadLetter): string =>
  (JSON.parse(original_message) as { attributes: { id: string } }).attributes.id;

test("events: values of the wrong type or out of range are dead letters with reason and original", () =>
  beside(async () => {
    const id = "wrong-values";
    const types: Record<string, string> = {
      id: "String",
      n: "Int64",
      f: "UInt8",
      t: "DateTime64(3)",
      d: "DateTime",
      e: "Enum8('a' = 1)",
      u: "UUID",
      ip: "IPv4",
      fs: "FixedString(4)",
    };
    await createTable("wrong_values", Object.entries(types).map(([name, type]) => `${name} ${type}`).join(", "));
    await createPipeline({
      id,
      transforms: stateless(
        Object.keys(types).map((name) =>
          name === "n" ? [name, "int(attributes.n)", "int"] : name === "f" ? [name, "flags", "uint"] : [
            name,
            `attributes.${name}`,
            "string",
          ]
        ),
      ),
      mapping: Object.entries(types).map(([name, type]) => [name, name, type === "IPv4" ? "String" : type]),
    });
    const good = {
      n: "1",
      t: "2026-01-01T00:00:00Z",
      d: "2026-01-01T00:00:00Z",
      e: "a",
      u: "00000000-0000-0000-0000-000000000001",
      ip: "1.2.3.4",
      fs: "abcd",
    };
    const wrong: [name: string, attributes: Record<string, string>, record: Json, reason: string, error: RegExp][] = [
      ["text as int", { n: "abc" }, {}, "transform_error", /invalid operation: int\("abc"\)/],
      ["no text as int", { n: "" }, {}, "transform_error", /invalid operation: int\(""\)/],
      ["int64 + 1", { n: "9223372036854775808" }, {}, "transform_error", /int\("9223372036854775808"\)/],
      ["fraction as int", { n: "1.5" }, {}, "transform_error", /int\("1.5"\)/],
      ["flags 300", {}, { flags: 300 }, "schema_mismatch", /field f: value out of range of uint8: 300/],
      ["no date", { t: "yesterday" }, {}, "schema_mismatch", /field t: unable to parse datetime from 'yesterday'/],
      ["year 3000", { t: "3000-01-01T00:00:00Z" }, {}, "schema_mismatch", /field t: value out of range of DateTime64/],
      ["year 1800", { t: "1800-01-01T00:00:00Z" }, {}, "schema_mismatch", /field t: value out of range of DateTime64/],
      ["before 1970", { d: "1969-12-31T23:59:59Z" }, {}, "schema_mismatch", /field d: value out of range of DateTime/],
      ["year 2200", { d: "2200-01-01T00:00:00Z" }, {}, "schema_mismatch", /field d: value out of range of DateTime/],
      ["no label", { e: "zzz" }, {}, "schema_mismatch", /field e: .*none of its labels/],
      ["no uuid", { u: "not-a-uuid" }, {}, "schema_mismatch", /field u: .*not 32 hex digits/],
      ["no address", { ip: "999.1.1.1" }, {}, "schema_mismatch", /field ip: .*not four decimal octets/],
      ["too long", { fs: "abcdefgh" }, {}, "schema_mismatch", /field fs: .*the value has 8 bytes, the column holds 4/],
    ];
    const bare: LogEvent = { attributes: { id: "no attributes" } };
    const event = (name: string, attributes = {}, record: Json = {}): LogEvent => ({
      attributes: { id: name, ...good, ...attributes },
      record,
    });
    const events = wrong.map(([name, attributes, record]) => event(name, attributes, record));
    await accepted(id, [event("first"), ...events, bare, event("flags 255", {}, { flags: 255 }), event("last")]);
    const ledger = await settled(id, wrong.length + 4);
    assert.deepEqual([ledger.written, ledger.dead_lettered, ledger.in_flight], [3, wrong.length + 1, 0]);
    const letters = await deadLetters(id, wrong.length + 1);
    assert.equal(
      await sql("SELECT groupArray(id) FROM (SELECT id FROM wrong_values ORDER BY id)"),
      "['first','flags 255','last']",
    );
    for (const [i, [name, attributes, , reason, error]] of wrong.entries()) {
      const letter = letters.find((each) => idOf(each) === name)!;
      assert.deepEqual([letter.component, letter.reason], ["dedup", reason], name);
      assert.match(letter.error, error, name);
      const original = JSON.parse(letter.original_message) as { attributes: Json };
      assert.deepEqual(original.attributes, { ...events[i].attributes, ...attributes }, name);
    }
    assert.match(letters.find((each) => idOf(each) === "no attributes")!.error, /int\(<nil>\)/);

    // The queue's life, in the original's shapes.
    const at = `/api/v1/pipeline/${id}/dlq`;
    const state = (await api("GET", `${at}/state`)).json();
    assert.deepEqual(
      [state.total_messages, state.unconsumed_messages, state.last_consumed_at],
      [letters.length, letters.length, null],
    );
    assert.match(String(state.last_received_at), /^\d{4}-\d\d-\d\dT.*Z$/);
    const page = (await api("GET", `${at}/list?batch_size=10`)).json();
    assert.deepEqual([page.has_more, page.next_cursor], [true, letters[9].message_id]);
    const rest = (await api("GET", `${at}/list?batch_size=10&cursor=${page.next_cursor}`)).json();
    assert.deepEqual([rest.has_more, (rest.messages as unknown[]).length], [false, letters.length - 10]);
    const consumed = (await api("GET", `${at}/consume?batch_size=2`)).json() as unknown as DeadLetter[];
    assert.deepEqual(consumed.map(idOf), letters.slice(0, 2).map(idOf));
    assert.ok(consumed.every((letter) => typeof letter.component === "string" && typeof letter.error === "string"));
    const chosen = { mode: "selected", message_ids: [letters[2].message_id, "99999"] };
    const discarded = (await api("POST", `${at}/discard`, chosen)).json();
    assert.deepEqual([discarded.discarded_count, discarded.unknown_message_ids], [1, ["99999"]]);
    assert.match(String(discarded.request_id), /^dlq-discard-[0-9a-f-]{36}$/);
    assert.equal((await deadLetters(id, letters.length - 3)).length, letters.length - 3);
    assert.equal((await api("POST", `${at}/purge`)).text, "{}\n");
    assert.equal((await api("POST", `${at}/purge`)).status, 200);
    const nothing = await api("GET", `${at}/consume?batch_size=10`);
    assert.deepEqual([nothing.status, nothing.text], [200, ""]);
    assert.equal((await api("GET", `${at}/state`)).json().unconsumed_messages, 0);
  }));

test("events: timestamps at the ends of their range", () =>
  beside(async () => {
    const id = "odd-times";
    await createTable("odd_times", "id String, t DateTime64(9, 'UTC'), d DateTime('UTC')");
    await createPipeline({
      id,
      mapping: [["attributes.id", "id", "String"], ["timestamp", "t", "DateTime64(9)"], ["timestamp", "d", "DateTime"]],
    });
    const at = (name: string, timeUnixNano: string): LogEvent => ({
      attributes: { id: name },
      record: { timeUnixNano },
    });
    await accepted(id, [
      at("zero", "0"),
      at("one", "1"),
      at("last second", "4294967295999999999"),
      at("a second later", "4294967296000000000"),
      at("int64", "9223372036854775807"),
      at("int64 + 1", "9223372036854775808"),
      at("uint64", "18446744073709551615"),
    ]);
    const letters = await deadLetters(id, 4);
    assert.deepEqual(letters.map(idOf).sort(), ["a second later", "int64", "int64 + 1", "uint64"]);
    for (const { error } of letters) assert.match(error, /value out of range of DateTime/);
    await settled(id, 7);
    assert.deepEqual((await sql("SELECT id, t, d FROM odd_times ORDER BY t FORMAT TSV")).split("\n"), [
      "zero\t1970-01-01 00:00:00.000000000\t1970-01-01 00:00:00",
      "one\t1970-01-01 00:00:00.000000001\t1970-01-01 00:00:00",
      "last second\t2106-02-07 06:28:15.999999999\t2106-02-07 06:28:15",
    ]);
  }));

test("events: an absent or empty deduplication key never makes a row a duplicate", () =>
  beside(async () => {
    const id = "odd-keys";
    await createTable("odd_keys");
    await createPipeline({
      id,
      transforms: [{ type: "dedup", source_id: "logs", config: { key: "attributes.id", time_window: "1h" } }],
    });
    await accepted(id, [
      { attributes: { id: "a" }, body: "1" },
      { attributes: { id: "a" }, body: "2" },
      { attributes: { id: "" }, body: "3" },
      { attributes: { id: "" }, body: "4" },
      { body: "5" },
      { body: "6" },
      { attributes: { id: "x".repeat(1 << 20) }, body: "7" },
      { attributes: { id: "__proto__" }, body: "8" },
      { attributes: { id: "constructor" }, body: "9" },
    ]);
    const ledger = await settled(id, 9);
    assert.deepEqual([ledger.written, ledger.deduplicated, ledger.dead_lettered], [8, 1, 0]);
    assert.equal(await sql("SELECT arrayStringConcat(arraySort(groupArray(body))) FROM odd_keys"), "13456789");
  }));

test("events: any text arrives as it is; a record larger than a frame is named and its neighbours are taken", () =>
  beside(async () => {
    const id = "odd-texts";
    await createTable("odd_texts", "id String, body String, a Map(String, String)");
    await createPipeline({
      id,
      mapping: [["attributes.id", "id", "String"], ["body", "body", "String"], [
        "attributes",
        "a",
        "Map(String, String)",
      ]],
    });
    const odd: Record<string, LogEvent> = {
      nul: { body: "a\0b" },
      emoji: { body: "😀👩‍👩‍👧" },
      "lone surrogate": { body: "\ud800" },
      "a megabyte": { body: "x".repeat(1 << 20) },
      "a megabyte in an attribute": { attributes: { v: "y".repeat(1 << 20) } },
      "10000 attributes": { attributes: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, "v"])) },
      "no key": { attributes: { "": "x" } },
      prototype: { attributes: { ["__proto__"]: "p", constructor: "c" } },
      "nested prototype": { body: { kvlistValue: { values: [{ key: "__proto__", value: { intValue: "1" } }] } } },
      bytes: { body: { bytesValue: "AAEC/w==" } },
      "not a number": { body: { doubleValue: "NaN" } },
      "nearly a frame": { body: "z".repeat((4 << 20) - 4_096) },
    };
    for (const [name, event] of Object.entries(odd)) {
      await accepted(id, [{ ...event, attributes: { id: name, ...event.attributes } }, {
        attributes: { id: "neighbour" },
      }]);
    }
    const twice = [attribute("id", "first"), attribute("k", "1"), attribute("k", "2"), attribute("id", "twice")];
    await accepted(id, [{ record: { attributes: twice } }]);
    for (const size of [5, 8, 20]) {
      const got = await otlp(id, logs([{ body: "z".repeat(size << 20) }, { attributes: { id: "neighbour" } }]));
      assert.equal(got.status, 200, got.text);
      assert.deepEqual(got.json(), {
        partialSuccess: { rejectedLogRecords: "1", errorMessage: "1 log records are larger than 4194304 bytes" },
      });
    }
    const names = Object.keys(odd);
    const ledger = await settled(id, names.length * 2 + 4);
    assert.deepEqual([ledger.written, ledger.dead_lettered], [names.length * 2 + 4, 0]);
    assert.equal(await sql("SELECT count() FROM odd_texts WHERE id = 'neighbour'"), String(names.length + 3));
    const body = (name: string, what: string) => sql(`SELECT ${what} FROM odd_texts WHERE id = '${name}'`);
    assert.equal(await body("nul", "hex(body)"), "610062");
    assert.equal(await body("emoji", "body"), "😀👩‍👩‍👧");
    assert.equal(await body("lone surrogate", "body"), "\ufffd");
    assert.equal(await body("a megabyte", "length(body)"), String(1 << 20));
    assert.equal(await body("a megabyte in an attribute", "length(a['v'])"), String(1 << 20));
    assert.equal(await body("10000 attributes", "length(a)"), "10001");
    assert.equal(await body("no key", "a['']"), "x");
    assert.equal(await body("prototype", "a['__proto__'] || a['constructor']"), "pc");
    assert.equal(await body("nested prototype", "body"), '{"__proto__":1}');
    assert.equal(await body("bytes", "body"), "000102ff");
    assert.equal(await body("nearly a frame", "length(body)"), String((4 << 20) - 4_096));
    assert.equal(await body("twice", "a['k'], length(a)"), "2\t2");
  }));

test("events: rows that ClickHouse refuses are found and become dead letters, all others are written", () =>
  beside(async () => {
    const id = "refused-rows";
    await createTable("refused_rows", "id String, body String, CONSTRAINT sound CHECK id != 'bad'");
    await createPipeline({ id });
    const events = Array.from(
      { length: 120 },
      (_, i) => ({ attributes: { id: i % 50 === 7 ? "bad" : `ok ${i}` }, body: `${i}` }),
    );
    await accepted(id, events);
    const letters = await deadLetters(id, 3);
    for (const { component, error, original_message } of letters) {
      assert.equal(component, "sink");
      assert.match(error, /sound/);
      assert.equal((JSON.parse(original_message) as Json).id, "bad");
    }
    assert.deepEqual(letters.map((each) => (JSON.parse(each.original_message) as Json).body), ["7", "57", "107"]);
    await settled(id, 120);
    assert.equal(await sql("SELECT count(), uniqExact(id) FROM refused_rows"), "117\t117");
    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped");
    assert.equal((await deadLetters(id, 3)).length, 3);
    assert.equal((await act(id, "resume")).status, 200);
    await becomes(id, "Running");
    assert.equal((await act(id, "terminate")).status, 200);
    await becomes(id, "Stopped");
    const dropped = (await api("GET", `/api/v1/pipeline/${id}/dlq/state`)).json();
    assert.deepEqual([dropped.total_messages, dropped.last_received_at], [0, null], "terminate drops the dead letters");
  }));

test("events: a timestamp that no column can show is a dead letter with the count as it was sent", () =>
  beside(async () => {
    const id = "late-timestamps";
    await createTable("late_timestamps", "id String, at DateTime64(9)");
    await createPipeline({ id, mapping: [["attributes.id", "id", "String"], ["timestamp", "at", "DateTime64(9)"]] });
    const data = ["9223372036854775807", "9223372036854775808", "18446744073709551615"].map((time): LogData => ({
      time: BigInt(time),
      attributes: [["id", { kind: "string", value: time }]],
    }));
    const request = [{ scopes: [{ logs: data }] }];
    assert.equal((await otlp(id, encodeJson(request))).status, 200);
    const protobuf = { "content-type": "application/x-protobuf" };
    assert.equal((await otlp(id, encodeProto(request) as Uint8Array<ArrayBuffer>, protobuf)).status, 200);
    const ledger = await settled(id, 6);
    assert.deepEqual([ledger.written, ledger.dead_lettered], [2, 4]);
    assert.equal(await sql("SELECT DISTINCT at FROM late_timestamps"), "2262-04-11 23:47:16.854775807");
    for (const { reason, error, original_message } of await deadLetters(id, 4)) {
      const [, sent] = /"timestamp":(\d+)/.exec(original_message)!;
      assert.match(original_message, new RegExp(`"id":"${sent}"`));
      assert.equal(reason, "schema_mismatch");
      assert.match(error, new RegExp(`^field timestamp: value out of range of DateTime64: ${sent} ns since 1970$`));
    }
  }));

test("events: an expression that would take the machine is a dead letter, not an outage", () =>
  beside(async () => {
    await createTable("hostile_expressions");
    const cases: [expression: string, error: RegExp | null][] = [
      ["len(1..1000000000) > 0", /memory budget exceeded/],
      ["len(repeat(body, 1000000000)) > 0", /memory budget exceeded/],
      ["len(map(1..10000000, {map(1..10000000, {#})})) > 0", /memory budget exceeded/],
      ['not (body matches "^(a+)+$")', null],
      ['attributes.missing.x.y == "1"', /cannot fetch x from <nil>/],
      ["[1, 2, 3][len(body)] == 1", /index out of range/],
    ];
    await Promise.all(cases.map(async ([expression, error], i) => {
      const id = `hostile-expression-${i}`;
      const transforms = [{ type: "filter", source_id: "logs", config: { expression } }];
      await createPipeline({ id, table: "hostile_expressions", transforms });
      await accepted(id, [{ attributes: { id }, body: "a".repeat(10_000) + "!" }]);
      if (error) assert.match((await deadLetters(id, 1))[0].error, error);
      const ledger = await settled(id, 1);
      assert.deepEqual([ledger.written, ledger.dead_lettered], error ? [0, 1] : [1, 0], expression);
    }));
  }));
