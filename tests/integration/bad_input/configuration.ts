/**
 * Broken and hostile bodies for the API: each is refused with its status, its code and a message that names the place; no
 * answer carries a secret or is a 500; afterwards the API works as before.
 */
import assert from "node:assert/strict";
import { type Answer, api, beside, createTable, type Json, pipelineConfig, rawHttp, test, theSystem } from "./bed.ts";

const SECRET = "hunter2-do-not-show";
const CREATE = "/api/v1/pipeline";
const SHAPE = /^validation failed: /;

async function base(): Promise<Json> {
  return await pipelineConfig({ id: "never-created", connection: { password: SECRET } });
}

/** The configuration with one value replaced (undefined: left out); `path` is like `sink.mapping.0.name`. */
async function having(path: string, value: unknown): Promise<Json> {
  const config = await base();
  const keys = path.split(".");
  let at = config;
  for (const key of keys.slice(0, -1)) at = at[key] as Json;
  at[keys[keys.length - 1]] = value;
  return config;
}

function refused(got: Answer, status: number, message: RegExp, what: string): void {
  assert.equal(got.status, status, `${what}: ${got.text}`);
  assert.equal(got.headers.get("content-type"), "application/json");
  const body = got.json();
  assert.equal(body.status, status);
  assert.match(String(body.message), message, `${what}: ${body.message}`);
  assert.equal(
    body.code,
    SHAPE.test(String(body.message)) ? "" : status === 400 ? "bad_request" : "unprocessable_entity",
  );
  assert.ok(!got.text.includes(SECRET), `${what} shows the password: ${got.text}`);
}

/** Runs `work`; whatever it sent, no pipeline came of it. */
async function harmless(work: () => Promise<void>): Promise<void> {
  await beside(work);
  const listed = (await api("GET", CREATE)).json() as unknown as { pipeline_id: string }[];
  assert.ok(!listed.some(({ pipeline_id }) => pipeline_id.startsWith("never")), JSON.stringify(listed));
}

test("configuration: bodies that are no JSON objects", () =>
  harmless(async () => {
    const cases: [string, string | Uint8Array, number, RegExp][] = [
      ["nothing", "", 400, /request body is required/],
      ["half", "{", 400, /expected valid JSON/],
      ["not a number", '{"version":NaN}', 400, /expected valid JSON/],
      ["bad UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22]), 400, /expected text in UTF-8/],
      ["depth", '{"a":'.repeat(190_000), 400, /expected valid JSON/],
      ["deep arrays", "[".repeat(400_000) + "]".repeat(400_000), 422, /expected object \(body\)/],
      ["a secret", `"${SECRET}`, 400, /expected valid JSON/],
      ["size", " ".repeat(1_048_576), 413, /must be smaller than 1048576 bytes/],
      ["two of a key", '{"pipeline_id":"never-created","pipeline_id":5}', 422, /expected string \(body.pipeline_id\)/],
      ["infinity", '{"version":1e999}', 422, /expected string \(body.version\)/],
    ];
    for (const [what, body, status, message] of cases) refused(await api("POST", CREATE, body), status, message, what);
    for (const body of ["null", "[]", "5", '"x"', "true"]) {
      refused(await api("POST", CREATE, body), 422, /expected object \(body\)/, body);
    }
    for (const type of ["text/plain", "application/toml", "multipart/form-data", "a/b/c+json"]) {
      refused(await api("POST", CREATE, "{}", { "content-type": type }), 415, /send application\/json/, type);
    }
    for (const encoding of ["gzip", "br", "gzip, gzip"]) {
      const got = await api("POST", CREATE, "{}", { "content-encoding": encoding });
      refused(got, 415, /send the body uncompressed/, encoding);
    }
  }));

test("configuration: every property of every wrong type, missing, or null", () =>
  harmless(async () => {
    const required = [
      "pipeline_id",
      "sink",
      "sink.type",
      "sink.table",
      "sink.connection_params",
      "sink.connection_params.host",
      "sink.connection_params.port",
      "sink.connection_params.database",
      "sink.connection_params.username",
      "sink.connection_params.password",
      "sources.0.type",
      "sources.0.source_id",
      "sink.mapping.0.name",
      "sink.mapping.0.column_name",
      "sink.mapping.0.column_type",
    ];
    for (const path of required) {
      for (const value of [undefined, null, 5, true, []]) {
        refused(await api("POST", CREATE, await having(path, value)), 422, SHAPE, `${path} = ${value}`);
      }
    }
    const optional = {
      version: [5, {}, []],
      name: [5, {}],
      sources: [5, {}, "x", [null], [[]]],
      transforms: [5, {}, [null], [{}], [{ type: "filter" }]],
      "sink.mapping": [5, {}, [null], [{}]],
      "sink.max_batch_size": ["1", 1.5, {}, 1e300],
      "sink.max_delay_time": [5, "", "1", "1dx", "999999d", "s"],
      "sink.connection_params.secure": ["true", 1],
      "sink.connection_params.http_port": [8123, {}],
      metadata: [5, [], {}, { tags: 5 }, { tags: [5] }],
      resources: [5, [], { nats: 5 }, { sink: [] }],
      join: [5, []],
      extra: [1],
      "sink.extra": [1],
      "sink.connection_params.extra": [1],
      "sources.0.extra": [1],
      "sink.mapping.0.extra": [1],
    };
    for (const [path, values] of Object.entries(optional)) {
      for (const value of values) {
        refused(await api("POST", CREATE, await having(path, value)), 422, SHAPE, `${path} = ${JSON.stringify(value)}`);
      }
    }
  }));

test("configuration: values that break a rule", () =>
  harmless(async () => {
    const transform = (type: string, config: Json) => [{ type, source_id: "logs", config }];
    const output = (config: Json) => transform("stateless", { transforms: [{ ...config }] });
    const cases: [string, unknown, RegExp][] = [
      ["version", "v2", /unsupported version; use v3/],
      ["pipeline_id", "nope", /at least 5 characters/],
      ["sources", [], /at least one source/],
      ["sources", [{ type: "x", source_id: "a" }], /unsupported type "x"/],
      ["sources.0.source_id", " ", /empty source_id/],
      ["sources", [1, 2].map(() => ({ type: "otlp.logs", source_id: "logs" })), /at most one OTLP source|duplicate/i],
      ["sink.type", "postgres", /unsupported sink type/],
      ["sink.max_batch_size", 0, /max_batch_size must be at least 1/],
      ["sink.max_batch_size", -1, /max_batch_size must be at least 1/],
      ["sink.mapping", [], /sink.mapping is empty|mapping/],
      ["sink.mapping", null, /sink.mapping is empty|mapping/],
      ["sink.mapping.0.name", "nope", /mapping field "nope" not found/],
      ["sink.mapping.0.name", "__proto__", /mapping field "__proto__" not found/],
      ["sink.mapping.0.column_name", "body", /column "body" is mapped twice/],
      ["sink.mapping.0.column_type", "Nested(a String)", /does not fit column id of type Nested/],
      ["sink.mapping.0.column_type", "AggregateFunction(sum, Int8)", /unsupported ClickHouse column type/],
      ["sink.mapping.0.column_type", "String) ENGINE = Null --", /unsupported ClickHouse column type/],
      ["sink.mapping.0.column_type", "constructor", /unsupported ClickHouse column type/],
      ...["a b", "http://x", "x/y", "x:1", "user@x", "..", "x?y", "x#", "%00", "127.0.0.1,10.0.0.1", "x\ny"].map(
        (host): [string, unknown, RegExp] => ["sink.connection_params.host", host, /host name or address alone/],
      ),
      ...["0", "65536", "-1", "abc", "8123/x", "8123@evil", "0x50"].map(
        (port): [string, unknown, RegExp] => ["sink.connection_params.http_port", port, /port number from 1 to 65535/],
      ),
      ["transforms", transform("sort", {}), /unsupported transform type; use dedup, filter or stateless/],
      ["transforms", transform("__proto__", {}), /unsupported transform type/],
      ["transforms", [{ type: "filter", source_id: "x", config: { expression: "true" } }], /source/],
      ["transforms", transform("dedup", {}), /key|time_window/],
      ["transforms", transform("dedup", { key: "nope", time_window: "1h" }), /key field "nope" not found/],
      ["transforms", transform("dedup", { key: "__proto__", time_window: "1h" }), /key field "__proto__" not found/],
      ["transforms", transform("dedup", { key: "body", time_window: "8d" }), /168h|7d|window/],
      ["transforms", transform("dedup", { key: "body", time_window: "0s" }), /window/],
      ["transforms", transform("stateless", { transforms: [] }), /stateless/],
      [
        "transforms",
        output({ expression: "body", output_name: "x", output_type: "constructor" }),
        /unknown type "constructor"; use string, bool/,
      ],
      ["resources", { sink: { replicas: 0 } }, /replicas/],
      ["resources", { sink: { requests: { cpu: "bad" } } }, /cpu/],
      ["resources", { nats: { stream: { maxBytes: "lots" } } }, /maxBytes|max_bytes/],
    ];
    for (const [path, value, message] of cases) {
      refused(await api("POST", CREATE, await having(path, value)), 422, message, `${path} = ${JSON.stringify(value)}`);
    }
    const ids = [
      "ABCDE",
      "a--bcd",
      "-abcd",
      "abcd-",
      "1abcd",
      "ab cd",
      "a".repeat(41),
      "a".repeat(90_000),
      "../../etc",
    ];
    for (const id of [...ids, "pipé-line", "a'; DROP TABLE x", "__proto__", "😀😀😀😀😀"]) {
      refused(await api("POST", CREATE, await having("pipeline_id", id)), 400, /^invalid pipeline ID: use 5-40/, id);
    }
  }));

test("configuration: NUL characters, names too long for the server, prototype keys", () =>
  harmless(async () => {
    for (const path of ["name", "sink.table", "sink.connection_params.username", "sources.0.source_id"]) {
      const place = path.replace(".0", "[0]").replaceAll(/[.[\]]/g, "\\$&");
      const wanted = new RegExp(`without NUL characters \\(body\\.${place}\\)$`);
      refused(await api("POST", CREATE, await having(path, "a\0b")), 422, wanted, path);
    }
    for (const path of ["sink.table", "sink.connection_params.database", "sink.mapping.0.column_name"]) {
      refused(await api("POST", CREATE, await having(path, "x".repeat(256))), 422, /expected length <= 255/, path);
    }
    const password = await having("sink.connection_params.password", SECRET.repeat(1_000));
    refused(
      await api("POST", CREATE, password),
      422,
      /expected length <= 4096 \(body.sink.connection_params.password\)/,
      "",
    );
    const whole = JSON.stringify(await base());
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const wanted = (path: string) => new RegExp(`unexpected property \\(body\\.${path}${key}\\)$`);
      refused(await api("POST", CREATE, `{"${key}":{"x":1},${whole.slice(1)}`), 422, wanted(""), key);
      const inside = whole.replace('"sink":{', `"sink":{"${key}":{"x":1},`);
      refused(await api("POST", CREATE, inside), 422, wanted("sink\\."), key);
    }
    assert.equal(({} as Json).x, undefined);
  }));

test("configuration: hostile expressions are refused at once", () =>
  harmless(async () => {
    const tooDeep = /nested too deeply: more than 250 levels \(at character \d+\)/;
    const cases: [string, RegExp][] = [
      ["", /filter transform needs an expression/],
      ["body ==", /unexpected end of expression \(at character 8\)/],
      ["body", /a filter must give a bool, but this gives string/],
      ["nope == 1", /unknown name nope/],
      ["constructor == 1", /unknown name constructor/],
      ["Deno.exit()", /unknown name Deno/],
      ['body.constructor("x")', /string has no method constructor/],
      ["(".repeat(100_000) + "true" + ")".repeat(100_000), tooDeep],
      ["!".repeat(100_000) + "true", tooDeep],
      ["[".repeat(50_000) + "]".repeat(50_000) + " == []", tooDeep],
      ["true ? ".repeat(20_000) + "true" + ": false".repeat(20_000), tooDeep],
      [Array(50_000).fill("1").join("+") + " == 1", tooDeep],
      [Array(20_000).fill('body == "x"').join(" or "), /too large: more than 10000 nodes/],
      ['body matches "("', /missing closing \)/],
      ['body matches "(a{1000}){1000}"', /expression too large/],
      ['body matches "(?<=x)y"', /unsupported Perl syntax/],
      ["1e999 == 1", /number out of range/],
      ["9".repeat(100_000) + " == 1", /integer literal is too large/],
      ["1 % 0 == 1", /integer divide by zero/],
      ["true /* ", /unclosed comment/],
      ['body == "\\U00110000"', /not a Unicode character/],
    ];
    for (const [expression, message] of cases) {
      const what = expression.slice(0, 40);
      const transforms = [{ type: "filter", source_id: "logs", config: { expression } }];
      const began = performance.now();
      refused(await api("POST", CREATE, await having("transforms", transforms)), 422, message, what);
      assert.ok(performance.now() - began < 10_000, what);
      const validated = await api("POST", "/api/v1/filter/validate", {
        expression,
        fields: [{ field_name: "body", field_type: "string" }],
      });
      assert.ok([400, 422].includes(validated.status), `${what}: ${validated.text}`);
    }
    for (
      const expression of ['repeat("x", 1000000000)', "1..1000000000", "map(1..10000000, {map(1..10000000, {#})})"]
    ) {
      const got = await api("POST", "/api/v1/transform/expression/evaluate", {
        type: "expr_lang_transform",
        config: { transform: [{ expression, output_name: "x", output_type: "string" }] },
        sample: { body: "x" },
      });
      assert.equal(got.status, 400, got.text);
      assert.equal(got.json().code, "transformation_error");
    }
  }));

test("configuration: the other routes with ids and bodies of no pipeline", () =>
  harmless(async () => {
    await createTable("cfg_other_routes");
    for (
      const id of ["no-such-pipeline", "x", "a".repeat(5_000), "__proto__", "constructor", "%00", "%F0%9F%98%80", "a'b"]
    ) {
      const at = `${CREATE}/${id}`;
      for (const [method, path] of [["GET", ""], ["GET", "/health"], ["GET", "/ledger"], ["GET", "/resources"]]) {
        assert.equal((await api(method, at + path)).status, 404, id + path);
      }
      for (const action of ["stop", "resume", "terminate"]) {
        assert.equal((await api("POST", `${at}/${action}`)).status, 404, action);
      }
      assert.equal((await api("DELETE", at)).status, 404);
      assert.equal((await api("PATCH", at, { name: "x" })).status, 404);
      for (const path of ["state", "consume", "list"]) {
        assert.equal((await api("GET", `${at}/dlq/${path}`)).status, 404);
      }
      assert.equal((await api("POST", `${at}/dlq/purge`)).status, 404);
    }
    const healthy = `${CREATE}/healthy-neighbour`;
    refused(await api("PATCH", healthy, { name: 5 }), 422, /expected string \(body.name\)/, "rename");
    refused(await api("PATCH", healthy, { name: "\0" }), 422, /without NUL/, "rename");
    refused(await api("PATCH", healthy, { name: "x", version: "v3" }), 422, /unexpected property/, "rename");
    refused(await api("PATCH", `${healthy}/metadata`, { metadata: {} }), 422, /tags/, "metadata");
    refused(await api("PATCH", `${healthy}/metadata`, { metadata: { tags: ["a\0"] } }), 422, /without NUL/, "metadata");
    const mismatch = await api("POST", `${healthy}/edit`, await base());
    refused(mismatch, 400, /pipeline ID in request body must match/, "edit");
    for (const size of ["0", "-1", "1001", "x", "1e3", "1;DROP"]) {
      refused(await api("GET", `${healthy}/dlq/list?batch_size=${size}`), 422, /query.batch_size/, size);
    }
    refused(await api("GET", `${healthy}/dlq/list?cursor=${"x".repeat(500)}`), 422, /query.cursor/, "cursor");
    refused(await api("GET", `${healthy}/dlq/list?component=evil`), 422, /query.component/, "component");
    refused(await api("POST", `${healthy}/dlq/discard`, { mode: "some" }), 422, /all, selected/, "mode");
    const many = { mode: "selected", message_ids: Array(1_001).fill("1") };
    refused(await api("POST", `${healthy}/dlq/discard`, many), 422, /length <= 1000/, "ids");
    const odd = await api("POST", `${healthy}/dlq/discard`, {
      mode: "selected",
      message_ids: ["-1", "x", "9".repeat(50)],
    });
    assert.equal(odd.json().discarded_count, 0);
    assert.deepEqual(odd.json().unknown_message_ids, ["-1", "x", "9".repeat(50)]);
    refused(await api("POST", `${healthy}/stop`, undefined, { "if-match": "x" }), 400, /If-Match/, "etag");
    assert.equal((await api("POST", `${healthy}/stop`, undefined, { "if-match": '"999999"' })).status, 412);
  }));

test("configuration: requests that break HTTP itself", () =>
  harmless(async () => {
    const port = Number(new URL((await theSystem()).apiUrl).port);
    const get = (path: string, host = "x") => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    const cases: [string, RegExp][] = [
      [get("/api/v1/pipeline/../pipeline"), /^HTTP\/1.1 301 /],
      [get("/api//v1/pipeline"), /^HTTP\/1.1 301 /],
      [get("/api/v1/pipeline/"), /^HTTP\/1.1 404 /],
      [get("/api/v1/pipeline", "%%%"), /^HTTP\/1.1 400 /],
      [get("/api/v1/pipeline/%zz"), /^HTTP\/1.1 40[04] /],
      [get("/api/v1/pipeline/%ff%fe/health"), /^HTTP\/1.1 404 /],
      ["\x00\x01 hello\r\n\r\n", /^HTTP\/1.1 400 /],
      [
        `POST ${CREATE} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\nconnection: close\r\n\r\n{`,
        /^HTTP\/1.1 413 /,
      ],
      [`POST ${CREATE} HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\nconnection: close\r\n\r\n{`, /^HTTP\/1.1 400 /],
      [`POST ${CREATE} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{`, /^HTTP\/1.1 408 /],
      [`HEAD ${CREATE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, /^HTTP\/1.1 405 /],
    ];
    const answers = await Promise.all(cases.map(([request]) => rawHttp(port, request)));
    for (const [i, [request, wanted]] of cases.entries()) assert.match(answers[i], wanted, request);
  }));
