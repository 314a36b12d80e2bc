import assert from "node:assert/strict";
import zlib from "node:zlib";
import { StreamFull, Unavailable } from "./errors.ts";
import { DEFAULT_FRAMING } from "./logs_framer.ts";
import { protoStatus } from "./status.ts";
import { readBlock } from "../pipeline/native/mod.ts";
import { encodeJson, encodeProto, type LogData } from "./testing/export_request.ts";
import { memoryReceiver, post, type Published, SHOP } from "./testing/memory_receiver.ts";

const LOGS: LogData[] = Array.from({ length: 100 }, (_, i) => ({
  time: 1767225600000000000n + BigInt(i),
  body: { kind: "string", value: `log ${i}` },
  traceId: Uint8Array.from({ length: 16 }, (_, at) => i + at),
  attributes: [["user", { kind: "string", value: `u${i % 7}` }]],
}));
const DATA = [{ scopes: [{ logs: LOGS }] }];
const PROTO = encodeProto(DATA) as Uint8Array<ArrayBuffer>;
const JSON_BODY = encodeJson(DATA);
const JSON_TYPE = { "content-type": "application/json" };

async function status(response: Response): Promise<{ code: number; message: string; details?: unknown[] }> {
  assert.equal(response.headers.get("content-type"), "application/json");
  return await response.json();
}

function rows(published: readonly Published[]): number {
  return published.reduce((sum, each) => sum + Number(each.frame.headers["Gf-Rows"]), 0);
}

Deno.test("protobuf: 200 with an empty body once all is published", async () => {
  const { receiver, published } = memoryReceiver();
  const response = await receiver.fetch(post(PROTO));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/x-protobuf");
  assert.equal((await response.bytes()).length, 0);
  assert.equal(published.length, 1);
  assert.match(published[0].subject, /^gf\.0a1b2c3d\.in\.[0-3]$/);
  assert.match(published[0].messageId, /^[0-9a-f]{32}\/[0-3]\/0$/);
  assert.equal(published[0].frame.headers["Gf-Origin"], "once");
  assert.equal(rows(published), 100);
});

Deno.test("JSON with parameters in the type, any case, gzip: 200 and {}", async () => {
  for (
    const [coding, body] of [
      ["gzip", zlib.gzipSync(JSON_BODY)],
      ["GZIP", zlib.gzipSync(JSON_BODY)],
      ["deflate", zlib.deflateSync(JSON_BODY)],
      ["deflate", zlib.deflateRawSync(JSON_BODY)],
      ["zstd", zlib.zstdCompressSync(JSON_BODY)],
      ["identity", new TextEncoder().encode(JSON_BODY)],
    ] as const
  ) {
    const { receiver, published } = memoryReceiver();
    const response = await receiver.fetch(
      post(new Uint8Array(body), { "content-type": "Application/JSON; charset=utf-8", "content-encoding": coding }),
    );
    assert.equal(response.status, 200, coding);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(await response.text(), "{}");
    assert.equal(rows(published), 100);
  }
});

Deno.test("the same request has the same message ids, whatever its compression", async () => {
  const { receiver, published } = memoryReceiver();
  await receiver.fetch(post(PROTO));
  await receiver.fetch(post(PROTO));
  await receiver.fetch(post(new Uint8Array(zlib.gzipSync(PROTO)), { "content-encoding": "gzip" }));
  assert.equal(published.length, 3);
  assert.equal(new Set(published.map((each) => each.messageId + each.subject)).size, 1);
});

Deno.test("an empty request succeeds without publishing", async () => {
  const { receiver, published } = memoryReceiver();
  assert.equal((await receiver.fetch(post(null))).status, 200);
  assert.equal((await receiver.fetch(post("{}", JSON_TYPE))).status, 200);
  assert.equal(published.length, 0);
});

Deno.test("refusals: Status in the request's encoding, JSON if there is none", async () => {
  const asked: string[] = [];
  const lookup = async (id: string) => {
    asked.push(id);
    return id === "kafka" ? "wrong_kind" as const : id === "shop-logs" ? SHOP : "unknown" as const;
  };
  const { receiver, published } = memoryReceiver({ lookup });
  const cases: [Request, number, number][] = [
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": null }), 400, 3],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "  " }), 400, 3],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "nobody" }), 404, 5],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "kafka" }), 400, 3],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "." }), 404, 5],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": ".." }), 404, 5],
    [post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "shop-logs/../other" }), 404, 5],
    [post("{", JSON_TYPE), 400, 3],
    [post("", JSON_TYPE), 400, 3],
    [post("not json", { ...JSON_TYPE, "content-encoding": "gzip" }), 400, 3],
    [post("{}", { ...JSON_TYPE, "content-encoding": "br" }), 415, 3],
    [post("{}", { "content-type": "text/plain" }), 415, 3],
    [post(new Uint8Array(2), { "content-type": null }), 415, 3],
    [new Request("http://localhost/v1/traces", { method: "POST", headers: JSON_TYPE, body: "{}" }), 501, 12],
    [new Request("http://localhost/v1/metrics", { method: "POST", headers: JSON_TYPE, body: "{}" }), 501, 12],
    [new Request("http://localhost/v1/logs", { headers: JSON_TYPE }), 405, 12],
    [new Request("http://localhost/v1/logs/", { method: "POST", headers: JSON_TYPE }), 404, 5],
    [new Request("http://localhost/v1development/profiles", { method: "POST", headers: JSON_TYPE }), 404, 5],
  ];
  for (const [request, http, code] of cases) {
    const response = await receiver.fetch(request);
    assert.equal(response.status, http);
    const { code: actual, message } = await status(response);
    assert.equal(actual, code);
    assert.ok(message.length > 0 && message.length < 200);
    if (http === 405) assert.equal(response.headers.get("allow"), "POST");
    if (http === 501) assert.match(message, /logs only/);
  }
  assert.equal(published.length, 0);
  assert.deepEqual([...new Set(asked)], ["nobody", "kafka", "shop-logs"]); // what is no id is not asked for
});

Deno.test("a Host header that is no host is 400", async () => {
  const { receiver } = memoryReceiver();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, receiver.fetch);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const request = "POST /v1/logs HTTP/1.1\r\nHost: %%%\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assert.match(answer, /^HTTP\/1.1 400 .*the Host header is not a host/s);
  await server.shutdown();
});

Deno.test("bad data tells where, never what", async () => {
  const { receiver } = memoryReceiver();
  const json = await status(await receiver.fetch(post('{"resourceLogs":[{"secret-key":secret}]}', JSON_TYPE)));
  assert.equal(json.message, "expected a value at byte 31");
  assert.deepEqual(json.details, [{
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations: [{ field: "body", description: json.message }],
  }]);
  const text = new TextEncoder().encode('{"a":"é", "b":"x"}');
  text[text.length - 3] = 0xff;
  assert.equal((await status(await receiver.fetch(post(text, JSON_TYPE)))).message, "the body is not UTF-8 at byte 16");
  const proto = await receiver.fetch(post(Uint8Array.from([0x0a, 0x05, 0x01])));
  assert.equal(proto.status, 400);
  assert.equal(proto.headers.get("content-type"), "application/x-protobuf");
  const failure = { http: 400, code: 3, message: "length exceeds the message at byte 2", reason: "", badRequest: true };
  assert.deepEqual(await proto.bytes(), protoStatus(failure));
});

Deno.test("a stream that stays full: 429 with Retry-After and RetryInfo", async () => {
  const full = () => Promise.reject(new StreamFull("full"));
  const { receiver } = memoryReceiver({ onPublish: full, limits: { maxWaitMs: 120 } });
  const response = await receiver.fetch(post(PROTO));
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.equal(response.headers.get("content-type"), "application/x-protobuf");
  // code 8, message, details: RetryInfo { retry_delay { seconds: 1 } }
  const body = new TextDecoder("latin1").decode(await response.bytes());
  assert.ok(body.startsWith("\x08\x08\x12"));
  assert.ok(body.endsWith("type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x01"));
  const json = await status(await receiver.fetch(post(JSON_BODY, JSON_TYPE)));
  assert.equal(json.code, 8);
  assert.deepEqual(json.details, [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }]);
});

Deno.test("a stream that is full for a moment: waited for, and only what failed is sent again", async () => {
  let refusals = 2;
  const { receiver, published } = memoryReceiver({
    onPublish: () => {
      if (refusals-- > 0) throw new StreamFull("full");
    },
    limits: { framing: { ...DEFAULT_FRAMING, targetBlockBytes: 1500 } },
  });
  assert.equal((await receiver.fetch(post(PROTO))).status, 200);
  assert.ok(published.length > 3);
  assert.equal(new Set(published.map((each) => each.messageId)).size, published.length);
  assert.equal(rows(published), 100);
});

Deno.test("no acknowledgement, no catalog, an unforeseen publish error: 503 with Retry-After, within bounds", async () => {
  const cases = [
    memoryReceiver({ onPublish: () => new Promise(() => {}), limits: { maxWaitMs: 60 } }),
    memoryReceiver({ onPublish: () => Promise.reject(new Unavailable("gone")), limits: { maxWaitMs: 60 } }),
    memoryReceiver({ onPublish: () => Promise.reject(new TypeError("?")), limits: { maxWaitMs: 60 } }),
    memoryReceiver({ lookup: () => new Promise(() => {}), limits: { maxWaitMs: 60 } }),
    memoryReceiver({ lookup: () => Promise.reject(new Error("no database")), limits: { maxWaitMs: 60 } }),
  ];
  for (const { receiver, errors } of cases) {
    const response = await receiver.fetch(post(JSON_BODY, JSON_TYPE));
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal((await status(response)).code, 14);
    assert.equal(errors.length, 1);
  }
});

Deno.test("the gate is taken before the body is read, and given back", async () => {
  const release = Promise.withResolvers<void>();
  const { receiver } = memoryReceiver({ onPublish: () => release.promise, limits: { maxInFlight: 2 } });
  const inside = [receiver.fetch(post(PROTO)), receiver.fetch(post(PROTO))];
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({ pull: () => void pulled++ }, { highWaterMark: 0 });
  const refused = await receiver.fetch(post(body, JSON_TYPE));
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await status(refused)).message, "receiver overloaded, try again later");
  assert.equal(pulled, 0);
  release.resolve();
  assert.deepEqual((await Promise.all(inside)).map((each) => each.status), [200, 200]);
  assert.equal((await receiver.fetch(post(PROTO))).status, 200);
});

Deno.test("too large: declared, received, decompressed; 413 without Retry-After", async () => {
  const { receiver } = memoryReceiver({ limits: { maxBodyBytes: 10_000 } });
  const big = new Uint8Array(10_001);
  const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(4096)) });
  const bomb = new Uint8Array(zlib.gzipSync(new Uint8Array(5_000_000)));
  const zstdBomb = new Uint8Array(zlib.zstdCompressSync(new Uint8Array(5_000_000)));
  const deflateBomb = new Uint8Array(zlib.deflateSync(new Uint8Array(5_000_000)));
  for (
    const request of [
      post(big, JSON_TYPE),
      post(big, { ...JSON_TYPE, "content-length": "10001" }),
      post(stream, JSON_TYPE),
      post(bomb, { ...JSON_TYPE, "content-encoding": "gzip" }),
      post(zstdBomb, { ...JSON_TYPE, "content-encoding": "zstd" }),
      post(deflateBomb, { ...JSON_TYPE, "content-encoding": "deflate" }),
    ]
  ) {
    const response = await receiver.fetch(request);
    assert.equal(response.status, 413);
    assert.equal(response.headers.get("retry-after"), null);
    assert.equal((await status(response)).code, 8);
  }
});

Deno.test("a body that does not end: 408; one that breaks: 400", async () => {
  const { receiver } = memoryReceiver({ limits: { bodyTimeoutMs: 30 } });
  const slow = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(PROTO.slice(0, 50)) });
  const late = await receiver.fetch(post(slow, JSON_TYPE));
  assert.equal(late.status, 408);
  assert.equal((await status(late)).code, 4);
  const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("reset")) });
  assert.equal((await receiver.fetch(post(broken, JSON_TYPE))).status, 400);
});

Deno.test("corrupt and truncated compressed bodies: 400", async () => {
  const { receiver } = memoryReceiver();
  const gzip = zlib.gzipSync(PROTO);
  const zstd = zlib.zstdCompressSync(PROTO);
  for (
    const [coding, body] of [
      ["gzip", gzip.subarray(0, gzip.length - 9)],
      ["gzip", gzip.map((byte, i) => i === 40 ? byte ^ 0xff : byte)],
      ["gzip", PROTO],
      ["zstd", zstd.subarray(0, zstd.length - 3)],
      ["deflate", zlib.deflateSync(PROTO).subarray(0, 30)],
    ] as const
  ) {
    const response = await receiver.fetch(post(new Uint8Array(body), { "content-encoding": coding }));
    assert.equal(response.status, 400, coding);
  }
});

Deno.test("a record larger than a frame may be: the others are accepted, the answer says how many were not", async () => {
  const huge: LogData = { body: { kind: "string", value: "x".repeat(5000) } };
  const rendered: LogData = { body: { kind: "bytes", value: new Uint8Array(3000).fill(1) } };
  const body = [{ scopes: [{ logs: [...LOGS.slice(0, 5), huge, rendered, ...LOGS.slice(5, 8)] }] }];
  const framing = { ...DEFAULT_FRAMING, maxBlockBytes: 4000 };
  const { receiver, published } = memoryReceiver({ limits: { framing } });
  const json = await receiver.fetch(post(encodeJson(body), JSON_TYPE));
  assert.equal(json.status, 200);
  assert.deepEqual(await json.json(), {
    partialSuccess: { rejectedLogRecords: "2", errorMessage: "2 log records are larger than 4000 bytes" },
  });
  assert.equal(rows(published), 8);
  const proto = await receiver.fetch(post(encodeProto(body) as Uint8Array<ArrayBuffer>));
  assert.equal(proto.status, 200);
  const answer = new TextDecoder().decode(await proto.bytes());
  assert.equal(answer, "\x0a\x2c\x08\x02\x12\x28" + "2 log records are larger than 4000 bytes");
});

Deno.test("attributes of a group that are too large reject its records only", async () => {
  const large = [["k", { kind: "bytes" as const, value: new Uint8Array(3000) }]] as const;
  const body = [
    { attributes: [...large], scopes: [{ logs: LOGS.slice(0, 3) }] },
    { scopes: [{ attributes: [...large], logs: LOGS.slice(0, 2) }, { logs: LOGS.slice(0, 4) }] },
  ];
  const framing = { ...DEFAULT_FRAMING, maxBlockBytes: 4000 };
  for (const request of [post(encodeJson(body), JSON_TYPE), post(encodeProto(body) as Uint8Array<ArrayBuffer>)]) {
    const { receiver, published } = memoryReceiver({ limits: { framing } });
    assert.equal((await receiver.fetch(request)).status, 200);
    assert.equal(rows(published), 4);
    assert.match(
      await (await receiver.fetch(new Request("http://localhost/metrics"))).text(),
      /rejected_records_total\S+ 5/,
    );
  }
});

Deno.test("a small request that would become a huge one: 413", async () => {
  const attributes = [["k", { kind: "string" as const, value: "x".repeat(3000) }]] as const;
  const logs: LogData[] = Array.from({ length: 2000 }, () => ({}));
  const framing = { ...DEFAULT_FRAMING, maxRequestBlockBytes: 1_000_000 };
  const { receiver, published } = memoryReceiver({ limits: { framing } });
  const response = await receiver.fetch(
    post(encodeJson([{ attributes: [...attributes], scopes: [{ logs }] }]), JSON_TYPE),
  );
  assert.equal(response.status, 413);
  assert.equal(published.length, 0);
});

Deno.test("with a key every row goes to its key's shard; rows without one stay together", async () => {
  const shardsOf = new Map<string, Set<string>>();
  const pipeline = { ...SHOP, key: { kind: "value" as const, value: { field: "attributes", key: "user" } } };
  const { receiver, published } = memoryReceiver({ lookup: async () => pipeline });
  const logs = [...LOGS, {}, { attributes: [["other", { kind: "unset" as const }]] as LogData["attributes"] }];
  assert.equal((await receiver.fetch(post(encodeJson([{ scopes: [{ logs }] }]), JSON_TYPE))).status, 200);
  assert.equal((await receiver.fetch(post(PROTO))).status, 200);
  for (const { subject, frame } of published) {
    const block = readBlock(frame.payload.subarray(0, Number(frame.headers["Gf-Block"])));
    const { column } = block.columns.find((each) => each.name === "attributes")!;
    assert.ok(column.kind === "map" && column.values.kind === "strings" && column.keys.kind === "strings");
    for (let row = 0; row < block.rows; row++) {
      const at = column.start(row);
      const user = at < column.offsets[row] && column.keys.text(at) === "user" ? column.values.text(at) : "none";
      shardsOf.set(user, (shardsOf.get(user) ?? new Set()).add(subject));
    }
  }
  assert.equal(shardsOf.size, 8);
  for (const shards of shardsOf.values()) assert.equal(shards.size, 1);
  assert.ok(new Set([...shardsOf.values()].flatMap((shards) => [...shards])).size > 1);
});

Deno.test("health, readiness, shutdown", async () => {
  let healthy = false;
  const release = Promise.withResolvers<void>();
  const { receiver } = memoryReceiver({ healthy: () => healthy, onPublish: () => release.promise });
  const get = async (path: string) => {
    const response = await receiver.fetch(new Request(`http://localhost${path}`));
    return [response.status, await response.json()];
  };
  assert.deepEqual(await get("/healthz"), [503, { status: "nats unhealthy" }]);
  healthy = true;
  assert.deepEqual(await get("/healthz"), [200, { status: "ok" }]);
  assert.deepEqual(await get("/readyz"), [200, { status: "ready" }]);
  const inside = receiver.fetch(post(PROTO));
  const closed = receiver.close();
  assert.deepEqual(await get("/readyz"), [503, { status: "not ready" }]);
  const late = await receiver.fetch(post(PROTO));
  assert.equal(late.status, 503);
  assert.equal(late.headers.get("retry-after"), "1");
  release.resolve();
  assert.equal((await inside).status, 200);
  await closed;
});

Deno.test("metrics carry the pipeline's id, but never one a client made up", async () => {
  const { receiver } = memoryReceiver();
  await receiver.fetch(post(PROTO));
  await receiver.fetch(post("{", JSON_TYPE));
  await receiver.fetch(post("{}", { ...JSON_TYPE, "x-glassflow-pipeline-id": "made-up" }));
  const text = await (await receiver.fetch(new Request("http://localhost/metrics"))).text();
  const labels = 'component="otlp.logs",pipeline_id="shop-logs"';
  assert.ok(text.includes(`gfm_receiver_request_count_total{${labels},transport="http",status="ok"} 1\n`));
  assert.ok(text.includes(`gfm_receiver_request_count_total{${labels},transport="http",status="error"} 1\n`));
  assert.ok(text.includes(`gfm_receiver_request_duration_seconds_count{${labels},transport="http",status="ok"} 1\n`));
  assert.ok(text.includes(`gfm_bytes_processed_total{${labels},direction="in"} ${PROTO.length + 1}\n`));
  assert.match(
    text,
    /gfm_bytes_processed_total\{component="otlp.logs",pipeline_id="shop-logs",direction="out"\} \d+\n/,
  );
  assert.ok(text.includes(`gfm_processor_messages_total{${labels},status="out"} 100\n`));
  assert.ok(!text.includes("made-up"));
});
