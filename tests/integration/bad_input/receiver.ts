/** Requests to the receiver that are not what they should be: each gets its answer, and nothing else is disturbed. */
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { waitFor } from "../../../cli/client.ts";
import {
  accepted,
  act,
  type Answer,
  api,
  becomes,
  beside,
  createPipeline,
  createTable,
  logs,
  otlp,
  PATIENCE_MS,
  pipelineConfig,
  rawHttp,
  remove,
  settled,
  shows,
  sql,
  test,
  theSystem,
} from "./bed.ts";

const ID = "receiver-target";
const PROTOBUF = { "content-type": "application/x-protobuf" };
const text = (value: string) => new TextEncoder().encode(value);

/** google.rpc.Status with a BadRequest detail, as JSON. */
function refused(got: Answer, status: number, code: number, message: RegExp): void {
  assert.equal(got.status, status, got.text);
  assert.equal(got.headers.get("content-type"), "application/json");
  const body = got.json();
  assert.equal(body.code, code, got.text);
  assert.match(String(body.message), message);
  if (status !== 400 || code !== 3 || /header|source/.test(String(body.message))) return;
  const [detail] = body.details as { "@type": string; fieldViolations: { field: string; description: string }[] }[];
  assert.equal(detail["@type"], "type.googleapis.com/google.rpc.BadRequest");
  assert.deepEqual(detail.fieldViolations, [{ field: "body", description: body.message }]);
}

let prepared = false;
/** Requests whose bodies do not come: their answers take as long as the receiver's patience, so nobody waits for them. */
let slow: Promise<string>[] = [];

async function prepare(): Promise<void> {
  if (prepared) return;
  prepared = true;
  await createTable(ID.replaceAll("-", "_"));
  await createPipeline({ id: ID });
  const port = Number(new URL((await theSystem()).otlpUrl).port);
  slow = Array.from({ length: 3 }, () => rawHttp(port, HALF));
}

/** A request that ends after the first of nine bytes. */
const HALF = `POST /v1/logs HTTP/1.1\r\nhost: x\r\nx-glassflow-pipeline-id: ${ID}\r\n` +
  "content-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{";

/** To be registered after tests that take a while. */
export function testSlowBodies(): void {
  test("receiver: slow bodies are 408", () =>
    beside(async () => {
      await prepare();
      for (const ended of await Promise.all(slow)) {
        assert.match(ended, /^HTTP\/1.1 408 .*"code":4.*did not arrive within 15000 ms/s);
      }
    }));
}

const record = (fields: string) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${fields}}]}]}]}`;
const nested = (depth: number) => '{"arrayValue":{"values":['.repeat(depth) + '{"intValue":1}' + "]}}".repeat(depth);

test("receiver: malformed JSON is 400 with the position, and never the content", () =>
  beside(async () => {
    await prepare();
    const good = logs([{ body: "top secret" }]);
    const cases: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
      ["", /^expected "\{" at byte 0$/],
      ["null", /^expected "\{" at byte 0$/],
      ["[]", /^expected "\{" at byte 0$/],
      ["\ufeff{}", /^expected "\{" at byte 0$/],
      [good + "x", /^something follows the request at byte \d+$/],
      ['{"resourceLogs":5}', /^expected "\[" at byte 16$/],
      [record('"timeUnixNano":"top secret"'), /^expected an integer at byte \d+$/],
      [record('"timeUnixNano":"-1"'), /^integer out of range for uint64 at byte \d+$/],
      [record('"timeUnixNano":"18446744073709551616"'), /^integer out of range for uint64 at byte \d+$/],
      ["[".repeat(1_000_000), /^expected "\{" at byte 0$/],
      [`{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /^nested deeper than 500 levels at byte 505$/],
      [record(`"body":${nested(5_000)}`), /^nested deeper than 500 levels at byte \d+$/],
      [new Uint8Array([...text('{"x":"'), 0xff, 0xfe, ...text('"}')]), /^the body is not UTF-8/],
      [new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), /^the body is not UTF-8/],
    ];
    for (const [body, message] of cases) {
      const got = await otlp(ID, body);
      refused(got, 400, 3, message);
      assert.doesNotMatch(got.text, /top secret/);
    }
    for (let length = 1; length < good.length; length += 7) {
      refused(await otlp(ID, good.slice(0, length)), 400, 3, / at byte \d+$/);
    }
    assert.equal(await sql("SELECT count() FROM receiver_target"), "0");
  }));

/** A deterministic source of numbers. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

test("receiver: malformed protobuf is 400 as google.rpc.Status in protobuf; random bytes never break it", () =>
  beside(async () => {
    await prepare();
    const decoder = new TextDecoder();
    const cases: [number[], RegExp][] = [
      [[255, 255, 255, 255, 255, 1, 2, 3], /invalid field tag at byte/],
      [[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], /length exceeds the message at byte/],
      [[0x0a], /at byte/],
      [[0x0b, 0x0a], /at byte/],
      [[0x0a, 0x02, 0x12, 0x05], /at byte/],
      [[...text(logs([{ body: "top secret" }]))], /at byte/],
      [Array(40_000).fill(0x0b), /at byte/],
    ];
    for (const [bytes, message] of cases) {
      const got = await otlp(ID, new Uint8Array(bytes), PROTOBUF);
      assert.equal(got.status, 400, got.text);
      assert.equal(got.headers.get("content-type"), "application/x-protobuf");
      // Status: field 1 code = INVALID_ARGUMENT, field 2 message.
      assert.deepEqual([...text(got.text.slice(0, 3))], [0x08, 3, 0x12]);
      assert.match(got.text, message);
      assert.doesNotMatch(got.text, /top secret/);
    }
    // A field with another wire type is an unknown field, as in every protobuf library.
    assert.equal((await otlp(ID, new Uint8Array([0x08, 1]), PROTOBUF)).status, 200);
    const next = random(42);
    for (let i = 0; i < 150; i++) {
      const bytes = Uint8Array.from({ length: next(200) }, () => next(4) === 0 ? 0x0a : next(256));
      const got = await otlp(ID, bytes, PROTOBUF);
      assert.ok(got.status === 400 || got.status === 200, `${got.status} for ${decoder.decode(bytes)}`);
    }
  }));

test("receiver: wrong content types and encodings are 415; both lists are in the message", () =>
  beside(async () => {
    await prepare();
    for (
      const type of [
        "",
        "text/plain",
        "application/xml",
        "application/protobuf",
        "application/json, application/x-protobuf",
        "multipart/form-data; boundary=x",
        "application/json\ttrailing",
        `application/${"x".repeat(5_000)}`,
      ]
    ) {
      refused(await otlp(ID, "{}", { "content-type": type }), 415, 3, /application\/x-protobuf or application\/json/);
    }
    for (const type of ["APPLICATION/JSON; charset=UTF-8", "application/json ; x=y"]) {
      assert.equal((await otlp(ID, "{}", { "content-type": type })).status, 200, type);
    }
    for (const encoding of ["br", "compress", "gzip, gzip", "snappy", "\t;"]) {
      refused(await otlp(ID, "{}", { "content-encoding": encoding }), 415, 3, /gzip, deflate, zstd or identity/);
    }
  }));

test("receiver: corrupt compression is 400, a bomb is 413 before it is unpacked", () =>
  beside(async () => {
    await prepare();
    const gzip = { "content-encoding": "gzip" };
    const zstd = { "content-encoding": "zstd" };
    const whole = gzipSync(logs([{ body: "hello".repeat(1_000) }]));
    for (let length = 0; length < whole.length; length += 9) {
      refused(await otlp(ID, new Uint8Array(whole.subarray(0, length)), gzip), 400, 3, /not a complete gzip stream/);
    }
    const flipped = new Uint8Array(whole);
    flipped[flipped.length >> 1] ^= 0xff;
    refused(await otlp(ID, flipped, gzip), 400, 3, /not a complete gzip stream/);
    refused(await otlp(ID, "{}", gzip), 400, 3, /not a complete gzip stream/);
    refused(await otlp(ID, new Uint8Array([...gzipSync("{}"), 1, 2]), gzip), 400, 3, /not a complete gzip stream/);
    refused(await otlp(ID, "{}", zstd), 400, 3, /not a complete zstd stream/);
    const zeros = new Uint8Array(80 << 20);
    const tooMuch = /^the request has more than 67108864 bytes: send fewer records per request$/;
    refused(await otlp(ID, new Uint8Array(gzipSync(zeros, { level: 1 })), gzip), 413, 8, tooMuch);
    refused(await otlp(ID, new Uint8Array(zstdCompressSync(zeros)), zstd), 413, 8, tooMuch);
    refused(await otlp(ID, new Uint8Array((64 << 20) + 1)), 413, 8, tooMuch);
  }));

test("receiver: ids that are missing, unknown, or no ids at all", () =>
  beside(async () => {
    await prepare();
    for (const id of [null, "", "  ", ","]) {
      refused(await otlp(id, "{}"), 400, 3, /^missing x-glassflow-pipeline-id header$/);
    }
    const odd = [
      ".",
      "..",
      "no-such-pipeline",
      "../../etc/passwd",
      `${ID}?x=1`,
      `${ID}/health`,
      "%2e%2e",
      "é",
      "a".repeat(10_000),
    ];
    for (const id of [...odd, ID.toUpperCase(), "__proto__", "constructor", "' OR 1=1"]) {
      refused(await otlp(id, "{}"), 404, 5, /^no pipeline has the id in x-glassflow-pipeline-id$/);
    }
    assert.equal((await otlp(`${ID}, other-one`, "{}")).status, 200, "of several ids the first counts");
    refused(await otlp(`other-one, ${ID}`, "{}"), 404, 5, /no pipeline/);
  }));

test("receiver: other methods and paths", () =>
  beside(async () => {
    const { otlpUrl } = await theSystem();
    const ask = async (method: string, path: string) => {
      const response = await fetch(otlpUrl + path, { method, headers: { "x-glassflow-pipeline-id": ID } });
      await response.body?.cancel();
      return response;
    };
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const response = await ask(method, "/v1/logs");
      assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"], method);
    }
    for (const path of ["/", "/v1/log", "/v1/logs/", "//v1/logs", "/V1/LOGS"]) {
      assert.equal((await ask("POST", path)).status, 404, path);
    }
    for (const path of ["/v1/traces", "/v1/metrics"]) assert.equal((await ask("POST", path)).status, 501, path);
  }));

test("receiver: requests that break HTTP itself", () =>
  beside(async () => {
    await prepare();
    const port = Number(new URL((await theSystem()).otlpUrl).port);
    const request = (lines: string[], body = "{}", path = "/v1/logs") =>
      [
        `POST ${path} HTTP/1.1`,
        "host: x",
        `x-glassflow-pipeline-id: ${ID}`,
        "content-type: application/json",
        ...lines,
        "connection: close",
        "",
        body,
      ].join("\r\n");
    const cases: [string, string, RegExp][] = [
      ["two ids", request([`x-glassflow-pipeline-id: other`, "content-length: 2"]), /^HTTP\/1.1 200 .*\{\}$/s],
      ["two types", request(["content-type: text/plain", "content-length: 2"]), /^HTTP\/1.1 415 .*"code":3/s],
      ["two lengths", request(["content-length: 2", "content-length: 3"]), /^HTTP\/1.1 400 /],
      ["short body", request(["content-length: 200"]), /^HTTP\/1.1 400 .*ended the request before its body/s],
      ["negative length", request(["content-length: -2"]), /^HTTP\/1.1 400 /],
      ["huge length", request(["content-length: 99999999999"]), /^HTTP\/1.1 413 .*more than 67108864 bytes/s],
      ["both lengths", request(["transfer-encoding: chunked", "content-length: 2"], "0\r\n\r\n"), /^HTTP\/1.1 400 /],
      ["bad chunk", request(["transfer-encoding: chunked"], "zz\r\n{}\r\n0\r\n\r\n"), /^$|^HTTP\/1.1 400 /],
      ["garbage", "\x00\x01\x02 hello\r\n\r\n", /^HTTP\/1.1 400 /],
      ["500 headers", request(Array.from({ length: 500 }, (_, i) => `h${i}: 1`)), /^HTTP\/1.1 4\d\d /],
      ["another host", request(["content-length: 2"], "{}", "http://elsewhere/v1/logs"), /^HTTP\/1.1 200 /],
      ["no host", request(["content-length: 2"]).replace("host: x", "host: %%%"), /^HTTP\/1.1 400 .*is not a host/s],
      ["asterisk", "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", /^HTTP\/1.1 404 /],
    ];
    for (const [what, bytes, wanted] of cases) {
      assert.match(await rawHttp(port, bytes, what === "short body"), wanted, what);
    }
    // A header of a megabyte is cut off; whether as an answer or a reset is the server library's matter.
    const endless = `POST /v1/logs HTTP/1.1\r\nhost: x\r\nx-glassflow-pipeline-id: ${"a".repeat(1 << 20)}\r\n\r\n`;
    const got = await rawHttp(port, endless).catch((error) => `reset: ${error.message}`);
    assert.match(got, /^HTTP\/1.1 4\d\d |^reset: /);
  }));

test("receiver: overload is 429 with Retry-After, and then all goes on", () =>
  beside(async () => {
    await prepare();
    const port = Number(new URL((await theSystem()).otlpUrl).port);
    const crowd: Deno.Conn[] = [];
    const more = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port });
        crowd.push(connection);
        await connection.write(text(HALF));
      }
    };
    await more(50);
    // A slot that the neighbour leaves is taken by one more of the crowd.
    const got = await waitFor(
      async () => {
        await more(1);
        return await otlp(ID, "{}");
      },
      ({ status }) => status !== 200,
      PATIENCE_MS,
      "the gate to be full",
    );
    refused(got, 429, 8, /^receiver overloaded, try again later$/);
    assert.equal(got.headers.get("retry-after"), "1");
    assert.deepEqual(got.json().details, [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }]);
    for (const connection of crowd) connection.close();
    await accepted(ID, [{ attributes: { id: "after overload" } }]);
    await shows("SELECT count() FROM receiver_target WHERE id = 'after overload'", "1");
  }));

test("receiver: a stopped pipeline takes data for later, a deleted one is unknown, a new one of the id starts empty", () =>
  beside(async () => {
    const id = "comes-and-goes";
    await createTable("comes_and_goes");
    await createPipeline({ id });
    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped");
    await accepted(id, [{ attributes: { id: "while stopped" } }]);
    assert.equal((await act(id, "resume")).status, 200);
    await shows("SELECT id FROM comes_and_goes", "while stopped");
    await remove(id);
    // The receiver believes what it knows for a moment.
    const answers = (status: number) =>
      waitFor(() => otlp(id, "{}"), (got) => got.status === status, PATIENCE_MS, `the receiver to answer ${status}`);
    await answers(404);
    refused(await otlp(id, logs([{}])), 404, 5, /no pipeline/);
    // An exporter that was refused all the time loses nothing from the moment the pipeline is there.
    let there = false;
    const early = (async () => {
      while (!there) await otlp(id, "{}");
    })();
    assert.equal((await api("POST", "/api/v1/pipeline", await pipelineConfig({ id }))).status, 200);
    assert.equal((await otlp(id, "{}")).status, 200);
    there = true;
    await early;
    await becomes(id, "Running");
    await accepted(id, [{ attributes: { id: "second life" } }]);
    await shows("SELECT id FROM comes_and_goes ORDER BY id", "second life\nwhile stopped");
    assert.equal((await settled(id, 1)).accepted, 1);
    await remove(id);
  }));
